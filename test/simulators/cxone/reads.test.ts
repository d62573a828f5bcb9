import { afterEach, describe, expect, it } from 'vitest'
import { fetchAnswer, pause, startTenant, type Answer, type Tenant } from './client.js'

let tenant: Tenant
afterEach(() => tenant.stop())

type Row = Record<string, unknown>
const rows = (answer: Answer, name = 'agentStates') => (answer.body[name] ?? []) as Row[]

describe('agents/states (vendors/cxone.md 4.2)', () => {
  it('2026: envelope with lastPollTime and links, isACW and media type names', async () => {
    tenant = await startTenant()
    const answer = await tenant.api('GET', '/agents/states')
    expect(answer.body).toMatchObject({ totalRecords: 30, lastPollTime: expect.stringMatching(/Z$/), _links: { self: expect.any(String) } })
    expect(answer.body['_links']).not.toHaveProperty('next')
    const [row] = rows(answer)
    expect(row).toMatchObject({
      agentId: 1001,
      agentStateId: 2,
      agentStateName: 'Unavailable',
      isACW: false,
      outStateId: null,
      teamId: 501,
    })
    expect(row).toHaveProperty('mediaTypeName')
    expect(row).not.toHaveProperty('lastPollTime')
    expect(rows(answer)[10]).toMatchObject({ agentId: 1011, agentStateId: 0, agentStateName: 'LoggedOut', sessionStartTime: null })
  })

  it('v23: bare rows with isAcw, mediaName and a lastPollTime each', async () => {
    tenant = await startTenant({ rows: 'v23', agents: '120' })
    const answer = await tenant.api('GET', '/agents/states')
    expect(Object.keys(answer.body)).toEqual(['agentStates'])
    expect(rows(answer)).toHaveLength(120)
    expect(rows(answer)[0]).toMatchObject({ isAcw: false, mediaName: '', lastPollTime: expect.any(String) })
    expect(rows(answer)[0]).not.toHaveProperty('isACW')
  })

  it('sends only what changed since the last poll, on the vendor’s clock', async () => {
    tenant = await startTenant({ clockSkewMs: '-90000' })
    await pause(5)
    const first = await tenant.api('GET', '/agents/states')
    await pause(5)
    const since = encodeURIComponent(String(first.body['lastPollTime']))
    expect(await tenant.api('GET', `/agents/states?updatedSince=${since}`)).toMatchObject({ status: 200, body: { agentStates: [] } })
    tenant.event('agent-state', { agentId: '1002', state: 'Available' })
    expect(rows(await tenant.api('GET', `/agents/states?updatedSince=${since}`))).toMatchObject([{ agentId: 1002, agentStateId: 1 }])
    expect(rows(await tenant.api('GET', `/agents/1001/states?updatedSince=${since}`))).toEqual([])
    const { body } = await tenant.api('GET', '/server-time')
    expect(Math.abs(Date.parse(String(body['ServerTime'])) - Date.now() + 90_000)).toBeLessThan(5000)
    for (const query of ['updatedSince=yesterday', 'skip=-1', 'top=x'])
      expect((await tenant.api('GET', `/agents/states?${query}`)).status).toBe(400)
  })

  it('pages by links until there is none', async () => {
    tenant = await startTenant({ agents: '230', pageMax: '90' })
    const bearer = `Bearer ${await tenant.token()}`
    const seen: unknown[] = []
    let url: string | undefined = `${tenant.url}/InContactAPI/services/v34.0/agents/states?top=500&fields=agentId,agentStateId`
    while (url !== undefined) {
      const answer: Answer = await fetchAnswer(url, { headers: { authorization: bearer } })
      expect(Object.keys(rows(answer)[0]!)).toEqual(['agentId', 'agentStateId'])
      seen.push(rows(answer).map((row) => row['agentId']))
      url = (answer.body['_links'] as { next?: string }).next
    }
    expect(seen.map((page) => (page as unknown[]).length)).toEqual([90, 90, 50])
    expect(new Set(seen.flat()).size).toBe(230)
  })

  it('one agent by id or user id, 404 for none, and no state feed for an agent’s own token', async () => {
    tenant = await startTenant()
    const answer = await tenant.api('GET', '/agents/1001/states')
    expect(rows(answer)).toMatchObject([{ agentId: 1001, isACW: false, mediaName: '', lastPollTime: expect.any(String) }])
    expect((await tenant.api('GET', '/agents/4711/states')).status).toBe(404)
    const agent = await tenant.api('GET', '/agents/1001')
    const userId = String(rows(agent, 'agents')[0]!['userId'])
    expect(rows(await tenant.api('GET', `/agents/${userId}`), 'agents')[0]).toMatchObject({
      agentId: 1001,
      teamId: 501,
      userName: 'agent1001@sim.example',
    })
    const own = await tenant.token('agent-1001', 'secret-1001')
    expect((await tenant.api('GET', '/agents/states', undefined, own)).status).toBe(403)
  })
})

describe('directory and unavailable codes (4.5, 4.6)', () => {
  it('lists agents, 204 when nothing matches; teams; the catalogue of states; a state history', async () => {
    tenant = await startTenant()
    expect(rows(await tenant.api('GET', '/agents?searchString=archer'), 'agents')).not.toHaveLength(0)
    expect(await tenant.api('GET', '/agents?searchString=nobody')).toMatchObject({ status: 204, text: '' })
    expect(rows(await tenant.api('GET', '/teams'), 'teams')).toMatchObject([
      { teamId: 501, agentCount: 10 },
      { teamId: 502 },
      { teamId: 503 },
    ])
    expect(rows(await tenant.api('GET', '/teams/502/agents'), 'agents')).toHaveLength(10)
    expect(rows(await tenant.api('GET', '/agents-states')).at(-1)).toEqual({ agentStateId: 8, agentStateName: 'LoggedIn' })
    const span = `startDate=${new Date(Date.now() - 60_000).toISOString()}&endDate=${new Date(Date.now() + 60_000).toISOString()}`
    const history = await tenant.api('GET', `/agents/1001/state-history?${span}`)
    expect(rows(history, 'agentStateHistory')).toMatchObject([{ stateIndex: 1, agentStateName: 'Unavailable' }])
  })

  it.each([
    [
      '2026',
      { id: 12, name: 'Lunch', isActive: true, isACW: false, agentTimeout: 120 },
      { outstateId: 12, outstateName: 'Lunch', isAcw: false, agentTimeoutMins: '120' },
    ],
    [
      'v23',
      { OutStateId: 12, OutStateName: 'Lunch', IsAcw: false, AgentTimeoutMins: 120, IsActive: true },
      { outStateId: 12, outStateName: 'Lunch', agentTimeoutMins: 120 },
    ],
    ['sdk', { outStateId: 12, outStateName: 'Lunch' }, { outStateId: 12, outStateName: 'Lunch' }],
  ])('codes in the shape of %s', async (codes, ofBusinessUnit, ofTeam) => {
    tenant = await startTenant({ codes })
    expect(rows(await tenant.api('GET', '/unavailable-codes'), 'unavailableCodes')[1]).toMatchObject(ofBusinessUnit)
    const { body } = await tenant.api('GET', '/teams/503/unavailable-codes?activeOnly=true')
    expect('resultSet' in body).toBe(codes === 'v23')
    const list = ((codes === 'v23' ? body['resultSet'] : body) as { unavailableCodes: Row[] }).unavailableCodes
    expect(list).toHaveLength(4)
    expect(list[1]).toMatchObject(ofTeam)
  })

  it('leaves codes out of use away on request, takes a team by GUID, 404 for no team', async () => {
    tenant = await startTenant()
    expect(rows(await tenant.api('GET', '/unavailable-codes'), 'unavailableCodes')).toHaveLength(8)
    for (const query of ['isActive=true', 'activeOnly=true', 'activityOnly=true'])
      expect(rows(await tenant.api('GET', `/unavailable-codes?${query}`), 'unavailableCodes')).toHaveLength(7)
    expect((await tenant.api('GET', '/teams/11eb0501-0000-4000-8000-000000000501/unavailable-codes')).status).toBe(200)
    expect((await tenant.api('GET', '/teams/9/unavailable-codes')).status).toBe(404)
  })
})
