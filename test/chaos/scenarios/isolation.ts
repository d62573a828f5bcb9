import { ask } from '../client.js'
import { chairsOf, readReasons, type Chair, type Reasons } from '../load.js'
import type { Told } from '../model.js'
import type { Options } from '../options.js'
import { orderFor, paced } from '../orders.js'
import { platformNamed } from '../platforms.js'
import { quantile, tally, type Outcome } from '../report.js'
import type { Scenario } from '../scenario.js'
import { withSite, type Site, type SiteSettings } from '../site.js'
import { startVendor, type Vendor } from '../vendors.js'

/** Performance.md, R9: how much another vendor may feel. */
const P50_MS = 2
const P99_MS = 10
const HANGING = platformNamed('cxone')
const HEALTHY = platformNamed('cisco-finesse')
const ROUNDS = 6
const AGENTS = 400

interface Round {
  readonly alone: readonly number[]
  readonly beside: readonly number[]
}

/** One vendor takes everything and answers nothing; the other's commands must not feel it. */
export const isolation: Scenario = {
  text: 'one vendor hangs with 100 commands a second for it; another at 100 a second, against its own baseline, N rounds (6) interleaved',
  run(options, say) {
    const alone = (platform: typeof HANGING, agents: number, seed: number): Promise<Vendor> =>
      startVendor(platform, agents, seed, { simulator: { loggedIn: String(agents) } })
    const settings: SiteSettings = {
      options: { ...options, processes: 1 },
      platforms: [HANGING, HEALTHY],
      agents: options.agents ?? AGENTS,
      vendor: alone,
    }
    return withSite(settings, say, (site) => measure(site, options, say))
  },
}

async function measure(site: Site, options: Options, say: (text: string) => void): Promise<Outcome> {
  const reasons = await readReasons(site)
  const chairs = chairsOf(site)
  const seconds = options.seconds ?? 5
  const perSecond = options.rate ?? 100
  const answers: { healthy: Told[]; hanging: Told[] } = { healthy: [], hanging: [] }
  const send = load(site, chairs, reasons)
  await paced(perSecond, seconds, send(HEALTHY.id, answers.healthy)) // warm-up, not counted
  answers.healthy = []
  const rounds: Round[] = []
  for (let round = 0; round < (options.kills ?? ROUNDS); round += 1) {
    const alone: Told[] = []
    const beside: Told[] = []
    await paced(perSecond, seconds, send(HEALTHY.id, alone))
    site.vendor(HANGING.id).proxies.forEach((proxy) => proxy.blackHole(true))
    await Promise.all([paced(perSecond, seconds, send(HEALTHY.id, beside)), paced(perSecond, seconds, send(HANGING.id, answers.hanging))])
    site.vendor(HANGING.id).proxies.forEach((proxy) => proxy.blackHole(false))
    rounds.push({ alone: alone.map(({ tookMs }) => tookMs), beside: beside.map(({ tookMs }) => tookMs) })
    answers.healthy.push(...alone, ...beside)
    say(`round ${round + 1}: ${describe(rounds.at(-1) as Round)}`)
  }
  return judge(rounds, answers, options)
}

/** Agents in turn, so that no two commands of one agent meet; the wanted state changes with every turn. */
function load(site: Site, all: readonly Chair[], reasons: Reasons) {
  const turns = new Map<string, number>()
  return (platform: string, told: Told[]) => {
    const chairs = all.filter(({ vendor }) => vendor.platform.id === platform)
    return async (): Promise<void> => {
      const turn = turns.get(platform) ?? 0
      turns.set(platform, turn + 1)
      const chair = chairs[turn % chairs.length] as Chair
      const action = Math.floor(turn / chairs.length) % 2 === 0 ? 'READY' : 'NOT_READY'
      const order = orderFor(chair, action, reasons, { waitMs: platform === HANGING.id ? 1000 : 5000 })
      told.push(await ask(site.slots[0]?.url ?? '', 0, order, order.key))
    }
  }
}

const describe = ({ alone, beside }: Round): string =>
  `p50 ${quantile(alone, 0.5).toFixed(1)} → ${quantile(beside, 0.5).toFixed(1)} ms, p99 ${quantile(alone, 0.99).toFixed(1)} → ${quantile(beside, 0.99).toFixed(1)} ms`

function judge(rounds: readonly Round[], { healthy, hanging }: { healthy: Told[]; hanging: Told[] }, options: Options): Outcome {
  const growth = (share: number): number =>
    quantile(
      rounds.map(({ alone, beside }) => quantile(beside, share) - quantile(alone, share)),
      0.5,
    )
  const errors = healthy.filter(({ status }) => status !== 200)
  const late = hanging.filter(({ tookMs, waitMs }) => tookMs - waitMs > options.boundMs)
  const [p50, p99] = [growth(0.5), growth(0.99)]
  return {
    counts: { errors: errors.length, hangingAnsweredLate: late.length, p50TooHigh: p50 > P50_MS ? 1 : 0, p99TooHigh: p99 > P99_MS ? 1 : 0 },
    figures: {
      p50GrowthMs: p50.toFixed(2),
      p99GrowthMs: p99.toFixed(2),
      healthyAnswers: tally(healthy.map(({ status }) => String(status))),
      hangingAnswers: tally(hanging.map(({ status, code }) => `${status} ${code ?? ''}`.trim())),
    },
    findings: [
      ...(p50 > P50_MS ? [`p50 grew by ${p50.toFixed(2)} ms; ${P50_MS} are allowed (median of ${rounds.length} rounds)`] : []),
      ...(p99 > P99_MS ? [`p99 grew by ${p99.toFixed(2)} ms; ${P99_MS} are allowed (median of ${rounds.length} rounds)`] : []),
      ...errors.slice(0, 10).map(({ status, code, agentId }) => `${agentId} was answered ${status} ${code}`),
      ...late.slice(0, 10).map(({ agentId, tookMs }) => `the hanging vendor's ${agentId} was answered after ${Math.round(tookMs)} ms`),
    ],
    stories: [],
  }
}
