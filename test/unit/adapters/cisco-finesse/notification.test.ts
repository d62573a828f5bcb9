import { describe, expect, it } from 'vitest'
import type { AgentEvent } from '../../../../src/core/model/event.js'
import { createListener } from '../../../../src/adapters/cisco-finesse/listener.js'
import { readNotification } from '../../../../src/adapters/cisco-finesse/notification.js'
import { createOpenRequests } from '../../../../src/adapters/cisco-finesse/requests.js'
import { createRoster } from '../../../../src/adapters/cisco-finesse/roster.js'

const update = (data: string, extra = '', source = '/finesse/api/User/1001'): string =>
  `<Update><data>${data}</data><event>PUT</event>${extra}<source>${source}</source></Update>`
const user = (state: string, time = '2026-03-01T10:00:00.000Z', more = ''): string =>
  `<user><loginId>1001</loginId><mediaType>1</mediaType><state>${state}</state><stateChangeTime>${time}</stateChangeTime>${more}</user>`
const error = (extra: string): string =>
  update(
    '<apiErrors><apiError><errorData>22</errorData><errorMessage>CF_INVALID_OBJECT_STATE</errorMessage><errorType>Invalid State</errorType></apiError></apiErrors>',
    extra,
  )

describe('readNotification', () => {
  it('reads users at any depth and in either letter case', () => {
    const team =
      '<team><users><User><loginId>1</loginId><state>READY</state></User><User><loginId>2</loginId><state>LOGOUT</state></User></users></team>'
    expect(readNotification(update(team, '', '/finesse/api/Team/7')).users.map((found) => found.loginId)).toEqual(['1', '2'])
    expect(readNotification(update('<User><loginId>1</loginId><state>READY</state></User>')).users).toHaveLength(1)
  })

  it('reads errors with small and capital letters alike, with the request id', () => {
    const capital = update(
      '<ApiErrors><ApiError><ErrorType>Invalid State</ErrorType><ErrorData>22</ErrorData></ApiError></ApiErrors>',
      '<requestId>r1</requestId>',
    )
    expect(readNotification(capital)).toMatchObject({
      requestId: 'r1',
      sourceUser: '1001',
      errors: [{ type: 'Invalid State', data: '22' }],
    })
    expect(readNotification(error('')).errors).toMatchObject([{ type: 'Invalid State', message: 'CF_INVALID_OBJECT_STATE', data: '22' }])
  })

  it('reads the status of the node', () => {
    expect(
      readNotification(update('<systemInfo><status>OUT_OF_SERVICE</status></systemInfo>', '', '/finesse/api/SystemInfo')).systemStatus,
    ).toBe('OUT_OF_SERVICE')
  })

  it('refuses what is not an Update', () => {
    expect(() => readNotification('<Other/>')).toThrow('without Update')
  })
})

function listener() {
  const events: AgentEvent[] = []
  const reread: string[] = []
  const signingIn = new Set<string>()
  const warnings: unknown[] = []
  let kicks = 0
  const requests = createOpenRequests()
  const ignore = (): void => undefined
  const listen = createListener({
    roster: createRoster(100, { product: 'CCE', reasonKeys: {} }, () => 5),
    requests,
    log: { debug: ignore, info: ignore, error: ignore, warn: (fields) => void warnings.push(fields) },
    sink: () => ({ agent: (event) => void events.push(event), link: ignore }),
    onSystemStatus: () => (kicks += 1),
    reread: (agentId) => void reread.push(agentId),
    signingIn: (agentId, still) => void (still ? signingIn.add(agentId) : signingIn.delete(agentId)),
  })
  return { listen, events, reread, signingIn, warnings, requests, kicks: () => kicks }
}

describe('listener', () => {
  const OWN = '/finesse/api/User/1001'
  const TEAM = '/finesse/api/Team/7/Users'

  it('has an agent who is signing in read again, unless another state follows', () => {
    const { listen, signingIn } = listener()
    listen(OWN, update(user('LOGIN')))
    expect([...signingIn]).toEqual(['1001'])
    listen(OWN, update(user('NOT_READY')))
    expect([...signingIn]).toEqual([])
  })

  it('tells a change once, though the user node and the team node both carry it', () => {
    const { listen, events } = listener()
    listen(OWN, update(user('READY'), '<requestId>r1</requestId>'))
    listen(
      TEAM,
      update('<user><loginId>1001</loginId><state>READY</state><stateChangeTime>2026-03-01T10:00:00.000Z</stateChangeTime></user>'),
    )
    expect(events).toMatchObject([
      { agentId: '1001', correlation: 'r1', occurredAt: Date.parse('2026-03-01T10:00:00.000Z'), view: { state: 'READY', source: 'event' } },
    ])
  })

  it('tells a pending state that comes and goes', () => {
    const { listen, events } = listener()
    listen(OWN, update(user('TALKING')))
    listen(OWN, update(user('TALKING', undefined, '<pendingState>NOT_READY</pendingState>')))
    listen(OWN, update(user('TALKING', undefined, '<pendingState></pendingState>')))
    expect(events.map((event) => event.view?.pendingState)).toEqual([undefined, 'NOT_READY', undefined])
  })

  it('ignores other media than voice', () => {
    const { listen, events } = listener()
    listen(OWN, update(user('READY').replace('<mediaType>1', '<mediaType>5')))
    expect(events).toEqual([])
  })

  it('finds the agent of an error by the request, whoever the source is', () => {
    const { listen, events, requests } = listener()
    requests.add('r9', { agentId: '1007', state: 'READY' })
    listen(OWN, error('<requestId>r9</requestId>'))
    expect(events).toMatchObject([
      {
        agentId: '1007',
        correlation: 'r9',
        refused: { code: 'INVALID_TRANSITION', fault: { code: '22', name: 'Invalid State', requestId: 'r9' } },
      },
    ])
  })

  it('tells an error of a foreign request under its own request id', () => {
    const { listen, events } = listener()
    listen(OWN, error('<requestId>somebody-else</requestId>'))
    expect(events).toMatchObject([{ agentId: '1001', correlation: 'somebody-else' }])
  })

  it('reads the agent instead of refusing, when a logout finds nobody logged in', () => {
    const { listen, events, reread, requests } = listener()
    requests.add('r1', { agentId: '1001', state: 'LOGOUT' })
    listen(OWN, error('<requestId>r1</requestId>').replace('</errorType>', '</errorType><peripheralErrorCode>10101</peripheralErrorCode>'))
    expect([events, reread]).toEqual([[], ['1001']])
  })

  it('looks at the nodes when SystemInfo speaks', () => {
    const { listen, kicks } = listener()
    listen('/finesse/api/SystemInfo', update('<systemInfo><status>OUT_OF_SERVICE</status></systemInfo>', '', '/finesse/api/SystemInfo'))
    expect(kicks()).toBe(1)
  })

  it('survives garbage, and logs none of it', () => {
    const { listen, events, warnings } = listener()
    for (const garbage of [
      '',
      'secret text',
      '<Update><data>',
      '<Update/>',
      '<!DOCTYPE a><Update/>',
      '<Update><data><user/></data></Update>',
    ])
      listen(OWN, garbage)
    expect(events).toEqual([])
    expect(JSON.stringify(warnings)).not.toContain('secret')
  })
})
