import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configSchema } from '../../src/config.js'
import { hashKey } from '../../src/keys/dev-keys.js'
import { startGateway, type Gateway } from '../../src/gateway.js'
import { SITE_SCOPES } from '../../src/http/principal.js'
import { keysCommand } from '../../src/keys/keys-command.js'
import { assertFits, KEYS, SECRETS } from '../support/api.js'
import { accept, soon } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { createMemoryEngine } from '../support/memory-engine.js'

type Row = Readonly<Record<string, unknown>>
const ON_BEHALF = { 'x-on-behalf-of': 'ann' }
const agent = (id: string, platform = 'loopback'): string => `/v1/platforms/${platform}/agents/${id}`

describe.each([true, false])('GET /v1/audit, hot route: %s', (hot) => {
  const engine = createMemoryEngine()
  const logger = createLogSpy()
  let dir: string
  let gateway: Gateway
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'cti-audit-'))
    const platforms = ['loopback', 'other'].map((id) => ({ id, adapter: 'loopback', options: { agents: 10 } }))
    gateway = await startGateway({
      config: configSchema.parse({ port: 0, dataDir: dir, platforms }),
      keys: [...KEYS, { name: 'other-admin', sha256: hashKey('other-admin'), scopes: SITE_SCOPES, platforms: ['other'] }],
      logger,
      validateResponses: true,
      hot,
      engine,
    })
  })
  afterAll(async () => {
    await gateway.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  async function call(method: string, path: string, key: string, body?: object, headers: Record<string, string> = {}) {
    const response = await fetch(gateway.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    assertFits(method, path, { status: response.status, headers: response.headers, text })
    return { status: response.status, requestId: response.headers.get('x-request-id'), body: JSON.parse(text) as Record<string, never> }
  }
  async function rows(query = '', key = SECRETS.admin): Promise<readonly Row[]> {
    return (await call('GET', `/v1/audit?limit=1000&${query}`, key)).body['rows'] as unknown as Row[]
  }
  /** The rows of one agent, once there are so many. */
  async function of(agentId: string, count = 1): Promise<readonly Row[]> {
    await expect.poll(() => rows(`agentId=${agentId}`), { timeout: 5_000 }).toHaveLength(count)
    return rows(`agentId=${agentId}`)
  }
  const instant = expect.stringMatching(/^\d{4}-.*Z$/) as string

  it('tells a command from who asked to what came of it', async () => {
    const { body, requestId } = await call('POST', `${agent('agent1')}/commands`, SECRETS.crm, { action: 'LOGIN' }, ON_BEHALF)
    expect(await of('agent1')).toEqual([
      {
        at: instant,
        what: 'command',
        principal: 'crm',
        onBehalfOf: 'ann',
        requestId,
        platform: 'loopback',
        agentId: 'agent1',
        command: body['id'],
        action: 'LOGIN',
        status: 'confirmed',
        settledAt: instant,
      },
    ])
  })
  it('tells what is open still, and its end in the same row', async () => {
    const open = await accept(engine.log, { platform: 'loopback', agentId: 'agent2', id: crypto.randomUUID() })
    await engine.log.settle(open.id, { status: 'retrying', nextAttemptAt: Date.now() + 3_600_000 }, undefined, soon())
    const cancelled = await call('POST', `/v1/commands/${open.id}/cancel`, SECRETS.crm, undefined, ON_BEHALF)
    expect(await of('agent2', 2)).toMatchObject([
      { what: 'cancel', principal: 'crm', onBehalfOf: 'ann', requestId: cancelled.requestId, command: open.id, status: 'cancelled' },
      { what: 'command', principal: 'test', command: open.id, status: 'cancelled', code: 'CANCELLED' },
    ])
  })
  it('tells of a forced logout and the look before it', async () => {
    await call('POST', `${agent('agent3')}/commands`, SECRETS.supervisor, { action: 'LOGIN' })
    await call('GET', `${agent('agent3')}/logout-preview`, SECRETS.supervisor, undefined, ON_BEHALF)
    await call('POST', `${agent('agent3')}/commands`, SECRETS.supervisor, { action: 'LOGOUT', force: true }, ON_BEHALF)
    expect(await of('agent3', 3)).toMatchObject([
      { what: 'command', action: 'LOGOUT', force: true, onBehalfOf: 'ann', status: 'confirmed' },
      { what: 'preview', principal: 'supervisor', onBehalfOf: 'ann' },
      { what: 'command', action: 'LOGIN' },
    ])
  })
  it.each(['one', 'many'])('tells of replays, of %s', async (which) => {
    const agentId = which === 'one' ? 'agent4' : 'agent5'
    const letter = await accept(engine.log, { platform: 'loopback', agentId, id: crypto.randomUUID(), action: { kind: 'LOGIN' } })
    const dead = { status: 'dead', settledAt: Date.now(), problem: { code: 'VENDOR_ERROR' } } as const
    await engine.log.settle(letter.id, dead, undefined, soon())
    if (which === 'one') await call('POST', `/v1/commands/${letter.id}/replay`, SECRETS.admin, undefined, ON_BEHALF)
    else await call('POST', '/v1/dead-letters/replay', SECRETS.admin, {}, ON_BEHALF)
    // The letter's own row comes later: as if another process had ended it.
    const ours = async (): Promise<readonly Row[]> => (await rows(`agentId=${agentId}`)).filter(({ principal }) => principal === 'admin')
    await expect.poll(ours, { timeout: 5_000 }).toHaveLength(2)
    const told = await ours()
    const replay = told.find(({ what }) => what === 'replay')
    expect(replay).toMatchObject({ principal: 'admin', onBehalfOf: 'ann', detail: `dead letter ${letter.id}` })
    expect(told.find(({ what }) => what === 'command')).toMatchObject({
      command: replay?.['command'],
      status: 'confirmed',
      onBehalfOf: 'ann',
    })
  })
  it('tells what was denied, also what looked like something that there is not', async () => {
    await call('POST', `${agent('agent6')}/commands`, SECRETS.reader, { action: 'LOGIN' }, ON_BEHALF)
    await call('GET', `${agent('agent6')}/state`, SECRETS.mine)
    await call('GET', `${agent('agent6')}/state`, 'other-admin')
    await call('GET', `${agent('agent6')}/state?fresh=true`, 'other-admin')
    const told = await of('agent6', 4)
    expect(told.filter(({ principal }) => principal === 'reader')).toMatchObject([
      {
        what: 'denied',
        onBehalfOf: 'ann',
        code: 'FORBIDDEN',
        platform: 'loopback',
        detail: expect.stringContaining('lacks the scope agent:write') as string,
      },
    ])
    expect(told.filter(({ principal }) => principal === 'mine')).toMatchObject([{ what: 'denied', code: 'FORBIDDEN' }])
    expect(told.filter(({ principal }) => principal === 'other-admin')).toMatchObject([
      { what: 'denied', code: 'PLATFORM_NOT_FOUND' },
      { what: 'denied', code: 'PLATFORM_NOT_FOUND' },
    ])
    const command = (await rows('agentId=agent1'))[0]?.['command'] as string
    await call('GET', `/v1/commands/${command}`, 'other-admin')
    await expect.poll(() => rows('principal=other-admin')).toHaveLength(3)
    expect((await rows('principal=other-admin'))[0]).toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      detail: `GET /v1/commands/${command}`,
    })
  })
  it('does not tell of what there is not for anybody, and of callers without a key', async () => {
    const count = (await rows()).length
    expect((await call('GET', `${agent('agent1', 'nowhere')}/state`, SECRETS.crm)).status).toBe(404)
    expect((await call('GET', `/v1/commands/${crypto.randomUUID()}`, SECRETS.crm)).status).toBe(404)
    expect((await call('GET', `${agent('agent1')}/state`, 'guessed')).status).toBe(401)
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(await rows()).toHaveLength(count)
  })
  it('tells of keys, whoever made them while it runs', async () => {
    let secret = ''
    const run = (...args: readonly string[]): Promise<void> =>
      keysCommand(args, { CTI_DATA_DIR: dir }, { out: (text) => void (secret += text), err: () => undefined })
    await run('create', 'desk', '--scopes', 'agent:read')
    await run('rotate', 'desk')
    await run('revoke', 'desk')
    const told = async (): Promise<readonly unknown[]> => (await rows()).filter(({ what }) => what === 'key').map(({ detail }) => detail)
    await expect.poll(told, { timeout: 5_000 }).toEqual(['revoked desk', 'rotated desk', 'created desk'])
    expect((await rows()).find(({ what }) => what === 'key')?.['principal']).toMatch(/^cli:./)
    expect(await rows('', 'other-admin')).not.toContainEqual(expect.objectContaining({ what: 'key' }))
    const everything = JSON.stringify([await rows(), logger.lines])
    for (const one of [...secret.trim().split('\n'), ...Object.values(SECRETS)]) {
      expect(everything).not.toContain(one)
      expect(everything).not.toContain(hashKey(one))
    }
  })
  it('shows a key that is limited to platforms theirs only', async () => {
    await call('POST', `${agent('agent7', 'other')}/commands`, 'other-admin', { action: 'LOGIN' })
    await of('agent7')
    const seen = await rows('', 'other-admin')
    expect(new Set(seen.map(({ platform }) => platform))).toEqual(new Set(['other']))
    expect((await call('GET', '/v1/audit?platform=loopback', 'other-admin')).body).toMatchObject({ code: 'PLATFORM_NOT_FOUND' })
    expect((await rows('platform=other')).every(({ platform }) => platform === 'other')).toBe(true)
  })
  it('goes page by page, and takes spans', async () => {
    const all = await rows()
    const paged: Row[] = []
    let next: string | undefined
    do {
      const query = next === undefined ? '' : `&before=${next}`
      const page = (await call('GET', `/v1/audit?limit=3${query}`, SECRETS.admin)).body as unknown as { rows: Row[]; next?: string }
      paged.push(...page.rows)
      next = page.next
    } while (next !== undefined)
    expect(paged.slice(-all.length)).toEqual(all)
    const at = String(all.at(-1)?.['at'])
    expect(await rows(`to=${at}`)).toEqual([])
    expect(await rows(`from=${at}`)).toHaveLength((await rows()).length)
    for (const bad of ['from=yesterday', 'before=x', `from=${at}&to=${at}`, 'limit=0', 'colour=red'])
      expect((await call('GET', `/v1/audit?${bad}`, SECRETS.admin)).status).toBe(400)
  })
  it('says so when the store is away', async () => {
    engine.fail(true)
    expect((await call('GET', '/v1/audit', SECRETS.admin)).body).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' })
    engine.fail(false)
  })
})
