import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { replayMany } from '../../src/core/accept/replay-many.js'
import type { Command } from '../../src/core/model/command.js'
import { CtiError, type ErrorCode } from '../../src/core/model/error.js'
import { openEngine } from '../../src/core/store/open.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { SECRETS, startApi, type Api } from '../support/api.js'
import { accept, soon } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { startPostgresServer } from '../support/postgres-server.js'
import { startRedisServer } from '../support/redis-server.js'

interface Opened {
  readonly engine: Engine
  stop(): Promise<unknown>
}
const parts = { dataDir: '', log: createLogSpy(), clock: systemClock, owner: 'letters' }
const ENGINES: Readonly<Record<string, () => Promise<Opened>>> = {
  memory: () => Promise.resolve({ engine: createMemoryEngine(), stop: () => Promise.resolve() }),
  async redis() {
    const server = await startRedisServer()
    return { engine: await openEngine(server.url, parts), stop: () => server.stop() }
  },
  async postgres() {
    const server = await startPostgresServer()
    return { engine: await openEngine(server.url, parts), stop: () => server.stop() }
  },
}

/** Each test has letters of a time of its own. */
let clock = Date.now() - 3_600_000

async function letter(engine: Engine, agentId: string, code: ErrorCode = 'VENDOR_ERROR', settledAt = (clock += 10)): Promise<Command> {
  const command = await accept(engine.log, {
    id: crypto.randomUUID(),
    platform: 'loopback',
    agentId,
    action: { kind: 'LOGIN' },
    acceptedAt: settledAt - 5,
  })
  expect(await engine.log.settle(command.id, { status: 'dead', settledAt, problem: { code } }, undefined, soon())).toBe(true)
  return { ...command, status: 'dead', settledAt }
}

describe.each(Object.keys(ENGINES))('replay of many dead letters on %s', (name) => {
  let opened: Opened
  let api: Api
  const replay = async (body: object, key = SECRETS.admin) => api.call('POST', '/v1/dead-letters/replay', { key, body })
  const outcomes = (answer: { body: Record<string, unknown> }) =>
    (answer.body['results'] as { agentId: string; outcome: string; code?: string }[]).map(
      ({ agentId, outcome, code }) => `${agentId} ${code ?? outcome}`,
    )

  beforeAll(async () => {
    opened = await (ENGINES[name] as () => Promise<Opened>)()
    api = await startApi({ engine: opened.engine })
  }, 60_000)
  afterAll(async () => {
    await api.stop()
    await opened.stop()
  }, 30_000)

  it('of several of one agent only the newest goes out, and each answer says which and why', async () => {
    await letter(opened.engine, 'agent1')
    await letter(opened.engine, 'agent1')
    await letter(opened.engine, 'agent2')
    const answer = await replay({})
    expect(answer).toMatchObject({ status: 200, body: { replayed: 2, refused: 1 } })
    expect(outcomes(answer)).toEqual(['agent2 replayed', 'agent1 replayed', 'agent1 OBSOLETE'])
    const [first] = answer.body['results'] as unknown as { command: string }[]
    await expect
      .poll(async () => (await api.call('GET', `/v1/commands/${first?.command}`, { key: SECRETS.admin })).body['status'], {
        timeout: 10_000,
      })
      .toBe('confirmed')
  })

  it('takes only what fits the filter', async () => {
    await letter(opened.engine, 'agent3', 'UNCONFIRMED')
    const wanted = await letter(opened.engine, 'agent4', 'PROCESS_CRASHED')
    const late = await letter(opened.engine, 'agent5', 'PROCESS_CRASHED')
    const before = new Date(late.settledAt ?? 0).toISOString()
    expect(outcomes(await replay({ platform: 'loopback', code: 'PROCESS_CRASHED', before }))).toEqual(['agent4 replayed'])
    expect(outcomes(await replay({ platform: 'elsewhere' }))).toEqual([])
    expect(wanted.id).not.toBe(late.id)
  })

  it('goes on where it has stopped, and keeps those of one millisecond together', async () => {
    const at = (clock += 100)
    for (const agentId of ['agent6', 'agent7', 'agent8']) await letter(opened.engine, agentId, 'ENGINE_ROLLED_BACK', at)
    await letter(opened.engine, 'agent9', 'ENGINE_ROLLED_BACK', at + 1)
    const code = 'ENGINE_ROLLED_BACK'
    const first = await replay({ code, limit: 1 })
    expect(outcomes(first)).toEqual(['agent9 replayed'])
    const second = await replay({ code, limit: 1, before: first.body['next'] })
    expect(outcomes(second).sort()).toEqual(['agent6 replayed', 'agent7 replayed', 'agent8 replayed'])
    // Behind them are those of the other tests.
    expect(outcomes(await replay({ code, before: second.body['next'] }))).toEqual([])
  })

  it('needs the scope ops, and refuses what is not understood', async () => {
    expect((await replay({}, SECRETS.supervisor)).status).toBe(403)
    for (const body of [{ limit: 0 }, { limit: 101 }, { code: 'NONSENSE' }, { before: 'yesterday' }, { agent: 'x' }])
      expect((await replay(body)).status).toBe(400)
  })
})

describe('replayMany', () => {
  const dead = (n: number): Command =>
    ({ id: `c${n}`, platform: 'p', agentId: `a${n}`, status: 'dead', settledAt: 5_000 - n, problem: { code: 'VENDOR_ERROR' } }) as Command
  const origin = { principal: 'x', requestId: 'r' }

  it('tries no further one once the store is away', async () => {
    const tried: string[] = []
    const commands = {
      dead: () => Promise.resolve(Array.from({ length: 50 }, (_, n) => dead(n))),
      replay(id: string) {
        tried.push(id)
        return Promise.reject(new CtiError('STORE_UNAVAILABLE'))
      },
    }
    const { results } = await replayMany(commands, { limit: 50, mayTouch: () => true }, origin)
    expect(results).toHaveLength(50)
    expect(results.every(({ refusal }) => refusal?.code === 'STORE_UNAVAILABLE')).toBe(true)
    expect(tried.length).toBeLessThanOrEqual(8)
  })

  it('touches nothing that the caller does not reach', async () => {
    const commands = {
      dead: () => Promise.resolve([dead(1), dead(2)]),
      replay: (id: string) => Promise.resolve({ ...dead(9), id: `new ${id}` }),
    }
    const { results } = await replayMany(commands, { limit: 5, mayTouch: ({ agentId }) => agentId === 'a2' }, origin)
    expect(results.map(({ command }) => command?.id)).toEqual(['new c2'])
  })
})
