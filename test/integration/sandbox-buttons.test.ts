import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { OPEN_STATUSES } from '../../src/core/model/command.js'
import { BUTTONS, createSandboxButtons } from '../../src/sandbox/buttons/index.js'
import { SANDBOX_PLATFORMS } from '../../src/sandbox/platforms.js'
import { SIMULATORS } from '../../src/simulators/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS, startApi, testConfig, type Api } from '../support/api.js'

/** What the gateway shows after a button has been pressed. */
type Effect =
  /** The agent to whom it has happened is in this state, or will be next. */
  | { readonly state: string }
  | { readonly pendingState: string }
  /** The preview of its forced logout shows a conversation of this kind. */
  | { readonly preview: string }
  /** The platform's link is as described. */
  | { readonly link: RegExp }
  /** A command to an idle agent is in this status before it ends, or when it ends. */
  | { readonly command: string }

const FAULTS = {
  fails: { command: 'retrying' },
  silent: { command: 'retrying' },
  slow: { command: 'sent' },
  lies: { command: 'unconfirmed' },
  recovers: { link: /^up$/ },
} as const

const EFFECTS: Readonly<Record<string, Readonly<Record<string, Effect>>>> = {
  expertflow: {
    'chat-arrives': { preview: 'CHAT' },
    'consult-starts': { preview: 'CONSULT_PRIMARY' },
    'conference-starts': { preview: 'CONFERENCE' },
    'supervisor-listens': { preview: 'SILENT_MONITORING' },
    'supervisor-whispers': { preview: 'WHISPER' },
    'supervisor-barges-in': { preview: 'BARGE_IN' },
    'chat-ends': { preview: 'NO_CONVERSATION' },
    down: { link: /^(down|degraded)$/ },
    ...FAULTS,
    silent: { command: 'unconfirmed' },
  },
  cxone: {
    'contact-arrives': { pendingState: 'BUSY' },
    'contact-accepted': { state: 'BUSY' },
    'contact-ends': { state: 'READY' },
    'contact-refused': { state: 'NOT_READY' },
    'agent-leaves': { state: 'LOGGED_OUT' },
    down: { link: /^(down|degraded)$/ },
    'too-many': { command: 'retrying' },
    ...FAULTS,
  },
  'cisco-cti': {
    'call-arrives': { state: 'RESERVED' },
    'call-answered': { state: 'BUSY' },
    'call-ends': { state: 'READY' },
    'call-refused': { state: 'NOT_READY' },
    'agent-leaves': { state: 'LOGGED_OUT' },
    'side-a-down': { link: /^up$/ },
    down: { link: /^(down|connecting)$/ },
    ...FAULTS,
  },
  'cisco-finesse': {
    'call-arrives': { state: 'RESERVED' },
    'call-answered': { state: 'BUSY' },
    'call-ends': { state: 'READY' },
    'call-refused': { state: 'NOT_READY' },
    'agent-leaves': { state: 'LOGGED_OUT' },
    'node-out-of-service': { link: /^(up|degraded)$/ },
    down: { link: /^(down|degraded)$/ },
    ...FAULTS,
  },
}

const OPEN: readonly unknown[] = OPEN_STATUSES
const admin = { key: SECRETS.admin }
const simulators: RunningSimulator[] = []
let api: Api

beforeAll(async () => {
  for (const { simulator } of SANDBOX_PLATFORMS) {
    const definition = await (SIMULATORS[simulator.platform] as NonNullable<(typeof SIMULATORS)[string]>)()
    simulators.push(await runSimulator(definition, { options: simulator.options }))
  }
  const platforms = SANDBOX_PLATFORMS.map(({ platform }, at) => platform((simulators[at] as RunningSimulator).simulator.endpoints))
  const sandbox = createSandboxButtons(simulators.map(({ platform, control }) => ({ platform, control: control.url })))
  api = await startApi({ config: testConfig({ platforms }), sandbox })
  for (const { platform } of simulators)
    await vi.waitFor(async () => expect(await linkOf(platform)).toMatchObject({ linkStatus: 'up' }), { timeout: 20_000 })
}, 60_000)
afterAll(async () => {
  await api.stop()
  for (const simulator of simulators) await simulator.stop()
}, 30_000)

async function linkOf(platform: string): Promise<{ linkStatus: string; linkDetail?: string } | undefined> {
  const { body } = await api.call('GET', '/v1/operations', admin)
  return (body['platforms'] as unknown as { id: string; linkStatus: string }[]).find(({ id }) => id === platform)
}

function press(platform: string, button: string, body?: object) {
  return api.call('POST', `/v1/sandbox/${platform}/${button}`, { ...admin, ...(body && { body }) })
}

/** An agent who is logged in and idle, and what to ask of it. */
async function idle(platform: string): Promise<{ agentId: string; action: string }> {
  const { body } = await api.call('GET', `/v1/platforms/${platform}/agents?limit=100`, admin)
  const agents = body['agents'] as unknown as { agentId: string; state: string; stale: boolean }[]
  // Not one of Expertflow's supervisors: the gateway does not act for them.
  const found = agents.findLast(({ agentId, state }) => !agentId.includes('-9000-') && (state === 'NOT_READY' || state === 'READY'))
  if (found === undefined) throw new Error(`nobody is idle: ${JSON.stringify(agents.map(({ state }) => state))}`)
  return { agentId: found.agentId, action: found.state === 'READY' ? 'NOT_READY' : 'READY' }
}

const patient = { timeout: 30_000, interval: 100 }
const get = async (path: string) => (await api.call('GET', path, admin)).body

async function expectEffect(platform: string, effect: Effect, agentId: string): Promise<void> {
  const agent = `/v1/platforms/${platform}/agents/${agentId}`
  if ('state' in effect) await expect.poll(async () => (await get(`${agent}/state`))['state'], patient).toBe(effect.state)
  else if ('pendingState' in effect)
    await expect.poll(async () => (await get(`${agent}/state`))['pendingState'], patient).toBe(effect.pendingState)
  else if ('preview' in effect)
    await expect
      .poll(async () => (await get(`${agent}/logout-preview`))['consequences'], patient)
      .toContainEqual(expect.objectContaining({ situationCode: effect.preview }))
  else if ('link' in effect) await expect.poll(async () => (await linkOf(platform))?.linkStatus, patient).toMatch(effect.link)
  else await expectCommand(platform, effect.command)
}

/** Commands that the tests have begun: the next test waits for their end. */
const begun: string[] = []
const statusOf = async (id: string): Promise<unknown> => (await get(`/v1/commands/${id}`))['status']

async function expectCommand(platform: string, status: string): Promise<void> {
  const { agentId, action } = await idle(platform)
  const reasons = action === 'NOT_READY' ? (await get(`/v1/platforms/${platform}/reasons?type=NOT_READY`))['reasons'] : []
  const reason = (reasons as unknown as { id: string; system: boolean }[]).find(({ system }) => !system)?.id
  const { body } = await api.call('POST', `/v1/platforms/${platform}/agents/${agentId}/commands`, {
    ...admin,
    body: { action, ...(reason !== undefined && { reason }) },
    headers: { prefer: 'respond-async' },
  })
  const id = String(body['id'])
  begun.push(id)
  await expect.poll(() => statusOf(id), { ...patient, interval: 50 }).toBe(status)
}

it('lists every button of every simulated platform', async () => {
  const { body } = await api.call('GET', '/v1/sandbox', admin)
  const listed = body['platforms'] as unknown as { id: string; buttons: { id: string }[] }[]
  expect(listed.map(({ id }) => id)).toEqual(SANDBOX_PLATFORMS.map(({ simulator }) => simulator.platform))
  for (const { id, buttons } of listed) expect(buttons.map((button) => button.id).sort()).toEqual(Object.keys(EFFECTS[id] ?? {}).sort())
})

describe.each(Object.keys(BUTTONS))('%s', (platform) => {
  afterEach(async () => {
    expect((await press(platform, 'recovers')).status).toBe(200)
    for (const id of begun.splice(0)) await vi.waitFor(async () => expect(OPEN).not.toContain(await statusOf(id)), { timeout: 30_000 })
    await vi.waitFor(async () => expect(await linkOf(platform)).toMatchObject({ linkStatus: 'up', circuit: 'closed' }), { timeout: 30_000 })
  }, 40_000)

  it.each((BUTTONS[platform] ?? []).map(({ id }) => id))(
    '%s is seen through the gateway',
    async (button) => {
      const { status, body } = await press(platform, button)
      expect({ status, body }).toMatchObject({ status: 200, body: { platform, button, watch: expect.any(String) } })
      await expectEffect(platform, EFFECTS[platform]?.[button] as Effect, String(body['agentId']))
    },
    60_000,
  )
})

describe('who may press, and when', () => {
  it('names the agent, and refuses what cannot happen to it, with the reason', async () => {
    const first = await press('cisco-cti', 'call-answered', { agentId: '1005' })
    expect(first).toMatchObject({ status: 200, body: { agentId: '1005' } })
    const again = await press('cisco-cti', 'call-arrives', { agentId: '1005' })
    expect(again).toMatchObject({
      status: 409,
      body: { code: 'INVALID_TRANSITION', detail: 'agent 1005 is TALKING, not AVAILABLE or NOT_READY' },
    })
    expect(await press('cisco-cti', 'call-ends', { agentId: '1005' })).toMatchObject({ status: 200 })
  })
  it('knows no other buttons, platforms and agents', async () => {
    expect(await press('cisco-cti', 'explodes')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
    expect(await press('elsewhere', 'down')).toMatchObject({ status: 404 })
    expect(await press('cxone', 'contact-arrives', { agentId: 'nobody' })).toMatchObject({ status: 404, body: { code: 'AGENT_NOT_FOUND' } })
  })
  it('needs the scope ops', async () => {
    expect((await api.call('GET', '/v1/sandbox', { key: SECRETS.supervisor })).status).toBe(403)
    expect((await api.call('POST', '/v1/sandbox/cxone/down', { key: SECRETS.supervisor })).status).toBe(403)
    expect(await linkOf('cxone')).toMatchObject({ linkStatus: 'up' })
  })
  it('says so when the simulator does not answer', async () => {
    const deaf = await startApi({ sandbox: createSandboxButtons([{ platform: 'cxone', control: 'http://127.0.0.1:9' }]) })
    const answer = await deaf.call('POST', '/v1/sandbox/cxone/down', admin)
    await deaf.stop()
    expect(answer).toMatchObject({ status: 503, body: { code: 'VENDOR_UNAVAILABLE' } })
  })
  it('there is nothing without the sandbox', async () => {
    const plain = await startApi()
    const answers = [await plain.call('GET', '/v1/sandbox', admin), await plain.call('POST', '/v1/sandbox/cxone/down', admin)]
    await plain.stop()
    expect(answers).toMatchObject([{ status: 404 }, { status: 404 }])
  })
})
