import { ask } from '../client.js'
import { chairsOf, readReasons, type Chair, type Reasons } from '../load.js'
import type { Told } from '../model.js'
import type { Options } from '../options.js'
import { ended, orderFor, paced } from '../orders.js'
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
/** For the commands of the vendor that answers again, ms: the circuit's longest pause, a try, a read. */
const RECOVERY_MS = 60_000

interface Answers {
  healthy: Told[]
  readonly hanging: Told[]
  /** Commands for the vendor that hung, which had no end `RECOVERY_MS` after it answered again. */
  notEnded: number
}

interface Round {
  /** Nothing is asked of the other vendor. */
  readonly alone: readonly number[]
  /** The other vendor gets as many commands, and answers: what of the growth is the load and not the hanging. Told, not judged. */
  readonly shared: readonly number[]
  /** It gets them and hangs. */
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
  const answers: Answers = { healthy: [], hanging: [], notEnded: 0 }
  const send = load(site, chairs, reasons)
  await paced(perSecond, seconds, send(HEALTHY.id, answers.healthy)) // warm-up, not counted
  answers.healthy = []
  const rounds: Round[] = []
  for (let round = 0; round < (options.kills ?? ROUNDS); round += 1) {
    const [alone, shared, beside]: [Told[], Told[], Told[]] = [[], [], []]
    const answered: Told[] = []
    await paced(perSecond, seconds, send(HEALTHY.id, alone))
    await Promise.all([paced(perSecond, seconds, send(HEALTHY.id, shared)), paced(perSecond, seconds, send(HANGING.id, answered))])
    site.vendor(HANGING.id).proxies.forEach((proxy) => proxy.blackHole(true))
    const hanging: Told[] = []
    await Promise.all([paced(perSecond, seconds, send(HEALTHY.id, beside)), paced(perSecond, seconds, send(HANGING.id, hanging))])
    site.vendor(HANGING.id).proxies.forEach((proxy) => proxy.blackHole(false))
    answers.hanging.push(...hanging)
    // The next round begins when nothing of this one is left.
    answers.notEnded += await stillOpen(site, hanging)
    const [a, s, b] = [alone, shared, beside].map((told) => told.map(({ tookMs }) => tookMs)) as [number[], number[], number[]]
    rounds.push({ alone: a, shared: s, beside: b })
    answers.healthy.push(...alone, ...shared, ...beside)
    say(`round ${round + 1}: ${describe(rounds.at(-1) as Round)}`)
  }
  return judge(rounds, answers, options)
}

async function stillOpen(site: Site, told: readonly Told[]): Promise<number> {
  const until = Date.now() + RECOVERY_MS
  let open = 0
  for (const { commandId } of told) {
    if (commandId === undefined) continue
    const { settledAt } = await ended(site, { commandId }, Math.max(0, until - Date.now()))
    if (settledAt === undefined) open += 1
  }
  return open
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

const describe = ({ alone, shared, beside }: Round): string =>
  [0.5, 0.99]
    .map((share) => `p${share * 100} ${[alone, shared, beside].map((times) => quantile(times, share).toFixed(1)).join(' → ')} ms`)
    .join(', ')
    .concat(' (alone → the other one answers → it hangs)')

function judge(rounds: readonly Round[], { healthy, hanging, notEnded }: Answers, options: Options): Outcome {
  const growth = (share: number, of: 'shared' | 'beside' = 'beside'): number =>
    quantile(
      rounds.map((round) => quantile(round[of], share) - quantile(round.alone, share)),
      0.5,
    )
  const errors = healthy.filter(({ status }) => status !== 200)
  const late = hanging.filter(({ tookMs, waitMs }) => tookMs - waitMs > options.boundMs)
  const [p50, p99] = [growth(0.5), growth(0.99)]
  return {
    counts: {
      errors: errors.length,
      hangingAnsweredLate: late.length,
      notEnded,
      p50TooHigh: p50 > P50_MS ? 1 : 0,
      p99TooHigh: p99 > P99_MS ? 1 : 0,
    },
    figures: {
      p50GrowthMs: p50.toFixed(2),
      p99GrowthMs: p99.toFixed(2),
      p50GrowthWhenItAnswersMs: growth(0.5, 'shared').toFixed(2),
      p99GrowthWhenItAnswersMs: growth(0.99, 'shared').toFixed(2),
      healthyAnswers: tally(healthy.map(({ status }) => String(status))),
      hangingAnswers: tally(hanging.map(({ status, code }) => `${status} ${code ?? ''}`.trim())),
    },
    findings: [
      ...(p50 > P50_MS ? [`p50 grew by ${p50.toFixed(2)} ms; ${P50_MS} are allowed (median of ${rounds.length} rounds)`] : []),
      ...(p99 > P99_MS ? [`p99 grew by ${p99.toFixed(2)} ms; ${P99_MS} are allowed (median of ${rounds.length} rounds)`] : []),
      ...(notEnded > 0
        ? [`${notEnded} commands of the vendor that had hung were still open ${RECOVERY_MS / 1000} s after it answered again`]
        : []),
      ...errors.slice(0, 10).map(({ status, code, agentId }) => `${agentId} was answered ${status} ${code}`),
      ...late.slice(0, 10).map(({ agentId, tookMs }) => `the hanging vendor's ${agentId} was answered after ${Math.round(tookMs)} ms`),
    ],
    stories: [],
  }
}
