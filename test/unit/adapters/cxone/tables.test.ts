import { describe, expect, it } from 'vitest'
import { CAUSES, OTHER, causeOf } from '../../../../src/adapters/cxone/refusal-causes.js'
import { readEvent } from '../../../../src/adapters/cxone/session-events.js'

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
