import { afterEach, describe, expect, it } from 'vitest'
import { fetchAnswer, pause, startTenant, type Tenant } from './client.js'

let tenant: Tenant
afterEach(() => tenant.stop())

const STATE = 'POST /agents/{agentId}/state'

describe('supervisor control (vendors/cxone.md 4.1)', () => {
  it('takes 200 for accepted, makes the change later and journals it when it is made', async () => {
    tenant = await startTenant({ effectMinMs: '60', effectMaxMs: '80' })
    const answer = await tenant.api('POST', '/agents/1001/state', { state: 'Available', outStateId: '' })
    expect(answer).toMatchObject({ status: 200, description: 'Success', text: '{}' })
    expect(tenant.agent('1001')['state']).toBe('Unavailable')
    expect(tenant.running.journal.list({ operation: STATE })).toMatchObject([{ agentId: '1001', asked: 'READY', effect: 'none' }])
    await tenant.until('1001', 'Available')
    expect(tenant.running.journal.list({ operation: STATE })).toMatchObject([{ effect: 'applied' }])
  })

  it.each(['incontactapi', 'inContactAPI', 'InContactAPI', 'any/prefix/INCONTACTAPI'])(
    'serves %s in any version, parameters in the query',
    async (segment) => {
      tenant = await startTenant()
      const authorization = `Bearer ${await tenant.token()}`
      for (const version of ['v12.0', 'V35.0']) {
        const url = `${tenant.url}/${segment}/services/${version}/agents/1001/state?state=Unavailable&outStateId=12`
        expect((await fetchAnswer(url, { method: 'POST', headers: { authorization } })).status).toBe(200)
      }
      await pause(40)
      expect(tenant.agent('1001')).toMatchObject({ outStateId: 12, outState: 'Lunch' })
      expect(tenant.running.journal.list({ operation: STATE }).map((entry) => entry.effect)).toEqual(['applied', 'unchanged'])
    },
  )

  it('reads a JSON body whatever the content type says, with every value as a string', async () => {
    tenant = await startTenant()
    const headers = { authorization: `Bearer ${await tenant.token()}`, 'content-type': 'text/plain' }
    const body = JSON.stringify({ state: 'Unavailable', outStateId: '11' })
    await fetchAnswer(`${tenant.url}/incontactapi/services/v34.0/agents/1001/state`, { method: 'POST', headers, body })
    await pause(40)
    expect(tenant.agent('1001')['outStateId']).toBe(11)
  })

  it.each([
    ['an unknown agent', '4711', { state: 'Available' }, 404, 'Invalid agent ID: 4711'],
    ['an agent without a session', '1020', { state: 'Available' }, 404, 'Agent session not started'],
    ['another state word', '1001', { state: 'Ready' }, 400, 'Invalid state: must be Available or Unavailable'],
    ['a code that is no number', '1001', { state: 'Unavailable', outStateId: 'Lunch' }, 400, 'Invalid outStateId: must be an integer'],
    ['a system code', '1001', { state: 'Unavailable', outStateId: -1 }, 400, 'Invalid unavailable code: -1'],
    ['a code of another team', '1001', { state: 'Unavailable', outStateId: 18 }, 400, 'Coaching is not assigned'],
    ['a code out of use', '1001', { state: 'Unavailable', outStateId: 17 }, 400, 'Old Break is not assigned'],
    ['an ACW code off contact', '1001', { state: 'Unavailable', outStateId: 15 }, 409, 'ACW code'],
  ])('refuses %s', async (_name, agentId, body, status, text) => {
    tenant = await startTenant()
    const answer = await tenant.api('POST', `/agents/${agentId}/state`, body)
    expect(answer).toMatchObject({ status, body: { error: expect.any(String), error_description: expect.stringContaining(text) } })
    expect(answer.description).toContain(text)
    expect(tenant.running.journal.list({ operation: STATE })).toMatchObject([{ agentId, effect: 'refused' }])
  })

  it('refuses with 403 without the permission and for a restricted agent', async () => {
    tenant = await startTenant({ permissions: 'read,set-state' })
    expect((await tenant.api('POST', '/agents/1001/logout')).status).toBe(403)
    tenant.event('restrict-agent', { agentId: '1001' })
    expect((await tenant.api('POST', '/agents/1001/state', { state: 'Available' })).status).toBe(403)
    expect(tenant.running.journal.list({ agentId: '1001' }).map((entry) => entry.effect)).toEqual(['refused', 'refused'])
  })

  it('leaves error bodies empty when told so, with the text in the header', async () => {
    tenant = await startTenant({ emptyErrors: 'yes' })
    expect(await tenant.api('POST', '/agents/1020/state', { state: 'Available' })).toMatchObject({
      status: 404,
      text: '',
      description: 'Agent session not started',
    })
  })

  it('logs off with 202 and no body, and once is enough', async () => {
    tenant = await startTenant()
    expect(await tenant.api('POST', '/agents/1001/logout')).toMatchObject({ status: 202, description: 'Accepted', text: '{}' })
    await tenant.until('1001', 'LoggedOut')
    expect((await tenant.api('POST', '/agents/1001/logout')).status).toBe(202)
    expect((await tenant.api('POST', '/agents/4711/logout')).status).toBe(404)
    await pause(40)
    expect(tenant.running.journal.list({ operation: 'POST /agents/{agentId}/logout' }).map((entry) => [entry.asked, entry.effect])).toEqual(
      [
        ['LOGOUT', 'applied'],
        ['LOGOUT', 'unchanged'],
        ['LOGOUT', 'refused'],
      ],
    )
  })

  it.each([
    ['after-contact', 'InboundContact', 'LoggedOut'],
    ['immediate', 'LoggedOut', 'LoggedOut'],
    ['ignored', 'InboundContact', 'Unavailable'],
  ])('log-off on a contact: %s', async (logoutOnContact, during, after) => {
    tenant = await startTenant({ logoutOnContact })
    tenant.event('contact-accepted', { agentId: '1001' })
    await tenant.api('POST', '/agents/1001/logout')
    await pause(40)
    expect(tenant.agent('1001')['state']).toBe(during)
    const { body } = await tenant.api('GET', '/agents/1001/states')
    expect((body['agentStates'] as { outStateId: unknown }[])[0]!.outStateId).toBe(logoutOnContact === 'after-contact' ? -12 : null)
    if (during !== 'LoggedOut') tenant.event('contact-ended', { agentId: '1001' })
    expect(tenant.agent('1001')['state']).toBe(after)
  })
})

describe('contacts, pending changes and after-call work (3.3, 4.4)', () => {
  it('queues a change while on a contact and makes it afterwards', async () => {
    tenant = await startTenant()
    tenant.event('agent-state', { agentId: '1001', state: 'Available' })
    tenant.event('contact-accepted', { agentId: '1001' })
    await tenant.api('POST', '/agents/1001/state', { state: 'Unavailable', outStateId: 12 })
    await pause(40)
    expect(tenant.agent('1001')).toMatchObject({ state: 'InboundContact', next: 'Unavailable' })
    expect(tenant.running.journal.list({ operation: STATE })).toMatchObject([{ effect: 'none', detail: { pending: 'Unavailable' } }])
    tenant.event('contact-ended', { agentId: '1001', acw: true })
    expect(tenant.agent('1001')).toMatchObject({ state: 'Unavailable', isAcw: true, next: 'Unavailable' })
    tenant.event('acw-end', { agentId: '1001' })
    expect(tenant.agent('1001')).toMatchObject({ state: 'Unavailable', isAcw: false, outStateId: 12, next: null })
    expect(tenant.running.journal.list({ operation: STATE })).toMatchObject([{ effect: 'applied' }])
  })

  it('takes an ACW code on a contact, and it is ACW afterwards', async () => {
    tenant = await startTenant()
    tenant.event('contact-accepted', { agentId: '1001' })
    expect((await tenant.api('POST', '/agents/1001/state', { state: 'Unavailable', outStateId: 15 })).status).toBe(200)
    await pause(40)
    tenant.event('contact-ended', { agentId: '1001' })
    expect(tenant.agent('1001')).toMatchObject({ state: 'Unavailable', isAcw: true, outStateId: 15 })
  })

  it('shows an offered contact as pending and a refused one as −1', async () => {
    tenant = await startTenant()
    tenant.event('agent-state', { agentId: '1001', state: 'Available' })
    expect(tenant.event('contact-offered', { agentId: '1001' })).toMatchObject({ state: 'Unavailable', outStateId: -3 })
    expect(tenant.event('contact-refused', { agentId: '1001', cause: 'Busy' })).toMatchObject({ state: 'Unavailable', outStateId: -1 })
    expect(() => tenant.event('contact-refused', { agentId: '1001', cause: 'bored' })).toThrow('one of: Bad Number, Busy')
    const { body } = await tenant.api('GET', '/agents/1001/states')
    expect(body['agentStates']).toMatchObject([{ agentStateId: 2, outStateId: -1, outStateDescription: 'Refused' }])
  })

  it('returns to where the agent was, and ends ACW by itself when told so', async () => {
    tenant = await startTenant({ acwSeconds: '1', secondMs: '20' })
    tenant.event('agent-state', { agentId: '1001', state: 'Available' })
    tenant.event('contact-accepted', { agentId: '1001', state: 'OutboundConsult', inbound: false })
    expect(tenant.agent('1001')['state']).toBe('OutboundConsult')
    tenant.event('contact-ended', { agentId: '1001' })
    expect(tenant.agent('1001')['state']).toBe('Available')
    tenant.event('acw-begin', { agentId: '1001' })
    expect(tenant.agent('1001')).toMatchObject({ state: 'Unavailable', isAcw: true })
    await tenant.until('1001', 'Available')
  })
})
