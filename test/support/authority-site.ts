import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { configSchema } from '../../src/config.js'
import { hashKey } from '../../src/keys/dev-keys.js'
import { startGateway } from '../../src/gateway.js'
import { SITE_SCOPES } from '../../src/http/principal.js'
import type { SandboxButtons } from '../../src/http/sandbox-buttons.js'
import { keysCommand } from '../../src/keys/keys-command.js'
import type { Row, Scene } from '../contract/authority-table.js'
import { faultOf, KINDS, secretOf } from './authority-kinds.js'
import { accept, soon } from './drafts.js'
import { createMemoryEngine } from './memory-engine.js'
import { silentLogger } from './storm.js'

/** A gateway with keys of all kinds, and commands to look at. */
export interface AuthoritySite {
  readonly url: string
  /** `cti-gateway keys …` for this gateway; what it prints. */
  keys(...args: readonly string[]): Promise<string>
  /** Asks for this row with a key of every kind; what is wrong with the answers, one line each. */
  faultsOf(row: Row): Promise<readonly string[]>
  stop(): Promise<void>
}

const buttons = [{ id: 'chat', label: 'a chat', description: 'a chat arrives', group: 'contact', agent: 'one' }] as const
const SANDBOX: SandboxButtons = {
  list: () => ['here', 'there'].map((platform) => ({ platform, buttons })),
  press: () => Promise.resolve({ watch: 'nothing' }),
}

/** @param hot false: without the short way for the two operations that make up the load */
export async function startAuthoritySite(hot: boolean): Promise<AuthoritySite> {
  const dir = mkdtempSync(join(tmpdir(), 'cti-authority-'))
  const keys = async (...args: readonly string[]): Promise<string> => {
    let out = ''
    await keysCommand(args, { CTI_DATA_DIR: dir }, { out: (text) => void (out += text), err: () => undefined })
    return out.trim()
  }
  const revoked = await keys('create', 'short-lived', '--scopes', SITE_SCOPES.join(','))
  const platforms = ['here', 'there'].map((id) => ({ id, adapter: 'loopback', options: { agents: 10 } }))
  const engine = createMemoryEngine()
  const gateway = await startGateway({
    config: configSchema.parse({ port: 0, dataDir: dir, platforms }),
    keys: KINDS.flatMap(({ name, key }) => (key === undefined ? [] : [{ name, sha256: hashKey(secretOf(name)), ...key }])),
    logger: silentLogger,
    validateResponses: true,
    hot,
    engine,
    sandbox: SANDBOX,
  })
  const { url } = gateway
  const statusOf = async (path: string, key: string): Promise<number> =>
    (await fetch(`${url}${path}`, { headers: { 'x-api-key': key } })).status
  const scene = await setScene(engine)
  // A stream begins with what is known: somebody must have asked.
  for (const id of ['here', 'there']) {
    expect(await statusOf(`/v1/platforms/${id}/agents`, secretOf('all scopes'))).toBe(200)
    await vi.waitFor(async () => expect(await engine.events.heads(id, undefined, 100, soon())).toHaveLength(10), { timeout: 5_000 })
  }
  expect(await statusOf('/docs', revoked)).toBe(200)
  await keys('revoke', 'short-lived')
  await vi.waitFor(async () => expect(await statusOf('/docs', revoked)).toBe(401), { timeout: 10_000 })
  return {
    url,
    keys,
    async faultsOf(row) {
      const wrong: string[] = []
      for (const kind of KINDS) {
        const answer = await ask(url, scene, row, kind.name === 'a revoked key' ? revoked : kind.secret)
        const said = faultOf(row, kind, scene, answer)
        if (said !== undefined) wrong.push(`${kind.name}: ${said} (status ${answer.status}) ${answer.text.slice(0, 200)}`)
      }
      return wrong
    },
    async stop() {
      await gateway.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function ask(url: string, scene: Scene, row: Row, secret: string | undefined): Promise<{ status: number; text: string }> {
  const [method = '', path = ''] = row.route.split(' ')
  const target = row.target?.(scene) ?? path.replace('{platform}', 'here').replace('{agentId}', 'agent1').replace('{id}', scene.command)
  const over = new AbortController()
  const response = await fetch(url + target, {
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
