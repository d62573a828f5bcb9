import { describe, expect, it } from 'vitest'
import type { Logged, PlatformRules, Seen, State, Told, Witnesses } from '../../chaos/model.js'
import { story } from '../../chaos/story.js'
import { verdict, type Count } from '../../chaos/verdict.js'

const logged = (more: Partial<Logged>): Logged => ({
  id: 'c1',
  platform: 'p',
  agentId: 'a',
  action: 'READY',
  force: false,
  status: 'confirmed',
  attempts: 1,
  seq: 1,
  acceptedAt: 10_000,
  sentAt: 10_005,
  settledAt: 10_020,
  token: 'k1.1',
  ...more,
})
const told = (more: Partial<Told>): Told => ({
  token: 'k1.1',
  key: 'k1',
  platform: 'p',
  agentId: 'a',
  action: 'READY',
  status: 200,
  commandId: 'c1',
  commandStatus: 'confirmed',
  at: 10_025,
  tookMs: 25,
  waitMs: 1000,
  gateway: 0,
  ...more,
})
const seen = (more: Partial<Seen>): Seen => ({
  seq: 1,
  at: 10_010,
  operation: 'set',
  platform: 'p',
  agentId: 'a',
  asked: 'READY',
  effect: 'applied',
  ...more,
})
const without = <T extends object>(item: T, ...names: (keyof T)[]): T =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name as keyof T))) as T
const states = (state: State): ReadonlyMap<string, State> => new Map([['p/a', state]])
const witnesses = (more: Partial<Witnesses>): Witnesses => ({
  told: [told({})],
  logged: [logged({})],
  seen: [seen({})],
  states: states('READY'),
  deeds: [],
  unknownIds: new Set(),
  ...more,
})

/** Agents begin logged in; a LOGOUT goes by NOT_READY. */
const rules: PlatformRules = {
  initial: 'NOT_READY',
  implied: { LOGOUT: ['NOT_READY'] },
  upkeep: ({ operation }) => operation === 'link',
  effectDelayMs: 0,
}
const judge = (more: Partial<Witnesses>) => verdict(witnesses(more), () => rules, { p99Ms: 3000, maxMs: 10_000 })
const counts = (more: Partial<Witnesses>): Partial<Record<Count, number>> =>
  Object.fromEntries(Object.entries(judge(more).counts).filter(([, count]) => count > 0))

/** READY #1 replaced by LOGOUT #2, which was told accepted at 12,000. */
const replaced = {
  logged: [
    logged({ status: 'superseded', supersededBy: 'c2', settledAt: 11_900 }),
    logged({ id: 'c2', seq: 2, action: 'LOGOUT', acceptedAt: 11_900, sentAt: 12_010, settledAt: 12_050, token: 'k2.1' }),
  ],
  told: [
    told({ commandStatus: 'accepted' }),
    told({ token: 'k2.1', key: 'k2', commandId: 'c2', action: 'LOGOUT', commandStatus: 'accepted', at: 12_000 }),
  ],
  states: states('LOGGED_OUT'),
} satisfies Partial<Witnesses>
const logoutSeen = [seen({ seq: 8, at: 12_020, asked: 'NOT_READY' }), seen({ seq: 9, at: 12_030, asked: 'LOGOUT' })]

describe('the verdict finds nothing', () => {
  it('when nothing is wrong', () => {
    expect(judge({})).toMatchObject({ commands: 1, findings: [] })
    expect(counts({ ...replaced, seen: [seen({}), ...logoutSeen] })).toEqual({})
  })
  it('in repeats that change nothing and in the upkeep of a link', () => {
    const more = [seen({ seq: 2, at: 10_012, effect: 'unchanged' }), seen({ seq: 3, at: 99_000, operation: 'link', effect: 'unchanged' })]
    expect(counts({ seen: [seen({}), ...more] })).toEqual({})
  })
  it('in what was let through before it was superseded and arrived within one exchange, before the newer effect', () => {
    const late = { ...replaced, logged: [{ ...replaced.logged[0]!, sentAt: 11_950 }, replaced.logged[1]!] }
    expect(counts({ ...late, seen: [seen({ at: 12_005 }), ...logoutSeen] })).toEqual({})
  })
  it('when a command that was sent and given up did or did not happen', () => {
    const given = logged({
      id: 'c2',
      seq: 2,
      action: 'LOGOUT',
      status: 'dead',
      acceptedAt: 12_000,
      sentAt: 12_010,
      settledAt: 13_000,
      token: 'k2.1',
    })
    for (const state of ['READY', 'NOT_READY', 'LOGGED_OUT'] as const)
      expect(counts({ logged: [logged({}), given], states: states(state) })).toEqual({})
  })
})

it('the verdict gives each effect to the command whose time runs out first', () => {
  const first = logged({ settledAt: 10_500 })
  const second = logged({ id: 'c2', seq: 2, acceptedAt: 10_200, sentAt: 11_000, settledAt: 11_100, token: 'k2.1' })
  expect(counts({ logged: [first, second], seen: [seen({ at: 10_300 }), seen({ seq: 2, at: 11_010 })] })).toEqual({})
})

describe('the verdict sees', () => {
  it('an accepted command that is gone', () => {
    expect(counts({ logged: [], seen: [], states: states('NOT_READY') })).toEqual({ lost: 1 })
    expect(counts({ unknownIds: new Set(['c1']) })).toEqual({ lost: 1 })
  })
  it('a command that never ends', () => {
    expect(counts({ logged: [without(logged({ status: 'retrying' }), 'settledAt')], told: [told({ commandStatus: 'accepted' })] })).toEqual(
      { hung: 1 },
    )
  })
  it('a superseded command that reached the vendor after the newer one was told accepted', () => {
    const never = { ...replaced, logged: [{ ...without(replaced.logged[0]!, 'sentAt'), attempts: 0 }, replaced.logged[1]!] }
    expect(counts({ ...never, seen: [seen({ at: 12_005 }), ...logoutSeen] })).toEqual({ stale: 1 })
    expect(counts({ ...replaced, seen: [seen({ at: 19_000, seq: 10 }), ...logoutSeen] })).toMatchObject({ stale: 1 })
  })
  it('a superseded command that was let through after the newer one was told accepted', () => {
    const late = { ...replaced, logged: [{ ...replaced.logged[0]!, sentAt: 12_001 }, replaced.logged[1]!] }
    expect(counts({ ...late, seen: logoutSeen })).toEqual({ stale: 1 })
  })
  it('one that was let through so late that no acceptance of the newer one can still be on its way, by the deadlines of the storm', () => {
    const told = replaced.told.map((answer) => ({ ...answer, at: 20_000 }))
    const newer = { ...replaced.logged[1]!, sentAt: 20_100, settledAt: 20_200 }
    const late = { ...replaced, told, logged: [{ ...replaced.logged[0]!, sentAt: 15_000 }, newer], seen: [] }
    expect(counts(late).stale).toBe(1)
    const slow = verdict(witnesses(late), () => ({ ...rules, acceptMs: 10_200 }), { p99Ms: 30_000, maxMs: 30_000 })
    expect(slow.counts.stale).toBe(0)
  })
  it('an older effect after a newer one', () => {
    const late = { ...replaced, logged: [{ ...replaced.logged[0]!, sentAt: 11_950 }, replaced.logged[1]!] }
    expect(counts({ ...late, seen: [...logoutSeen, seen({ seq: 10, at: 12_040 })] })).toEqual({ stale: 1 })
  })
  it('a request of a command that has ended', () => {
    expect(counts({ seen: [seen({}), seen({ seq: 2, at: 12_000, effect: 'unchanged' })] })).toEqual({ stale: 1 })
  })
  it('an effect that happened twice, and one key that made two commands', () => {
    expect(counts({ seen: [seen({}), seen({ seq: 2, at: 10_012 })] })).toEqual({ duplicated: 1 })
    const second = logged({ id: 'c2', seq: 2, token: 'k1.2', acceptedAt: 10_100, sentAt: 10_110, settledAt: 10_200 })
    expect(counts({ logged: [logged({}), second] })).toEqual({ duplicated: 1 })
  })
  it('a command that was told failed and is there, unless it was taken back unsent or nothing was promised', () => {
    const denied = without(told({ status: 503, effect: 'none', code: 'STORE_UNAVAILABLE' }), 'commandId', 'commandStatus')
    expect(counts({ told: [denied] })).toEqual({ toldFailedButRan: 1 })
    expect(counts({ told: [{ ...denied, effect: 'unknown' }] })).toEqual({})
    const again = told({ token: 'k1.2', commandStatus: 'accepted' })
    expect(counts({ told: [denied, again] })).toEqual({})
    expect(counts({ told: [denied, { ...again, key: 'other' }] })).toEqual({ toldFailedButRan: 1 })
    const running = without(
      told({ token: 'k1.2', status: 409, code: 'IDEMPOTENCY_IN_FLIGHT', at: denied.at + 10 }),
      'commandId',
      'commandStatus',
    )
    expect(counts({ told: [denied, running] })).toEqual({})
    expect(counts({ told: [denied, { ...running, at: denied.at - 10 }] })).toEqual({ toldFailedButRan: 1 })
    const taken = without(logged({ status: 'cancelled', attempts: 0 }), 'sentAt')
    expect(counts({ told: [denied], logged: [taken], seen: [], states: states('NOT_READY') })).toEqual({})
  })
  it('a final status that was told and is another one', () => {
    const rejected = logged({ status: 'rejected', code: 'NOT_LOGGED_IN' })
    expect(counts({ logged: [rejected] })).toMatchObject({ toldConfirmedButNot: 1 })
    expect(counts({ told: [told({ commandStatus: 'expired' })] })).toEqual({ toldFailedButRan: 1 })
  })
  it('a confirmed command of which the vendor knows nothing', () => {
    expect(counts({ seen: [], states: states('READY') })).toEqual({ toldConfirmedButNot: 1 })
    expect(counts({ seen: [seen({ effect: 'none' })] })).toEqual({ toldConfirmedButNot: 1 })
    const login = logged({ action: 'LOGIN', attempts: 0 })
    expect(counts({ logged: [without(login, 'sentAt')], seen: [], states: states('NOT_READY') })).toEqual({})
  })
  it('a wrong final state', () => {
    expect(counts({ states: states('LOGGED_OUT') })).toEqual({ wrongFinal: 1 })
  })
  it('a refusal that nothing explains', () => {
    const refused = (code: string) => logged({ status: 'rejected', attempts: 0, code })
    const quiet = { told: [], seen: [], states: states('NOT_READY') }
    expect(counts({ ...quiet, logged: [without(refused('NOT_LOGGED_IN'), 'sentAt')] })).toEqual({ wrongFinal: 1 })
    const out = logged({ id: 'c0', seq: 0, action: 'LOGOUT', acceptedAt: 9000, sentAt: 9010, settledAt: 9100, token: 'k0.1' })
    const seenOut = [seen({ at: 9050, asked: 'LOGOUT' })]
    expect(
      counts({ ...quiet, seen: seenOut, states: states('LOGGED_OUT'), logged: [out, without(refused('NOT_LOGGED_IN'), 'sentAt')] }),
    ).toEqual({})
  })
  it('answers beyond their bound: any beyond the last one, more than one in a hundred beyond the first', () => {
    const fast = Array.from({ length: 200 }, () => told({}))
    expect(counts({ told: [...fast, told({ tookMs: 4500 })] })).toEqual({})
    expect(counts({ told: [...fast, told({ tookMs: 11_500 })] })).toEqual({ unbounded: 1 })
    expect(counts({ told: [...fast, ...Array.from({ length: 4 }, () => told({ tookMs: 4500 }))] })).toEqual({ unbounded: 4 })
  })
})

it('tells the story of an agent in order, with what was done to the site meanwhile', () => {
  const text = story(
    'p/a',
    '',
    witnesses({
      deeds: [
        { at: 10_012, text: 'SIGKILL of gateway 1' },
        { at: 90_000, text: 'far away' },
      ],
    }),
  )
  const lines = text.split('\n').map((line) => line.trim().slice(14, 22).trim())
  expect(lines).toEqual(['', 'log', 'log', 'vendor', 'deed', 'log', 'client'].map((word, at) => (at === 0 ? lines[0] : word)))
  expect(text).not.toContain('far away')
})
