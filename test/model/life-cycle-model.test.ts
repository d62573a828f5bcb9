import { afterAll, describe, expect, it } from 'vitest'
import { COMMAND_CLASSES, type CommandClass } from '../../src/core/model/command.js'
import { explore, story } from './explore.js'
import { ALL_RULES, type Rules } from './rules.js'
import type { Budget, Scenario, VendorState } from './state.js'

/**
 * The life of an agent's commands, checked exhaustively: all interleavings of two processes, their crashes, leases that run out,
 * a vendor with bad manners and a store whose answers are lost. Nothing here is timing: a run either is a state that can be
 * reached or is not.
 *
 * I1  The fence lets nothing pass that a newer accepted command has replaced; within one process nothing newer is accepted
 *     between fence and request (the gate, at most 150 ms). The documented bound is what remains: a request whose fence was passed
 *     before the newer command was accepted may reach the vendor after it.
 * I2  Every command gets exactly one final status, and keeps it.
 * I3  `confirmed` only if the vendor was in the command's target state at some moment at or after its last fence, or after its
 *     acceptance when nothing was sent.
 * I4  At rest the vendor is where the newest confirmed command left it, unless a later one ended without evidence (dead,
 *     unconfirmed, or ended on its way), the vendor lied, or the documented bound was used.
 * I5  From every state that can be reached, the commands come to an end when nothing more goes wrong.
 * I6  What was undone because its caller was told 503 never passes the fence afterwards.
 * I7  Nothing is sent again before the vendor was asked.
 * I8  What is on its way is not called cancelled.
 * I10 Nobody ends a command that another holder of the lease is at.
 * I11 Two workers run the agent at once only if one of them has lost its lease by time.
 */

const FAULTS: Budget = { all: 1, crash: 2, expire: 1, vendor: 2, lie: 1, store: 1, ended: 1 }
/** Set to check every triple of commands with a fault at every place, which takes minutes. */
const DEEP = process.env['MODEL_CHECK_DEEP'] === '1'

let states = 0

function check(kinds: readonly CommandClass[], vendor: VendorState, faults: number, rules: Rules = ALL_RULES): string {
  const scenario: Scenario = { kinds, vendor, budget: { ...FAULTS, all: faults } }
  const found = explore(scenario, rules)
  states += found.states
  if (found.violation === undefined) expect(found.quiet).toBeGreaterThan(0)
  return story(scenario, found)
}

const PAIRS = COMMAND_CLASSES.flatMap((one) => COMMAND_CLASSES.map((two) => [one, two] as const))
const TRIPLES = PAIRS.flatMap(([one, two]) => COMMAND_CLASSES.map((three) => [one, two, three] as const))

describe('all interleavings of two processes', () => {
  afterAll(() => {
    console.info(`model check: ${states} states`)
  })

  it.each(PAIRS)('%s, %s: one fault of any kind at any place', (one, two) => {
    expect(check([one, two], one === 'LOGIN' ? 'OUT' : 'NR', 1)).toBe('')
  })

  it('any three commands, nothing goes wrong', () => {
    for (const kinds of TRIPLES) expect(check(kinds, 'NR', 0)).toBe('')
  })

  it.each([
    [['READY', 'LOGOUT', 'READY'], 'NR'],
    [['LOGIN', 'READY', 'LOGOUT!'], 'OUT'],
    [['READY', 'NOT_READY'], 'BUSY'],
    ...(DEEP ? TRIPLES.map((kinds) => [kinds, 'NR'] as const) : []),
  ] as const)('%s of an agent who is %s: one fault of any kind at any place', (kinds, vendor) => {
    expect(check(kinds, vendor, 1)).toBe('')
  })

  it.each([
    ['READY', 'LOGOUT'],
    ['READY', 'NOT_READY'],
  ] as const)(
    '%s, %s: two faults of any kinds at any places',
    (one, two) => {
      expect(check([one, two], 'NR', DEEP ? 3 : 2)).toBe('')
    },
    120_000,
  )

  it('goes through enough of them', () => {
    expect(states).toBeGreaterThan(10_000)
  })
})

/** Each rule, and what the check says when the gateway does without it. */
const WITHOUT: readonly (readonly [keyof Rules, string, readonly CommandClass[], VendorState, number])[] = [
  ['fence', 'I1', ['READY', 'LOGOUT'], 'NR', 0],
  ['readBeforeResend', 'I7', ['READY'], 'NR', 1],
  ['supersede', 'I1', ['READY', 'NOT_READY'], 'NR', 0],
  ['settleNeedsLease', 'I10', ['READY'], 'NR', 1],
  ['beginNeedsFreeLease', 'I11', ['READY', 'LOGOUT'], 'NR', 1],
  ['evidence', 'I3', ['READY'], 'NR', 1],
  ['gate', 'I1', ['READY', 'LOGOUT'], 'NR', 0],
  ['cancelAsksStatus', 'I8', ['READY'], 'NR', 1],
  ['undoTakesBackSent', 'I6', ['READY'], 'NR', 2],
  ['finalStays', 'I2', ['READY', 'LOGOUT'], 'NR', 0],
  ['leaseEnds', 'I5', ['READY'], 'NR', 1],
  ['waitForOlder', 'I4', ['READY', 'NOT_READY'], 'NR', 1],
  ['retakeNeedsNewest', 'I7', ['READY'], 'NR', 2],
]

describe('the check notices when a rule is missing', () => {
  it('tries every rule', () => {
    expect(WITHOUT.map(([rule]) => rule).sort()).toEqual(Object.keys(ALL_RULES).sort())
  })
  it.each(WITHOUT)('without %s: %s', (rule, invariant, kinds, vendor, faults) => {
    const told = check(kinds, vendor, faults, { ...ALL_RULES, [rule]: false })
    expect(told.split('\n')[0]).toMatch(new RegExp(`^${invariant}: `))
    expect(told).toMatch(/\n {2}1\. .+\n {2}2\. /)
  })

  it('tells the shortest way to it, for people', () => {
    expect(check(['READY', 'NOT_READY'], 'NR', 0, { ...ALL_RULES, supersede: false }).split('\n')).toEqual([
      'I1: the fence let a command pass that a newer one had replaced',
      '  the agent is NR; commands: READY, NOT_READY',
      '  1. process 1 appends 1 READY',
      '  2. process 1 appends 2 NOT_READY',
      '  3. worker 1 takes the agent',
      expect.stringContaining('  4. worker 1, 1 READY: '),
      '  5. worker 1, 1 READY: asks the fence',
    ])
  })
})
