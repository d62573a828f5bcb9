import { afterEach, describe, expect, it } from 'vitest'
import { ciscoCtiPlatform, ciscoFinessePlatform, cxonePlatform } from '../../src/sandbox/platforms.js'
import { ciscoCtiSimulator } from '../../src/simulators/cisco-cti/index.js'
import { ciscoFinesseSimulator } from '../../src/simulators/cisco-finesse/index.js'
import { cxoneSimulator } from '../../src/simulators/cxone/index.js'
import type { SimulatorDefinition } from '../../src/simulators/kit/simulator.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import type { Config } from '../../src/config.js'
import { SECRETS, startApi, testConfig, type Api } from '../support/api.js'
import type { Foretold } from '../support/forced-logout.js'
import { platformApi, type PlatformApi } from '../support/platform-api.js'

interface Platform {
  readonly id: string
  readonly agentId: string
  readonly simulator: SimulatorDefinition
  readonly config: (endpoints: Readonly<Record<string, string>>) => Config['platforms'][number]
  readonly offer: string
  readonly answer: string
  readonly end: string
}

const ready = (): object => ({ action: 'READY' })
const PLATFORMS: readonly Platform[] = [
  {
    id: 'cisco-cti',
    agentId: '1001',
    simulator: ciscoCtiSimulator,
    config: (endpoints) => ciscoCtiPlatform(endpoints),
    offer: 'call-offer',
    answer: 'call-answer',
    end: 'call-end',
  },
  {
    id: 'cisco-finesse',
    agentId: '1001',
    simulator: ciscoFinesseSimulator,
    config: (endpoints) => ciscoFinessePlatform(endpoints, 5),
    offer: 'call-offer',
    answer: 'call-answer',
    end: 'call-end',
  },
  {
    id: 'cxone',
    agentId: '1001',
    simulator: cxoneSimulator,
    config: (endpoints) => cxonePlatform(endpoints, { feed: { intervalMs: 200 } }),
    offer: 'contact-offered',
    answer: 'contact-accepted',
    end: 'contact-ended',
  },
]

let sim: RunningSimulator | undefined
let api: Api | undefined
afterEach(async () => {
  await api?.stop()
  await sim?.stop()
})

async function start({ id, simulator, config }: Platform): Promise<PlatformApi> {
  sim = await runSimulator(simulator, { options: { agents: '5', loggedIn: '5' } })
  api = await startApi({ config: testConfig({ platforms: [config(sim.simulator.endpoints)] }) })
  const platform = platformApi(api, id)
  await platform.up()
  return platform
}

async function preview(
  platform: Platform,
): Promise<{ readonly etag: string; readonly one: Foretold; readonly body: Record<string, unknown> }> {
  const path = `/v1/platforms/${platform.id}/agents/${platform.agentId}/logout-preview`
  const answer = await (api as Api).call('GET', path, { key: SECRETS.supervisor })
  expect(answer.status, answer.text).toBe(200)
  const [one, ...rest] = answer.body['consequences'] as unknown as readonly Foretold[]
  expect(rest).toEqual([])
  if (one === undefined) throw new Error('no consequence')
  return { etag: answer.headers.get('etag') ?? '', one, body: answer.body }
}

const vendorState = (): unknown => sim?.simulator.agents().find((agent) => String(agent['id']) === '1001')?.['state']
/** What reached the platform since, but for the gateway's own ear: a Finesse agent whose state is read is listened to from then on. */
const effectsSince = (since: number): readonly string[] =>
  (sim?.journal.list({ since }) ?? [])
    .filter(({ operation }) => operation !== 'xmpp subscribe')
    .map(({ operation, effect }) => `${operation}: ${effect}`)

describe.each(PLATFORMS)('$id', (platform) => {
  const { agentId } = platform
  it('without a call: nothing but the logout; the preview only reads', async () => {
    const { ask } = await start(platform)
    const since = sim?.journal.list().at(-1)?.seq ?? 0
    const { one, etag } = await preview(platform)
    expect(one).toMatchObject({ situationCode: 'NO_CONVERSATION', outcome: 'NONE', certainty: 'documented' })
    const done = effectsSince(since)
    expect(done.length).toBeGreaterThan(0)
    for (const effect of done) expect(effect).toMatch(/: read$/)
    expect((await preview(platform)).etag).toBe(etag)
    expect((await ask(agentId, { action: 'LOGOUT', force: true })).body).toMatchObject({ status: 'confirmed' })
    expect((await preview(platform)).one).toMatchObject({ situationCode: 'NOT_LOGGED_IN', outcome: 'NONE' })
  })

  it('on a call: what was said is what the simulator does, and what is not documented is said to be so', async () => {
    const { ask, later, ended, state } = await start(platform)
    expect((await ask(agentId, ready())).body).toMatchObject({ status: 'confirmed' })
    sim?.simulator.event(platform.offer, { agentId })
    expect((await preview(platform)).one).toMatchObject({ outcome: 'UNKNOWN', certainty: 'unknown' })
    sim?.simulator.event(platform.answer, { agentId })
    const { one } = await preview(platform)
    const talking = vendorState()
    if (platform.id === 'cxone')
      expect(one).toMatchObject({ outcome: 'UNKNOWN', certainty: 'unknown', possibleOutcomes: ['CONTINUES', 'RELEASED'] })
    else
      expect(one).toMatchObject({
        situationCode: 'CALL',
        outcome: 'CONTINUES',
        certainty: platform.id === 'cisco-cti' ? 'documented' : 'unknown',
      })
    const answer = await later(agentId, { action: 'LOGOUT', force: true })
    await expect.poll(async () => (await state(agentId, '?fresh=true'))['pendingState'], { timeout: 10_000 }).toBeDefined()
    expect(vendorState()).toBe(talking)
    sim?.simulator.event(platform.end, { agentId })
    expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
    expect((await preview(platform)).one).toMatchObject({ situationCode: 'NOT_LOGGED_IN' })
  })
})

describe('loopback', () => {
  it('has its own rule', async () => {
    api = await startApi()
    const platform = platformApi(api, 'loopback')
    await platform.ask('agent1', { action: 'LOGIN' })
    const answer = await api.call('GET', '/v1/platforms/loopback/agents/agent1/logout-preview', { key: SECRETS.supervisor })
    expect(answer.body).toMatchObject({ logoutWhileBusy: 'defer', consequences: [{ situationCode: 'NO_CONVERSATION', outcome: 'NONE' }] })
  })
})
