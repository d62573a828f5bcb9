import { describe, expect, it } from 'vitest'
import { plan, type PlanSettings } from '../../../../src/adapters/cxone/plan.js'
import { CAUSES, OTHER, causeOf } from '../../../../src/adapters/cxone/refusal-causes.js'
import { readEvent } from '../../../../src/adapters/cxone/session-events.js'
import { unknownView, type AgentView } from '../../../../src/core/model/agent-state.js'
import type { CtiError } from '../../../../src/core/model/error.js'

/** The vendor's page of the Agent Refusal report, in its order, against our causes. */
const EXPECTED = [
  ['Bad Number', 'BAD_NUMBER'],
  ['Busy', 'BUSY'],
  ['ContactAlreadyRouted', 'ALREADY_ROUTED'],
  ['Error', 'NETWORK_ERROR'],
  ['Invalid Call Leg', 'INVALID_CALL_LEG'],
  ['NoAnswer', 'NO_ANSWER'],
  ['LinkFailed', 'LINK_FAILED'],
  ['Dropped', 'DROPPED'],
  ['AgentLinkTimeout', 'AGENT_LINK_TIMEOUT'],
  ['NA', 'NOT_APPLICABLE'],
  ['0', 'UNSPECIFIED'],
  ['(Zero) 0 Cause Code', 'UNSPECIFIED'],
] as const

describe('causes of a refusal (vendors/cxone.md section 6.5)', () => {
  it('are these and no others', () => expect(CAUSES.map(({ vendor, cause }) => [vendor, cause])).toEqual(EXPECTED))
  it.each(EXPECTED)('%s is %s, whatever the letter case, blanks and underscores', (vendor, cause) => {
    for (const text of [vendor, vendor.toUpperCase(), vendor.toLowerCase(), ` ${vendor}  `, [...vendor].join(' '), [...vendor].join('_')])
      expect(causeOf(text)).toBe(cause)
  })
  it.each(['', '00', 'Bad-Number', 'NoAnswers', 'N/A'])('"%s" is unknown', (text) => {
    expect(causeOf(text)).toBe('OTHER')
    expect(OTHER).toBe('OTHER')
  })
})

describe('AgentError in a session (vendors/cxone.md section 3.6)', () => {
  const news = (event: Readonly<Record<string, string>>) =>
    readEvent(
      { Type: 'AgentError', ContactID: '', ErrorLevel: 'Error', ...event },
      '1001',
      {},
      { reasonKeys: {}, source: 'event', now: 0, held: true },
      () => undefined,
    )

  it.each([
    ['InvalidState', 'INVALID_TRANSITION'],
    ['INVALIDSTATE', 'INVALID_TRANSITION'],
    ['InvalidStationID', 'DEVICE_INVALID'],
    ['Failed', 'VENDOR_REJECTED'],
  ])('about a change of state with %s refuses it as %s', (ResultCode, code) => {
    expect(news({ Command: 'SetAgentState', ResultCode })).toEqual({
      kind: 'refused',
      refusal: {
        code,
        detail: `the platform accepted SetAgentState and then refused it: ${ResultCode}`,
        fault: { system: 'cxone', code: ResultCode, name: 'SetAgentState' },
      },
    })
  })
  it('without a result code refuses all the same', () =>
    expect(news({ Command: 'AGENTSTATE' })).toMatchObject({ refusal: { code: 'VENDOR_REJECTED', fault: { code: 'none' } } }))
  it.each([{ Command: 'AgentLeg', ResultCode: 'NoAnswer' }, { Command: 'Dial', ResultCode: 'Busy' }, { ResultCode: 'InvalidState' }])(
    'about something else (%j) refuses nothing',
    (event) => expect(news(event)).toBeUndefined(),
  )
})

describe('flags of a forced logout, and what is missing from a login', () => {
  const owner: PlanSettings = { mode: 'session-owner', login: 'impersonate', withinMs: 9000, stationIs: 'id', inactivityTimeoutSeconds: 0 }
  const busy: AgentView = { ...unknownView('1', 0), state: 'BUSY', vendor: { session: 'held' } }

  it.each([{ endContacts: true }, { ignorePersonalQueue: true }, { endContacts: true, ignorePersonalQueue: true }])(
    '%j goes to the end of the session, and nothing else with it',
    (options) => {
      expect(plan({ kind: 'LOGOUT', force: true, options }, '1', busy, owner).steps).toEqual([
        {
          name: 'end-session',
          request: { call: 'end-session', forceLogoff: true, ...options },
          expect: { states: ['LOGGED_OUT'], pending: ['LOGGED_OUT'], withinMs: 9000 },
          resend: 'verify-first',
        },
      ])
    },
  )
  it('a plain logout of a held session is its end without flags', () =>
    expect(plan({ kind: 'LOGOUT' }, '1', busy, owner).steps).toMatchObject([
      { name: 'end-session', request: { call: 'end-session' }, resend: 'verify-first' },
    ]))
  it('a login without station says which field is missing', () => {
    const failure = failureOf(() => plan({ kind: 'LOGIN' }, '1', { ...busy, state: 'LOGGED_OUT' }, owner))
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ field: '/station', message: 'name the station' }] })
    expect(failure?.detail).toMatch(/station id or a phone number/)
  })
  it.each([
    [{ kind: 'LOGIN' }, { login: 'unsupported' }, /without LOGIN/],
    [{ kind: 'LOGOUT', options: { endContacts: true } }, {}, /force only/],
  ] as const)('%j is refused with a reason', (action, more, detail) => {
    expect(failureOf(() => plan(action, '1', busy, { ...owner, ...more }))?.detail).toMatch(detail)
  })
  it('flags without a session of ours are refused with a reason', () => {
    const failure = failureOf(() =>
      plan({ kind: 'LOGOUT', force: true, options: { endContacts: true } }, '1', { ...busy, vendor: {} }, owner),
    )
    expect(failure).toMatchObject({ code: 'UNSUPPORTED', detail: expect.stringContaining('leave them out') as unknown })
  })
})

function failureOf(work: () => unknown): CtiError | undefined {
  try {
    work()
  } catch (error) {
    return error as CtiError
  }
  return undefined
}
