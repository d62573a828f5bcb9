import { afterEach, describe, expect, it } from 'vitest'
import { PEGA_PLATFORMS, startPegaWorld, type PegaWorld } from '../support/pega-worlds.js'
import type { PegaAdapter, StepStatus } from '../support/pega.js'

/** Pega's activities, step by step, against the gateway with each platform's simulator; what the vendor's journal says decides. */
const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.stop()
})

async function world(platform: string, more: Parameters<typeof startPegaWorld>[1] = {}): Promise<PegaWorld> {
  const made = await startPegaWorld(platform, more)
  open.push(made)
  return made
}

/** An agent who has logged in through Pega. */
async function loggedIn(made: PegaWorld, more: Parameters<PegaWorld['adapter']>[0] = {}): Promise<PegaAdapter> {
  const pega = made.adapter(more)
  good(await pega.openAdapter())
  good(await pega.loginAgent(made.agent))
  return pega
}

/** Silence: the step is Good, and the driver has checked that nothing on the page has changed. */
function good(step: StepStatus): StepStatus {
  expect(step, JSON.stringify(step)).toMatchObject({ status: 'Good' })
  expect(step.response).not.toMatchObject({ errCode: expect.stringMatching(/./) as string })
  return step
}

const applied = (step: StepStatus): unknown => (expect(good(step).http).toBe(200), step.response)

/** Step status Fail, and the message on both properties. */
function failed(pega: PegaAdapter, step: StepStatus, http: number, errCode: string): void {
  expect([step.status, step.http, step.response['errCode']], JSON.stringify(step)).toEqual(['Fail', http, errCode])
  expect(step.message).not.toBe('')
  expect([pega.page.pyStatusMessage, pega.page.pyPegaCTIError]).toEqual([step.message, step.message])
}

/** What each vendor calls the states in its own journal. */
const WORDS: Readonly<Record<string, { login: string; ready: string; notReady: string; logout: string }>> = {
  expertflow: { login: 'LOGIN', ready: 'READY', notReady: 'NOT_READY', logout: 'LOGOUT' },
  cxone: { login: 'LOGIN', ready: 'READY', notReady: 'NOT_READY', logout: 'LOGOUT' },
  'cisco-cti': { login: 'LOGIN', ready: 'READY', notReady: 'NOT_READY', logout: 'LOGOUT' },
  'cisco-finesse': { login: 'LOGIN', ready: 'READY', notReady: 'NOT_READY', logout: 'LOGOUT' },
  loopback: { login: 'paused', ready: 'available', notReady: 'paused', logout: 'signed-out' },
}

describe.each(PEGA_PLATFORMS)('Pega with %s', (platform) => {
  const words = WORDS[platform] as NonNullable<(typeof WORDS)[string]>

  it('logs in, ready, not ready with a reason, and out with a reason; each silent, each once at the vendor', async () => {
    const made = await world(platform)
    const pega = await loggedIn(made)
    expect(applied(await pega.setAgentReady())).toMatchObject({ pyAgentState: 'Ready', applied: true })
    const pause = applied(await pega.setAgentNotReady(made.notReadyReason)) as Record<string, unknown>
    expect(pause).toMatchObject({ pyAgentState: 'NotReady', workMode: 'MODE_NONE' })
    expect(pause['reasonCode']).not.toBe('')
    const out = applied(await pega.logoutAgent(made.logoutReason)) as Record<string, unknown>
    expect(out).toMatchObject({ pyAgentState: 'Logout', state: 'LOGGED_OUT' })
    // CXone takes no reason for a logout: that is told, and does not keep the agent logged in.
    expect(out['info']).toBe(platform === 'cxone' ? 'NICE CXone takes no reason for a logout; "End of Shift" was not passed on.' : '')
    expect(made.asked()).toEqual([
      `${words.login} applied`,
      `${words.ready} applied`,
      `${words.notReady} applied`,
      `${words.logout} applied`,
    ])
  })

  it('its administrator gets the reasons to fill the lists with: id, name, key, who writes it, and from where it is known', async () => {
    const { api } = await world(platform)
    const { reasons } = (await api.call('GET', `/v1/platforms/${platform}/reasons`)).body as unknown as {
      reasons: Record<string, unknown>[]
    }
    const chosen = reasons.filter((reason) => reason['system'] === false)
    expect(chosen.length).toBeGreaterThan(1)
    expect(chosen.some((reason) => typeof reason['key'] === 'string')).toBe(true)
    for (const reason of reasons) {
      expect(reason).toMatchObject({ id: expect.stringMatching(/./) as string, name: expect.stringMatching(/./) as string })
      expect(reason['source'], JSON.stringify(reason)).toMatch(/./)
      if (reason['system'] === true) expect(reason['key'], JSON.stringify(reason)).toMatch(/./)
    }
    expect(new Set(reasons.map(({ type, id }) => `${String(type)} ${String(id)}`)).size).toBe(reasons.length)
    for (const type of ['LOGOUT', 'NOT_READY']) {
      const some = (await api.call('GET', `/v1/platforms/${platform}/reasons?type=${type}`)).body as unknown as { reasons: unknown[] }
      expect(some.reasons).toEqual(reasons.filter((reason) => reason['type'] === type))
    }
  })

  it('tells whoever is not logged in, and asks the vendor for nothing', async () => {
    const made = await world(platform)
    const pega = made.adapter()
    Object.assign(pega.page, { AgentID: made.agent.AgentID })
    failed(pega, await pega.logoutAgent(made.logoutReason), 409, 'OPENCTI_AGENT_NOT_LOGGED_IN')
    failed(pega, await pega.setAgentReady(), 409, 'OPENCTI_AGENT_NOT_LOGGED_IN')
    failed(pega, await pega.setAgentNotReady(made.notReadyReason), 409, 'OPENCTI_AGENT_NOT_LOGGED_IN')
    expect(made.asked()).toEqual([])
  })

  it('after the logout, the next one is told the same', async () => {
    const made = await world(platform)
    const pega = await loggedIn(made)
    good(await pega.logoutAgent(made.logoutReason))
    const before = made.asked()
    failed(pega, await pega.logoutAgent(made.logoutReason), 409, 'OPENCTI_AGENT_NOT_LOGGED_IN')
    expect(made.asked()).toEqual(before)
  })

  it('the same state is silence, or OPENCTI_IN_SAME_STATE where the connector asks for it; nothing is sent', async () => {
    const made = await world(platform)
    const pega = await loggedIn(made)
    good(await pega.setAgentReady())
    const before = made.asked()
    expect(applied(await pega.setAgentReady())).toMatchObject({ unchanged: true, applied: true, pyAgentState: 'Ready' })
    expect(applied(await pega.loginAgent(made.agent))).toMatchObject({ unchanged: true, pyAgentState: 'Ready' })
    const strict = made.adapter({ query: '?sameState=refuse' })
    Object.assign(strict.page, { AgentID: made.agent.AgentID })
    failed(strict, await strict.setAgentReady(), 409, 'OPENCTI_IN_SAME_STATE')
    expect(made.asked()).toEqual(before)
  })

  it('a queue, which the platform lets nobody choose, is refused; a blank one is its own choice', async () => {
    const made = await world(platform)
    const pega = made.adapter()
    failed(pega, await pega.loginAgent({ ...made.agent, Queue: 'sales' }), 422, 'OPENCTI_CF_GENERIC_OPERATION')
    expect(made.asked()).toEqual([])
    good(await pega.loginAgent({ ...made.agent, Queue: '' }))
  })

  it('what the vendor refuses is a failed step with its code and its words', async () => {
    const made = await world(platform)
    const pega = made.adapter()
    if (made.refuses === 'ready') good(await pega.loginAgent(made.agent))
    const { http, errCode } = made.refuse()
    const before = made.asked().filter((entry) => entry.endsWith(' applied'))
    const agent = platform === 'loopback' ? { AgentID: 'nobody' } : made.agent
    failed(pega, made.refuses === 'ready' ? await pega.setAgentReady() : await pega.loginAgent(agent), http, errCode)
    expect(made.asked().filter((entry) => entry.endsWith(' applied'))).toEqual(before)
  })

  it('while the vendor is down: pending and silent, or a failed step that is not done later', async () => {
    const made = await world(platform)
    const pega = await loggedIn(made, { headers: { prefer: 'wait=3' } })
    await made.down()
    const before = made.asked()
    const step = good(await pega.setAgentReady())
    expect(step.http).toBe(202)
    expect(step.response).toMatchObject({ accepted: true, applied: false, pending: true })
    expect(step.response['info']).toMatch(/goes on trying until/)
    const strict = made.adapter({ query: '?unsent=withdraw', headers: { prefer: 'wait=3' } })
    Object.assign(strict.page, { AgentID: made.agent.AgentID })
    const refused = await strict.setAgentNotReady('')
    failed(strict, refused, 503, 'OPENCTI_HTTP_ERROR_503')
    expect(refused.message).toContain('the request was withdrawn')
    const command = await made.api.call('GET', `/v1/commands/${String(refused.response['commandId'])}`)
    expect(command.body).toMatchObject({ status: 'cancelled' })
    expect(made.asked()).toEqual(before)
  })
})

it.each(['expertflow', 'cisco-cti', 'cisco-finesse'])('%s: a wrong password is a failed step, and is nowhere in it', async (platform) => {
  const made = await world(platform)
  const pega = made.adapter()
  const step = await pega.loginAgent({ ...made.agent, AgentPassword: 'wrong-4711' })
  failed(pega, step, 422, 'OPENCTI_CF_GENERIC_OPERATION')
  expect(JSON.stringify(step)).not.toContain('wrong-4711')
  expect(made.asked().filter((entry) => entry.endsWith(' applied'))).toEqual([])
})

describe('after-call work', () => {
  it.each(['cisco-cti', 'cisco-finesse', 'loopback'])('%s: NOT_READY with the reason that stands for it', async (platform) => {
    const made = await world(platform)
    const pega = await loggedIn(made)
    good(await pega.setAgentReady())
    // The name is Pega's own; the platform knows it by its key.
    expect(applied(await pega.setAgentNotReady('AfterCallWork', true))).toMatchObject({ pyAgentState: 'NotReady', workMode: 'ACW' })
    expect(made.asked().at(-1)).toBe(`${WORDS[platform]?.notReady ?? ''} applied`)
  })

  it.each(['cisco-cti', 'cisco-finesse', 'cxone'])(
    '%s: asked for on a contact it is pending, and comes when the contact ends',
    async (platform) => {
      const made = await world(platform)
      const pega = await loggedIn(made, { headers: { prefer: 'wait=1' } })
      good(await pega.setAgentReady())
      const contact = made.contact()
      await expect.poll(() => stateOf(made)).toMatchObject({ state: 'BUSY' })
      const step = good(await pega.setAgentNotReady('', true))
      expect(step.http).toBe(202)
      expect(step.response).toMatchObject({ pending: true, applied: false, pyAgentState: 'Busy' })
      contact.end()
      const wanted = platform === 'cxone' ? { state: 'WRAP_UP' } : { state: 'NOT_READY', reason: { key: 'WRAP_UP' } }
      await expect.poll(() => stateOf(made), { timeout: 5_000 }).toMatchObject(wanted)
      await expect
        .poll(async () => (await made.api.call('GET', `/v1/commands/${String(step.response['commandId'])}`)).body['status'])
        .toBe('confirmed')
    },
  )

  it('CXone, without a contact: the platform refuses it, and so does the step', async () => {
    const made = await world('cxone')
    const pega = await loggedIn(made)
    good(await pega.setAgentReady())
    failed(pega, await pega.setAgentNotReady('', true), 409, 'OPENCTI_CF_INVALID_OBJECT_STATE')
  })

  it('Expertflow: nothing stands for it until the site has such a reason', async () => {
    const made = await world('expertflow')
    const pega = await loggedIn(made)
    const before = made.asked()
    const step = await pega.setAgentNotReady('AfterCallWork', true)
    failed(pega, step, 422, 'OPENCTI_CF_GENERIC_OPERATION')
    expect(step.message).toContain('give one the key WRAP_UP')
    expect(made.asked()).toEqual(before)
    // A reason that the platform has is taken, work mode or not.
    expect(applied(await pega.setAgentNotReady('Short Break', true))).toMatchObject({ pyAgentState: 'NotReady', workMode: 'MODE_NONE' })
  })

  it('Expertflow, with a reason of that name: NOT_READY with it', async () => {
    const made = await world('expertflow', { reason: 'After Call Work' })
    const pega = await loggedIn(made)
    good(await pega.setAgentReady())
    expect(applied(await pega.setAgentNotReady('', true))).toMatchObject({ pyAgentState: 'NotReady', workMode: 'ACW' })
    expect(made.asked().at(-1)).toBe('NOT_READY applied')
  })
})

async function stateOf({ api, platform, agent }: PegaWorld): Promise<unknown> {
  return (await api.call('GET', `/v1/platforms/${platform}/agents/${agent.AgentID}/state`)).body
}
