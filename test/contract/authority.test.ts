import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { configSchema } from '../../src/config.js'
import { hashKey } from '../../src/keys/dev-keys.js'
import { CONSOLE, OPENAPI, startGateway, type Gateway } from '../../src/gateway.js'
import { createApp } from '../../src/http/app.js'
import type { HttpParts } from '../../src/http/context.js'
import { SCOPES, SITE_SCOPES, type ApiKey, type Scope } from '../../src/http/principal.js'
import type { SandboxButtons } from '../../src/http/sandbox-buttons.js'
import { keysCommand } from '../../src/keys/keys-command.js'
import { accept, soon } from '../support/drafts.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { silentLogger } from '../support/storm.js'
import { TABLE, type Row, type Scene } from './authority-table.js'

/** A way to call: with which key, if any. */
interface Kind {
  readonly name: string
  readonly secret?: string
  readonly key?: Omit<ApiKey, 'name' | 'sha256'>
}

const secretOf = (name: string): string => `secret of ${name}`
const keyed = (name: string, key: Kind['key'] & object): Kind => ({ name, secret: secretOf(name), key })
const KINDS: readonly Kind[] = [
  { name: 'no key' },
  { name: 'a wrong key', secret: 'wrong' },
  { name: 'a revoked key' },
  ...SITE_SCOPES.map((scope) => keyed(`only ${scope}`, { scopes: [scope] })),
  ...SITE_SCOPES.map((scope) => keyed(`all but ${scope}`, { scopes: SITE_SCOPES.filter((other) => other !== scope) })),
  keyed('all scopes', { scopes: SITE_SCOPES }),
  keyed('all scopes, this platform', { scopes: SITE_SCOPES, platforms: ['here'] }),
  keyed('all scopes, another platform', { scopes: SITE_SCOPES, platforms: ['there'] }),
  keyed('this agent', { scopes: ['agent:self'], agent: 'here/agent1' }),
  keyed('another agent', { scopes: ['agent:self'], agent: 'here/agent2' }),
  keyed('an agent of that name on another platform', { scopes: ['agent:self'], agent: 'there/agent1' }),
]

const buttons = [{ id: 'chat', label: 'a chat', description: 'a chat arrives', group: 'contact', agent: 'one' }] as const
const SANDBOX: SandboxButtons = {
  list: () => ['here', 'there'].map((platform) => ({ platform, buttons })),
  press: () => Promise.resolve({ watch: 'nothing' }),
}

describe.each([true, false])('who may do what, hot route: %s', (hot) => {
  let dir: string
  let gateway: Gateway
  let scene: Scene
  let revoked = ''

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'cti-authority-'))
    revoked = await keys('create', 'short-lived', '--scopes', SITE_SCOPES.join(','))
    const platforms = ['here', 'there'].map((id) => ({ id, adapter: 'loopback', options: { agents: 10 } }))
    const engine = createMemoryEngine()
    gateway = await startGateway({
      config: configSchema.parse({ port: 0, dataDir: dir, platforms }),
      keys: KINDS.flatMap(({ name, key }) => (key === undefined ? [] : [{ name, sha256: hashKey(secretOf(name)), ...key }])),
      logger: silentLogger,
      validateResponses: true,
      hot,
      engine,
      sandbox: SANDBOX,
    })
    scene = await setScene(engine)
    // A stream begins with what is known: somebody must have asked.
    for (const id of ['here', 'there']) {
      expect((await fetch(`${gateway.url}/v1/platforms/${id}/agents`, { headers: { 'x-api-key': secretOf('all scopes') } })).status).toBe(
        200,
      )
      await vi.waitFor(async () => expect(await engine.events.heads(id, undefined, 100, soon())).toHaveLength(10), { timeout: 5_000 })
    }
    expect((await fetch(`${gateway.url}/docs`, { headers: { 'x-api-key': revoked } })).status).toBe(200)
    await keys('revoke', 'short-lived')
    await vi.waitFor(async () => expect((await fetch(`${gateway.url}/docs`, { headers: { 'x-api-key': revoked } })).status).toBe(401), {
      timeout: 5_000,
    })
  }, 60_000)
  afterAll(async () => {
    await gateway.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  async function keys(...args: readonly string[]): Promise<string> {
    let out = ''
    await keysCommand(args, { CTI_DATA_DIR: dir }, { out: (text) => void (out += text), err: () => undefined })
    return out.trim()
  }

  async function ask(row: Row, kind: Kind): Promise<{ status: number; text: string }> {
    const [method = '', path = ''] = row.route.split(' ')
    const target = row.target?.(scene) ?? path.replace('{platform}', 'here').replace('{agentId}', 'agent1').replace('{id}', scene.command)
    const secret = kind.name === 'a revoked key' ? revoked : kind.secret
    const over = new AbortController()
    const response = await fetch(gateway.url + target, {
      method,
      signal: over.signal,
      headers: {
        ...(secret !== undefined && { 'x-api-key': secret }),
        ...(row.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(row.body !== undefined && { body: JSON.stringify(row.body) }),
    })
    const text = row.endless === true && response.status === 200 ? await beginningOf(response) : await response.text()
    over.abort()
    return { status: response.status, text }
  }

  const titled = TABLE.map((row) => [row.of === undefined ? row.route : `${row.route} (${row.of})`, row] as const)
  it.each(titled)('%s', async (_title, row) => {
    const wrong: string[] = []
    for (const kind of KINDS) {
      const answer = await ask(row, kind)
      const said = faultOf(row, kind, scene, answer)
      if (said !== undefined) wrong.push(`${kind.name}: ${said} (status ${answer.status}) ${answer.text.slice(0, 200)}`)
    }
    expect(wrong).toEqual([])
  })

  it('what there is not, is not found with a key, and tells nothing without', async () => {
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${gateway.url}/v1/nowhere`, { headers })).status
    expect(await status({})).toBe(401)
    expect(await status({ 'x-api-key': secretOf('only admin') })).toBe(404)
  })
})

/** Of an answer that does not end: all that is there already. */
async function beginningOf(response: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.includes('event: snapshot-end')) break
  }
  return text
}

const DENIED: readonly number[] = [401, 403, 404]

/** What is wrong with an answer; undefined: nothing. */
function faultOf(row: Row, kind: Kind, scene: Scene, answer: { status: number; text: string }): string | undefined {
  const expected = expectation(row, kind)
  if (expected === 'denied') return [403, 404].includes(answer.status) ? undefined : 'expected 403 or 404'
  if (typeof expected === 'number') return answer.status === expected ? undefined : `expected ${expected}`
  const isAllowed = row.allowed?.includes(answer.status) ?? !DENIED.includes(answer.status)
  if (!isAllowed) return 'expected to be allowed'
  const mark = row.shows?.(scene)
  if (mark === undefined) return expected === 'filtered' ? 'a filtered row must say what it shows' : undefined
  if (answer.text.includes(mark) !== (expected === 'allowed')) return expected === 'allowed' ? `does not show ${mark}` : `shows ${mark}`
  return undefined
}

function expectation({ needs, otherPlatform, otherAgent }: Row, { name, key }: Kind): number | 'allowed' | 'filtered' | 'denied' {
  if (needs === 'all') return 'allowed'
  if (key === undefined) return 401
  const may = (scopes: readonly Scope[]): boolean =>
    needs === 'any' || needs.some((together) => together.every((scope) => scopes.includes(scope)))
  // Two reasons to be denied: what a key reaches is looked at before what it may do there, or after.
  if (!may(key.scopes)) return reachesNot(key) ? 'denied' : 403
  if (name === 'all scopes, another platform' || name.startsWith('an agent of that name')) return otherPlatform
  if (name === 'another agent') return otherAgent ?? 403
  return 'allowed'
}

function reachesNot({ platforms, agent }: Omit<ApiKey, 'name' | 'sha256'>): boolean {
  return platforms?.includes('here') === false || (agent !== undefined && agent !== 'here/agent1')
}

/** Commands that end, or wait, without anybody working on them. */
async function setScene(engine: ReturnType<typeof createMemoryEngine>): Promise<Scene> {
  const { log } = engine
  const id = (): string => crypto.randomUUID()
  const common = { platform: 'here', agentId: 'agent1' }
  const forced = await accept(log, { ...common, id: id(), action: { kind: 'LOGOUT', force: true } })
  const dead = { status: 'dead', settledAt: Date.now(), problem: { code: 'VENDOR_ERROR' } } as const
  expect(await log.settle(forced.id, dead, undefined, soon())).toBe(true)
  const command = await accept(log, { ...common, id: id(), action: { kind: 'LOGIN' } })
  expect(await log.settle(command.id, { status: 'expired', settledAt: Date.now() }, undefined, soon())).toBe(true)
  const open = await accept(log, { ...common, agentId: 'agent3', id: id(), action: { kind: 'LOGIN' } })
  expect(await log.settle(open.id, { status: 'retrying', nextAttemptAt: Date.now() + 3_600_000 }, undefined, soon())).toBe(true)
  return { command: command.id, forced: forced.id, open: open.id }
}

interface Layer {
  readonly rawPath?: string
  readonly slash: boolean
  readonly name: string
  readonly handle: { readonly stack?: readonly Layer[] }
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> }
}

/** Every route of the application, by the stack of its routers: `GET /v1/commands/{id}`, and for something mounted `USE /queues`. */
function routesOf(stack: readonly Layer[]): readonly string[] {
  return stack.flatMap(({ route, handle, rawPath, slash }): readonly string[] => {
    if (route !== undefined) {
      const path = route.path.replace(/:(\w+)/g, '{$1}')
      return Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${path}`)
    }
    if (!slash) return [`USE ${rawPath ?? '?'}`]
    return handle.stack === undefined ? [] : routesOf(handle.stack)
  })
}

/** Stands for every part: routes are only made here, not called. */
function anything(): unknown {
  return new Proxy(() => undefined, {
    get: (_target, name) => (name === Symbol.toPrimitive ? () => '' : anything()),
    apply: () => anything(),
  })
}

describe('the table is complete', () => {
  const openapi = readFileSync(OPENAPI, 'utf8')
  const parts = new Proxy(
    {},
    { get: (_target, name) => (name === 'openapi' ? openapi : name === 'console' ? CONSOLE : anything()) },
  ) as HttpParts
  const rows = new Set(TABLE.map(({ route }) => route))
  const served = routesOf((createApp(parts) as unknown as { router: { stack: readonly Layer[] } }).router.stack)
  const isRow = (route: string): boolean =>
    route.startsWith('USE ') ? [...rows].some((row) => row.split(' ')[1]?.startsWith(route.slice(4))) : rows.has(route)

  it('finds the routes of the application', () => expect(served.length).toBeGreaterThan(25))
  it.each([...new Set(served)])('%s is served and has a row', (route) => expect(isRow(route)).toBe(true))

  const paths = (parse(openapi) as { paths: Record<string, Record<string, unknown>> }).paths
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((name) => name !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  )
  it.each(described)('%s is described and has a row', (route) => expect(isRow(route)).toBe(true))
  it('names every scope', () => {
    const named = new Set(TABLE.flatMap(({ needs }) => (typeof needs === 'string' ? [] : needs.flat())))
    expect(SCOPES.filter((scope) => !named.has(scope))).toEqual([])
  })
  it.each([...rows])('%s has a row and is served', (route) => {
    const [, path = ''] = route.split(' ')
    expect(served.some((one) => one === route || (one.startsWith('USE ') && path.startsWith(one.slice(4))))).toBe(true)
  })
})
