import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import { commandBehind, createLogoutRecorder, type LogoutRecorder } from '../../../src/core/agents/logout-recorder.js'
import type { LogoutLog, LogoutRecord } from '../../../src/core/agents/logout-log.js'
import { reasonBehind, wordsOf, type ReasonsOf } from '../../../src/core/agents/logout-texts.js'
import type { AgentState, AgentView } from '../../../src/core/model/agent-state.js'
import { agentKey, type Command } from '../../../src/core/model/command.js'
import { CtiError } from '../../../src/core/model/error.js'
import type { Reason } from '../../../src/core/model/reason.js'
import { createPresence, type Presence } from '../../../src/core/agents/presence.js'
import { accept, leaseOf, soon } from '../../support/drafts.js'
import { createLogSpy } from '../../support/log-spy.js'
import { createMemoryEngine, type MemoryEngine } from '../../support/memory-engine.js'

const REASONS: readonly Reason[] = [
  { id: 'r1', code: 1, name: 'End of shift', type: 'LOGOUT', description: 'The shift has ended', key: 'END_OF_SHIFT', system: false },
  { id: 'r2', code: -2, name: 'PG reset', type: 'LOGOUT', system: true },
  { id: 'n1', code: 1, name: 'Lunch', type: 'NOT_READY', description: 'Not a reason to log out', system: false },
  { id: 'd1', code: 9, name: 'Twin', type: 'LOGOUT', description: 'first', system: false },
  { id: 'd2', code: 9, name: 'Twin', type: 'LOGOUT', description: 'second', system: false },
]
const T = 1_700_000_000_000
const END = T + 86_400_000

let presence: Presence
let engine: MemoryEngine
let recorder: LogoutRecorder | undefined
const spy = createLogSpy()

interface Start {
  readonly reasonsOf?: ReasonsOf
  readonly maxWaiting?: number
  readonly logouts?: Pick<LogoutLog, 'record'>
}
function start({ reasonsOf, maxWaiting, logouts }: Start = {}): void {
  recorder = createLogoutRecorder({
    presence,
    reasonsOf: reasonsOf ?? (() => ({ known: () => REASONS, list: () => Promise.resolve(REASONS) })),
    logouts: logouts ?? engine.logouts,
    log: engine.log,
    clock: systemClock,
    logger: spy,
    storeTimeoutMs: 1000,
    ...(maxWaiting !== undefined && { maxWaiting }),
  })
}

function view(state: AgentState, more: Partial<AgentView> = {}): AgentView {
  return { agentId: 'a', state, routable: false, channels: [], observedAt: T, source: 'event', stale: false, ...more }
}
const see = (...views: readonly AgentView[]): void => views.forEach((seen) => presence.event('p', { agentId: seen.agentId, view: seen }))
const stored = (): Promise<readonly LogoutRecord[]> => engine.logouts.list('p', 0, END, 100, undefined, soon())
/** Whatever is to be written has been written. */
const settle = async (): Promise<readonly LogoutRecord[]> => {
  await recorder?.stop(1000)
  return stored()
}

beforeEach(() => {
  presence = createPresence()
  engine = createMemoryEngine()
  spy.lines.length = 0
})
afterEach(async () => {
  vi.useRealTimers()
  await recorder?.stop(100)
})

describe('what is a logout', () => {
  it('a known state and then LOGGED_OUT, with the words of the platform', async () => {
    start()
    see(view('NOT_READY'), view('LOGGED_OUT', { since: T + 5, cause: 'agent', reason: { id: 'r1', code: 1, name: 'End of shift' } }))
    expect(await settle()).toStrictEqual([
      {
        platform: 'p',
        agentId: 'a',
        at: T + 5,
        code: 1,
        name: 'End of shift',
        text: 'The shift has ended',
        key: 'END_OF_SHIFT',
        cause: 'agent',
        previousState: 'NOT_READY',
      },
    ])
  })

  it('seen by a read as well, at our own instant where the vendor gives none', async () => {
    start()
    presence.read('p', view('READY', { source: 'read' }))
    presence.read('p', view('LOGGED_OUT', { source: 'read', observedAt: T + 9 }))
    expect(await settle()).toStrictEqual([{ platform: 'p', agentId: 'a', at: T + 9, previousState: 'READY' }])
  })

  it('not what is learned first, not what repeats, and not an event that presence drops as old', async () => {
    start()
    see(view('LOGGED_OUT', { since: T }))
    see(view('LOGGED_OUT', { since: T }))
    presence.event('p', { agentId: 'a', view: view('READY', { since: T + 10 }), occurredAt: T + 10 })
    presence.event('p', { agentId: 'a', view: view('LOGGED_OUT', { since: T + 1 }), occurredAt: T + 1 })
    expect(await settle()).toEqual([])
  })

  it('seen through UNKNOWN: from READY it is one, from LOGGED_OUT and from nothing it is none', async () => {
    start()
    see(view('READY'), view('UNKNOWN'), view('UNKNOWN'), view('LOGGED_OUT', { since: T + 1 }))
    see(view('LOGGED_OUT', { agentId: 'b' }), view('UNKNOWN', { agentId: 'b' }), view('LOGGED_OUT', { agentId: 'b', since: T + 1 }))
    see(view('UNKNOWN', { agentId: 'c' }), view('LOGGED_OUT', { agentId: 'c', since: T + 1 }))
    see(
      view('READY', { agentId: 'd' }),
      view('UNKNOWN', { agentId: 'd' }),
      view('NOT_READY', { agentId: 'd' }),
      view('LOGGED_OUT', { agentId: 'd', since: T + 2 }),
    )
    expect((await settle()).map(({ agentId, previousState }) => [agentId, previousState])).toEqual([
      ['a', 'READY'],
      ['d', 'NOT_READY'],
    ])
  })

  it('each one of an agent, with the link lost in between', async () => {
    start()
    see(view('READY'))
    presence.link('p', { status: 'down' })
    see(view('LOGGED_OUT', { since: T + 1 }), view('READY', { since: T + 2 }), view('LOGGED_OUT', { since: T + 3 }))
    expect((await settle()).map(({ at }) => at)).toEqual([T + 1, T + 3])
  })

  it('learns a reason that comes later, and never takes one away', async () => {
    start()
    see(view('BUSY'), view('LOGGED_OUT', { since: T + 1, observedAt: T + 1, cause: 'agent' }))
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1))
    see(view('LOGGED_OUT', { since: T + 1, observedAt: T + 400, reason: { code: -2 } }), view('LOGGED_OUT', { since: T + 1 }))
    see(view('LOGGED_OUT', { since: T + 1, reason: { code: 1 } }))
    expect(await settle()).toStrictEqual([
      { platform: 'p', agentId: 'a', at: T + 1, previousState: 'BUSY', cause: 'agent', code: -2, name: 'PG reset', text: 'PG reset' },
    ])
  })
})

describe('the command behind it', () => {
  async function logout(acceptedAt: number, kind: 'LOGOUT' | 'READY' = 'LOGOUT'): Promise<Command> {
    const command = await accept(engine.log, { agentId: 'a', action: { kind }, acceptedAt })
    const lease = await leaseOf(engine.log, agentKey('p', 'a'), 'me', 10_000)
    const sent = await engine.log.claimSend(command.id, lease, acceptedAt + 1, soon())
    if (sent === undefined) throw new Error('not sent')
    return sent
  }

  it.each([
    { before: 60_000, named: true },
    { before: 60_001, named: false },
    { before: -1, named: false },
  ])('accepted $before ms before: $named', async ({ before, named }) => {
    start()
    const command = await logout(T - before)
    see(view('READY'), view('LOGGED_OUT', { since: T - 7, observedAt: T }))
    const [record] = await settle()
    expect(record?.commandId).toBe(named ? command.id : undefined)
    expect(record?.requestedBy).toBe(named ? 'test' : undefined)
  })

  it('is the newest LOGOUT, whatever else was asked afterwards', async () => {
    start()
    await logout(T - 300)
    const command = await logout(T - 200)
    await accept(engine.log, { agentId: 'a', action: { kind: 'LOGIN' }, acceptedAt: T - 100 })
    see(view('READY'), view('LOGGED_OUT'))
    expect((await settle())[0]?.commandId).toBe(command.id)
  })

  const sent: Command = {
    id: 'c',
    platform: 'p',
    agentId: 'a',
    action: { kind: 'LOGOUT' },
    origin: { principal: 'crm', requestId: 'r' },
    status: 'sent',
    seq: 1,
    attempts: 1,
    acceptedAt: T - 1000,
    expiresAt: T + 1000,
    sentAt: T - 900,
  }
  const { sentAt: _never, ...unsent } = sent
  it.each<[string, Command, boolean]>([
    ['sent and open', sent, true],
    ['confirmed', { ...sent, status: 'confirmed', settledAt: T }, true],
    ['never sent', { ...unsent, status: 'cancelled', settledAt: T - 500 }, false],
    ['refused by the vendor', { ...sent, status: 'rejected', settledAt: T - 500 }, false],
    ['without effect, because the agent was out already', { ...sent, status: 'confirmed', unchanged: true, settledAt: T }, false],
    ['deferred for an hour, open', { ...sent, acceptedAt: T - 3_600_000, pending: true }, true],
    [
      'deferred for an hour, ended by it',
      { ...sent, acceptedAt: T - 3_600_000, pending: true, status: 'confirmed', settledAt: T + 3 },
      true,
    ],
    ['deferred, ended long before', { ...sent, acceptedAt: T - 3_600_000, pending: true, status: 'expired', settledAt: T - 60_000 }, false],
  ])('%s', (_name, command, named) => {
    expect(commandBehind([command], T)?.id).toBe(named ? 'c' : undefined)
  })
})

describe('words', () => {
  it.each([
    ['by id', { id: 'd2', code: 9 }, 'd2'],
    ['by code, among reasons to log out only', { code: 1 }, 'r1'],
    ['by name', { name: 'PG reset' }, 'r2'],
    ['by code where the name differs', { code: -2, name: 'renamed' }, 'r2'],
    ['none where two share code and name', { code: 9, name: 'Twin' }, undefined],
    ['none where nothing fits', { code: 77, name: 'End of shift' }, undefined],
  ])('%s', (_name, seen, id) => {
    expect(reasonBehind(REASONS, seen)?.id).toBe(id)
  })

  it('are those of the view where the list knows nothing, and without U+0000', () => {
    expect(wordsOf({ code: 77, name: 'Odd\u0000 one' }, undefined)).toEqual({ code: 77, name: 'Odd one', text: 'Odd one' })
    expect(wordsOf({ code: 77 }, undefined)).toEqual({ code: 77 })
  })

  it('are fetched when the list is not known; a vendor that fails is left in peace and holds up nothing', async () => {
    const list = vi.fn(() => Promise.reject(new CtiError('VENDOR_UNAVAILABLE')))
    start({ reasonsOf: () => ({ known: () => undefined, list }) })
    const reason = { code: 1 }
    see(view('READY'), view('LOGGED_OUT', { since: T + 1, reason }))
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1))
    see(view('READY'), view('LOGGED_OUT', { since: T + 2, reason }))
    expect((await settle()).map(({ code, text }) => ({ code, text }))).toEqual([{ code: 1 }, { code: 1 }])
    expect(list).toHaveBeenCalledTimes(1)
  })

  it('come from a list that is fetched', async () => {
    start({ reasonsOf: () => ({ known: () => undefined, list: () => Promise.resolve(REASONS) }) })
    see(view('READY'), view('LOGGED_OUT', { reason: { code: 1 } }))
    expect((await settle())[0]).toMatchObject({ code: 1, text: 'The shift has ended' })
  })
})

describe('the store is away', () => {
  it('and nothing is lost: it is stored when the store is back, with one warning', async () => {
    start()
    engine.fail(true)
    for (let n = 1; n <= 20; n += 1) see(view('READY', { agentId: `a${n}` }), view('LOGGED_OUT', { agentId: `a${n}`, since: T + n }))
    await systemClock.sleep(700)
    engine.fail(false)
    await vi.waitFor(async () => expect(await stored()).toHaveLength(20), { timeout: 5000 })
    const warnings = spy.lines.filter((line) => line.message.includes('could not be stored'))
    expect(warnings.length).toBeGreaterThanOrEqual(1)
    expect(warnings.length).toBeLessThanOrEqual(4)
  })

  it('for too long: the oldest go, the newest stay, and the log tells it', async () => {
    start({ maxWaiting: 5 })
    engine.fail(true)
    for (let n = 1; n <= 9; n += 1) see(view('READY', { agentId: `a${n}` }), view('LOGGED_OUT', { agentId: `a${n}`, since: T + n }))
    engine.fail(false)
    await vi.waitFor(async () => expect(await stored()).toHaveLength(5), { timeout: 5000 })
    expect((await stored()).map(({ at }) => at - T)).toEqual([5, 6, 7, 8, 9])
    expect(spy.lines.filter((line) => line.level === 'error')).toHaveLength(1)
    expect(spy.lines.at(-1)).toMatchObject({ level: 'warn', fields: { dropped: 4 } })
  })

  it('for one record only: the others pass it', async () => {
    const record: LogoutLog['record'] = (given, options) =>
      given.agentId === 'poison' ? Promise.reject(new CtiError('STORE_UNAVAILABLE')) : engine.logouts.record(given, options)
    start({ logouts: { record } })
    for (const agentId of ['poison', 'a', 'b', 'c', 'd', 'e', 'f']) see(view('READY', { agentId }), view('LOGGED_OUT', { agentId }))
    await vi.waitFor(async () => expect((await stored()).map(({ agentId }) => agentId)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']), {
      timeout: 8000,
    })
  }, 10_000)

  it('at the stop: it ends within its bound and tells what is lost; nothing is watched afterwards', async () => {
    start({ logouts: { record: () => new Promise(() => undefined) } })
    see(view('READY'), view('LOGGED_OUT'))
    const begun = Date.now()
    await recorder?.stop(100)
    expect(Date.now() - begun).toBeLessThan(1000)
    expect(spy.lines.at(-1)).toMatchObject({ fields: { lost: 1 } })
    see(view('READY'), view('LOGGED_OUT', { since: T + 99 }))
    await recorder?.stop(100)
    expect(spy.lines.at(-1)).toMatchObject({ fields: { lost: 1 } })
  })
})
