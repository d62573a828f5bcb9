import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { BUTTONS, createSandboxButtons } from '../../src/sandbox/buttons/index.js'
import { SANDBOX_PLATFORMS } from '../../src/sandbox/platforms.js'
import { SIMULATORS } from '../../src/simulators/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS, startApi, testConfig, type Api } from '../support/api.js'

/** What the gateway shows after a button has been pressed. */
type Effect =
  /** The agent to whom it has happened is in this state; with `channel`: that channel of it. */
  | { readonly state: string; readonly channel?: string }
  /** The platform's link is as described. */
  | { readonly link: RegExp; readonly detail?: RegExp }
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
    'chat-arrives': { state: 'BUSY', channel: 'CHAT' },
    'consult-starts': { state: 'BUSY', channel: 'CHAT' },
    'conference-starts': { state: 'BUSY', channel: 'CHAT' },
    'supervisor-listens': { state: 'BUSY', channel: 'CHAT' },
    'supervisor-whispers': { state: 'BUSY', channel: 'CHAT' },
    'supervisor-barges-in': { state: 'BUSY', channel: 'CHAT' },
    'chat-ends': { state: 'READY', channel: 'CHAT' },
    down: { link: /^(down|degraded)$/ },
    ...FAULTS,
  },
  cxone: {
    'contact-arrives': { state: 'RESERVED' },
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
  const found = agents.findLast(({ state }) => state === 'NOT_READY' || state === 'READY')
  if (found === undefined) throw new Error(`nobody is idle: ${JSON.stringify(agents.map(({ state }) => state))}`)
  return { agentId: found.agentId, action: found.state === 'READY' ? 'NOT_READY' : 'READY' }
}

async function expectEffect(platform: string, effect: Effect, agentId: string): Promise<void> {
  const patient = { timeout: 20_000, interval: 200 }
  if ('state' in effect) {
    const stateNow = async (): Promise<unknown> => {
      const { body } = await api.call('GET', `/v1/platforms/${platform}/agents/${agentId}/state`, admin)
      if (effect.channel === undefined) return body['state']
      return (body['channels'] as unknown as { name: string; state: string }[]).find(({ name }) => name === effect.channel)?.state
    }
    await expect.poll(stateNow, patient).toBe(effect.state)
  } else if ('link' in effect) {
    await expect.poll(async () => (await linkOf(platform))?.linkStatus, patient).toMatch(effect.link)
  } else {
    const { agentId: other, action } = await idle(platform)
    const path = `/v1/platforms/${platform}/agents/${other}/commands`
    const reasons = action === 'NOT_READY' ? (await api.call('GET', `/v1/platforms/${platform}/reasons?type=NOT_READY`, admin)).body : {}
    const reason = (reasons['reasons'] as unknown as { id: string; system: boolean }[] | undefined)?.find(({ system }) => !system)?.id
    const { body } = await api.call('POST', path, {
      ...admin,
      body: { action, ...(reason !== undefined && { reason }) },
      headers: { prefer: 'respond-async' },
    })
    await expect
      .poll(async () => (await api.call('GET', `/v1/commands/${String(body['id'])}`, admin)).body['status'], { ...patient, interval: 50 })
      .toBe(effect.command)
  }
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
