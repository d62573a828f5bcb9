import { afterEach, describe, expect, it } from 'vitest'
import { pause, startTenant, type Answer, type Tenant } from './client.js'

let tenant: Tenant
afterEach(() => tenant.stop())

type Event = Record<string, unknown> & { readonly Type: string }
const seat = { stationPhoneNumber: '+15550177', inactivityTimeout: '45', asAgentId: '1010' }

const start = async (body: Record<string, unknown> = seat, bearer?: string) => tenant.api('POST', '/agent-sessions', body, bearer)
const sid = (answer: Answer) => String(answer.body['sessionId'])
const poll = (id: string, timeout = 2) => tenant.api('GET', `/agent-sessions/${id}/get-next-event?timeout=${timeout}`)
const events = (answer: Answer) => (answer.body['events'] ?? []) as Event[]
const types = (answer: Answer) => events(answer).map((event) => event.Type)
const setState = (id: string, state: string, reason?: string) =>
  tenant.api('POST', `/agent-sessions/${id}/state`, { state, ...(reason !== undefined && { reason }) })

describe('agent sessions (vendors/cxone.md 3.1 to 3.4)', () => {
  it('start: 202, AgentSessionStart, then Unavailable without a reason', async () => {
    tenant = await startTenant()
    const started = await start()
    expect(started.status).toBe(202)
    const first = await poll(sid(started))
    expect(types(first)).toEqual(['AgentSessionStart', 'AgentState'])
    expect(events(first)[1]).toMatchObject({
      CurrentState: 'Unavailable',
      CurrentOutReason: '',
      IsAcw: 'False',
      NextStates: [],
      IISHost: expect.any(String),
    })
    for (const value of Object.values(events(first)[0]!)) expect(typeof value).toBe('string')
    expect(tenant.running.journal.list({ operation: 'POST /agent-sessions' })).toMatchObject([
      { agentId: '1010', asked: 'LOGIN', effect: 'applied' },
    ])
  })

  it.each([
    ['no station', { asAgentId: '1010' }, 400, 'stationId or stationPhoneNumber'],
    ['a timeout out of range', { ...seat, inactivityTimeout: '20' }, 400, 'inactivityTimeout'],
    ['a bad agent id', { ...seat, asAgentId: '4711' }, 400, 'Invalid agent ID'],
    ['the API user himself, who has no seat', { stationId: '5' }, 400, 'Invalid agent ID'],
    ['a phone that another agent uses', { ...seat, stationPhoneNumber: '+15550101001' }, 400, 'already used by Ada Archer'],
    ['an agent with a session', { ...seat, asAgentId: '1001' }, 409, 'already has a session'],
  ])('refuses to start with %s', async (_name, body, status, text) => {
    tenant = await startTenant()
    expect(await start(body)).toMatchObject({ status, description: expect.stringContaining(text) })
  })

  it('lets agents start for themselves, and others only with the permission to impersonate', async () => {
    tenant = await startTenant()
    const own = await tenant.token('agent-1010', 'secret-1010')
    expect((await start({ stationId: '5', asAgentId: '1011' }, own)).status).toBe(403)
    expect((await start({ stationId: '5', asAgentId: 'undefined' }, own)).status).toBe(202)
    expect(tenant.running.journal.list({ operation: 'POST /agent-sessions' }).map((entry) => entry.agentId)).toEqual(['1011', '1010'])
  })

  it('join after 409: another id of the same session, both clients hear everything, both end', async () => {
    tenant = await startTenant()
    const one = sid(await start())
    expect((await start()).status).toBe(409)
    const joined = await tenant.api('POST', '/agent-sessions/join', { asAgentId: '1010' })
    expect(joined.status).toBe(202)
    const two = sid(joined)
    expect(two).not.toBe(one)
    await tenant.until('1010', 'Unavailable')
    const [a, b] = [await poll(one), await poll(two)]
    await setState(sid(a), 'Available')
    const [nextA, nextB] = [await poll(sid(a)), await poll(sid(b))]
    for (const answer of [nextA, nextB]) expect(events(answer).at(-1)).toMatchObject({ Type: 'AgentState', CurrentState: 'Available' })
    await tenant.api('POST', '/agents/1010/logout')
    const [endA, endB] = [await poll(sid(nextA)), await poll(sid(nextB))]
    for (const answer of [endA, endB]) {
      expect(types(answer)).toEqual(['RemoteAgentSessionEnd', 'AgentSessionEnd'])
      expect(events(answer)[0]).toMatchObject({ Message: 'RemoteLogoff' })
      expect((await poll(sid(answer))).status).toBe(409)
    }
    expect((await setState(sid(endA), 'Available')).status).toBe(409)
    expect((await tenant.api('POST', '/agent-sessions/join', { asAgentId: '1010' })).status).toBe(409)
  })

  it('sets the state by the name of a code of the team', async () => {
    tenant = await startTenant()
    const id = sid(await start({ ...seat, asAgentId: '1012' }))
    await tenant.until('1012', 'Unavailable')
    expect((await setState(id, 'Unavailable', 'Coaching')).status).toBe(202)
    await pause(40)
    expect(tenant.agent('1012')).toMatchObject({ outState: 'Coaching', outStateId: 18 })
    expect(await setState(id, 'Unavailable', 'Meeting')).toMatchObject({ status: 400 })
    expect(await setState(id, 'Unavailable', 'No such code')).toMatchObject({ status: 400 })
    expect(await setState(id, 'Ready')).toMatchObject({ status: 400 })
    expect(await setState(id, 'Unavailable', 'After Call Work')).toMatchObject({ status: 409 })
    expect(await setState('unknown', 'Available')).toMatchObject({ status: 404 })
    const sent = tenant.running.journal.list({ operation: 'POST /agent-sessions/{sessionId}/state', agentId: '1012' })
    expect(sent.map((entry) => [entry.asked, entry.effect])).toEqual([
      ['NOT_READY', 'applied'],
      ['NOT_READY', 'refused'],
      ['NOT_READY', 'refused'],
      [undefined, 'refused'],
      ['NOT_READY', 'refused'],
    ])
  })

  it('shows a change on a contact as NextStates', async () => {
    tenant = await startTenant()
    let id = sid(await start())
    await tenant.until('1010', 'Unavailable')
    tenant.event('contact-accepted', { agentId: '1010' })
    id = sid(await poll(id))
    await setState(id, 'Unavailable', 'Lunch')
    const answer = await poll(id)
    expect(events(answer)).toMatchObject([
      {
        Type: 'AgentState',
        CurrentState: 'InboundContact',
        NextStates: [{ State: 'Unavailable', OutReason: 'Lunch' }],
        NextIsAcw: 'False',
      },
    ])
  })

  it.each([
    ['no flags', '', 409],
    ['ignorePersonalQueue alone', '?ignorePersonalQueue=true', 409],
    ['endContacts alone', '?endContacts=true', 409],
    ['both', '?endContacts=True&ignorePersonalQueue=1', 202],
    ['forceLogoff', '?forceLogoff=true', 202],
  ])('end with a contact and a personal queue: %s', async (_name, query, status) => {
    tenant = await startTenant()
    const id = sid(await start())
    await tenant.until('1010', 'Unavailable')
    tenant.event('contact-accepted', { agentId: '1010' })
    tenant.event('personal-queue', { agentId: '1010', items: 2 })
    expect((await tenant.api('DELETE', `/agent-sessions/${id}${query}`)).status).toBe(status)
    await pause(40)
    expect(tenant.agent('1010')['state']).toBe(status === 202 ? 'LoggedOut' : 'InboundContact')
    expect(tenant.running.journal.list({ operation: 'DELETE /agent-sessions/{sessionId}' })).toMatchObject([
      { agentId: '1010', asked: 'LOGOUT', effect: status === 202 ? 'applied' : 'refused' },
    ])
  })

  it('knows no logout below agent-sessions and no agent-state', async () => {
    tenant = await startTenant()
    const id = sid(await start())
    expect((await tenant.api('POST', `/agent-sessions/${id}/logout`)).status).toBe(404)
    expect((await tenant.api('POST', `/agent-sessions/${id}/agent-state`, { state: 'Available' })).status).toBe(404)
  })
})

describe('the long poll (3.5)', () => {
  it('rotates the id with every 200, and an older id brings a full refresh', async () => {
    tenant = await startTenant()
    const first = sid(await start())
    const one = await poll(first)
    expect(sid(one)).not.toBe(first)
    await setState(sid(one), 'Available')
    const two = await poll(sid(one))
    expect(types(two)).toEqual(['AgentState'])
    const refreshed = await poll(first)
    expect(types(refreshed)).toEqual(['AgentSessionStart', 'AgentState'])
    expect(events(refreshed)[1]).toMatchObject({ CurrentState: 'Available' })
    expect((await poll(sid(refreshed), 0)).status).toBe(304)
  })

  it('304 after the wait, 400 for a wait over 60, 404 for an unknown id', async () => {
    tenant = await startTenant()
    const id = sid(await poll(sid(await start())))
    const before = Date.now()
    expect(await poll(id, 1)).toMatchObject({ status: 304, text: '' })
    expect(Date.now() - before).toBeGreaterThan(950)
    expect((await poll(id, 61)).status).toBe(400)
    expect((await poll('unknown')).status).toBe(404)
  })

  it('keeps events for a client that went away in the middle of a poll', async () => {
    tenant = await startTenant()
    const id = sid(await poll(sid(await start())))
    const bearer = await tenant.token()
    const gone = fetch(`${tenant.url}/incontactapi/services/v34.0/agent-sessions/${id}/get-next-event?timeout=60`, {
      headers: { authorization: `Bearer ${bearer}` },
      signal: AbortSignal.timeout(100),
    })
    await expect(gone).rejects.toThrow()
    tenant.event('agent-state', { agentId: '1010', state: 'Available' })
    expect(events(await poll(id))).toMatchObject([{ Type: 'AgentState', CurrentState: 'Available' }])
  })

  it('ends a session that nobody polls, not one that is polled, and after the contact', async () => {
    tenant = await startTenant({ secondMs: '4' })
    const id = sid(await poll(sid(await start())))
    expect((await poll(id, 1)).status).toBe(304)
    expect(tenant.agent('1010')['state']).toBe('Unavailable')
    tenant.event('contact-accepted', { agentId: '1010' })
    await pause(400)
    expect(tenant.agent('1010')).toMatchObject({ state: 'InboundContact', next: 'Unavailable' })
    tenant.event('contact-ended', { agentId: '1010' })
    expect(tenant.agent('1010')['state']).toBe('LoggedOut')
    let answer = await poll(id)
    expect(events(answer).at(-2)).toMatchObject({ Type: 'RemoteAgentSessionEnd', Message: 'SessionTimeout' })
    expect((await poll(sid(answer))).status).toBe(409)
    const again = sid(await start())
    await setState(again, 'Available')
    await tenant.until('1010', 'Available')
    await tenant.until('1010', 'LoggedOut')
    answer = await poll(again)
    expect(types(answer)).toContain('AgentSessionEnd')
  })

  it('tells clients of refused contacts and of changed codes', async () => {
    tenant = await startTenant()
    const id = sid(await poll(sid(await start())))
    tenant.event('contact-refused', { agentId: '1010', cause: 'Invalid Call Leg' })
    tenant.event('codes-change', { id: 31, name: 'Fire drill', teamIds: [501] })
    const answer = await poll(id)
    expect(events(answer)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ Type: 'CallContactEvent', Status: 'Incoming' }),
        expect.objectContaining({ Type: 'AgentError', ResultCode: 'InvalidCallLeg' }),
        expect.objectContaining({ Type: 'AgentState', CurrentOutReason: 'Refused' }),
        expect.objectContaining({ Type: 'UpdateUnavailableCodes' }),
      ]),
    )
    const { body } = await tenant.api('GET', '/teams/501/unavailable-codes')
    expect(body['unavailableCodes']).toContainEqual(expect.objectContaining({ outstateId: 31, outstateName: 'Fire drill' }))
  })

  it('lets the desktop take, refuse and end contacts', async () => {
    tenant = await startTenant()
    const id = sid(await start())
    await tenant.until('1010', 'Unavailable')
    tenant.event('contact-offered', { agentId: '1010' })
    const { body } = await tenant.api('GET', '/agents/1010/states')
    const contact = (body['agentStates'] as { contactId: number }[])[0]!.contactId
    const act = (what: string, contactId = contact) => tenant.api('POST', `/agent-sessions/${id}/interactions/${contactId}/${what}`)
    expect((await act('accept', 1)).status).toBe(404)
    expect((await act('accept')).status).toBe(202)
    await tenant.until('1010', 'InboundContact')
    expect((await act('end')).status).toBe(202)
    await tenant.until('1010', 'Unavailable')
  })
})
