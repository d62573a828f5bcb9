import { setTimeout as sleep } from 'node:timers/promises'
import type { Order } from '../client.js'
import { startClient, type ClientProcess } from '../client-process.js'
import { chairsOf, readReasons, type Chair, type Reasons } from '../load.js'
import type { Told } from '../model.js'
import type { Options } from '../options.js'
import { ended, orderFor } from '../orders.js'
import { platformNamed } from '../platforms.js'
import { machineBusyMs, processorShares, sharesBetween, sumOfShares, type Shares } from '../processors.js'
import { quantile, tally, type Outcome } from '../report.js'
import type { Scenario } from '../scenario.js'
import { withSite, type Site, type SiteSettings } from '../site.js'
import { stagesOf } from '../stages.js'
import { startVendor } from '../vendors.js'
import { get } from '../witnesses.js'

/** Performance.md, R9: how much another vendor may feel, and at how many commands a second. */
const P50_MS = 2
const P99_MS = 10
const PER_SECOND = 100
const HANGING = platformNamed('cxone')
const HEALTHY = platformNamed('cisco-finesse')
/** Fills the hanging vendor's 20 places within half a second, and its line by 50 a second from then on. */
const HANGING_PER_SECOND = 50
const ROUNDS = 6
const AGENTS = 400
/** Begins before a window and is not counted: by then everybody's connections are open, and the hanging vendor's places are taken. */
const LEAD_SECONDS = 1
/** Calls time out after 5 s: the window has that in it, and what follows. */
const SECONDS = 7
/** A program that has just been started computes three to four times as long for the same. */
const WARM_UP = { healthy: 4_000, hanging: 2_000, atOnce: 8, hangingAtOnce: 64, limitMs: 120_000 } as const
/** For the commands of the vendor that answers again, ms: the circuit's longest pause, a try, a read. */
const RECOVERY_MS = 60_000
const LOOK_MS = 500

/** What a window of time has shown. */
interface Window {
  readonly healthy: readonly Told[]
  readonly hanging: readonly Told[]
  readonly shares: Shares
  /** Of all processors' time, what was used by others than this run. */
  readonly othersShare: number
  /** Of the other vendor's gate, in the window. */
  readonly pressure: Pressure
}

interface Pressure {
  readonly insideMost: number
  readonly places: number
  readonly waitingMost: number
  readonly opened: boolean
}

/**
 * `alone`: nothing is asked of the other vendor; told, not judged: that it is asked at all takes its share of the processors, whatever it answers ·
 * `answers`: it gets its commands and answers: the baseline · `hangs`: it gets the same ones and hangs.
 */
const KINDS = ['alone', 'answers', 'hangs'] as const
type Kind = (typeof KINDS)[number]
type Round = Readonly<Record<Kind, Window>>

interface Rig {
  readonly site: Site
  readonly url: string
  readonly healthy: ClientProcess
  readonly hanging: ClientProcess
  readonly perSecond: number
  readonly hangingPerSecond: number
  readonly seconds: number
}

/** One vendor takes everything and answers nothing; the other's commands must not feel it. */
export const isolation: Scenario = {
  text: `one vendor hangs with ${HANGING_PER_SECOND} commands a second for it; another at --rate (${PER_SECOND}) a second, against its own times while the first one answers, N rounds (${ROUNDS}) of windows of --seconds (${SECONDS})`,
  run(options, say) {
    const settings: SiteSettings = {
      options: { ...options, processes: 1 },
      platforms: [HANGING, HEALTHY],
      agents: options.agents ?? AGENTS,
      // As in the benchmarks: nobody kills the engine here, and the disk is not what one vendor could take from another.
      fsync: 'everysec',
      // The healthy vendor is reached directly: a proxy in this process would be part of what is measured.
      vendor: (platform, agents, seed) =>
        startVendor(platform, agents, seed, {
          simulator: { loggedIn: String(agents) },
          direct: platform.id === HEALTHY.id,
          unwatched: true,
        }),
    }
    return withSite(settings, say, (site) => measure(site, options, say))
  },
}

async function measure(site: Site, options: Options, say: (text: string) => void): Promise<Outcome> {
  const reasons = await readReasons(site)
  const chairs = chairsOf(site)
  const perSecond = options.rate ?? PER_SECOND
  const rig: Rig = {
    site,
    url: site.slots[0]?.url ?? '',
    healthy: startClient(HEALTHY.id, ordersOf(HEALTHY.id, chairs, reasons, 5000)),
    hanging: startClient(HANGING.id, ordersOf(HANGING.id, chairs, reasons, 1000)),
    perSecond,
    hangingPerSecond: (perSecond * HANGING_PER_SECOND) / PER_SECOND,
    seconds: options.seconds ?? SECONDS,
  }
  try {
    await warmUp(rig, say)
    const rounds: Round[] = []
    let notEnded = 0
    for (let round = 0; round < (options.kills ?? ROUNDS); round += 1) {
      const windows: Partial<Record<Kind, Window>> = {}
      // Forwards and backwards in turn: a machine that becomes slower or faster favours nobody.
      for (const kind of round % 2 === 0 ? KINDS : [...KINDS].reverse()) {
        const window = await windowOf(rig, kind)
        windows[kind] = window
        // The next window begins when nothing of this one is left.
        notEnded += await stillOpen(site, window.hanging)
        if (round === 0) say(`${kind}, ms: ${await stagesOf(site, HEALTHY.id, window.healthy)}`)
      }
      rounds.push(windows as Round)
      say(`round ${round + 1}: ${describe(windows as Round)}`)
    }
    return judge(rounds, notEnded, rig, options)
  } finally {
    rig.healthy.stop()
    rig.hanging.stop()
  }
}

/** Of each agent READY and NOT_READY in turn. */
function ordersOf(platform: string, all: readonly Chair[], reasons: Reasons, waitMs: number): Order[][] {
  const chairs = all.filter(({ vendor }) => vendor.platform.id === platform)
  return chairs.map((chair) => [orderFor(chair, 'READY', reasons, { waitMs }), orderFor(chair, 'NOT_READY', reasons, { waitMs })])
}

async function warmUp({ url, healthy, hanging }: Rig, say: (text: string) => void): Promise<void> {
  const [told] = await Promise.all([
    healthy.drive(url, WARM_UP.healthy, WARM_UP.atOnce, WARM_UP.limitMs),
    hanging.drive(url, WARM_UP.hanging, WARM_UP.hangingAtOnce, WARM_UP.limitMs),
  ])
  say(`warmed up with ${told.length} commands of ${HEALTHY.id}`)
  await sleep(1000)
}

async function windowOf({ site, url, healthy, hanging, perSecond, hangingPerSecond, seconds }: Rig, kind: Kind): Promise<Window> {
  const proxies = kind === 'hangs' ? site.vendor(HANGING.id).proxies : []
  proxies.forEach((proxy) => proxy.blackHole(true))
  const watch = watchPressure(url)
  try {
    const running = Promise.all([
      healthy.pace(url, perSecond, LEAD_SECONDS, seconds),
      kind === 'alone' ? [] : hanging.pace(url, hangingPerSecond, 0, LEAD_SECONDS + seconds),
    ])
    running.catch(() => undefined) // told below, when it is waited for
    await sleep(LEAD_SECONDS * 1000)
    const [before, busyBefore, began] = [processorShares(), machineBusyMs(), performance.now()]
    await sleep(seconds * 1000)
    const shares = sharesBetween(before, processorShares())
    const ours = [...shares.values()].reduce((sum, { ranMs }) => sum + ranMs, 0)
    const othersShare = (machineBusyMs() - busyBefore - ours) / (performance.now() - began)
    const [told, toldHanging] = await running
    return { healthy: told, hanging: toldHanging, shares, othersShare: Math.max(0, othersShare), pressure: await watch.end() }
  } finally {
    await watch.end()
    proxies.forEach((proxy) => proxy.blackHole(false))
  }
}

/** Looks at the gate of the vendor that hangs. */
function watchPressure(url: string): { end(): Promise<Pressure> } {
  const seen = { insideMost: 0, places: 0, waitingMost: 0, opened: false }
  let over = false
  const watching = (async () => {
    while (!over) {
      const operations = (await (await get(`${url}/v1/operations`)).json()) as {
        platforms: { id: string; circuit: string; callsInside: number; callsAtOnce: number; callsWaiting: number }[]
      }
      const gate = operations.platforms.find(({ id }) => id === HANGING.id)
      seen.insideMost = Math.max(seen.insideMost, gate?.callsInside ?? 0)
      seen.places = gate?.callsAtOnce ?? 0
      seen.waitingMost = Math.max(seen.waitingMost, gate?.callsWaiting ?? 0)
      seen.opened ||= gate?.circuit === 'open'
      await sleep(LOOK_MS)
    }
  })().catch(() => undefined) // what was seen until then tells
  return {
    async end() {
      over = true
      await watching
      return seen
    },
  }
}

async function stillOpen(site: Site, told: readonly Told[]): Promise<number> {
  const until = Date.now() + RECOVERY_MS
  let open = 0
  for (const { commandId } of told) {
    if (commandId === undefined) continue
    const { settledAt } = await ended(site, { commandId }, Math.max(0, until - Date.now()))
    if (settledAt === undefined) open += 1
  }
  await sleep(1000)
  return open
}

const timesOf = ({ healthy }: Window): number[] => healthy.map(({ tookMs }) => tookMs)

const describe = (round: Round): string =>
  [0.5, 0.99]
    .map((share) => `p${share * 100} ${KINDS.map((kind) => quantile(timesOf(round[kind]), share).toFixed(1)).join(' → ')} ms`)
    .concat(`other work on the machine ${KINDS.map((kind) => round[kind].othersShare.toFixed(2)).join(', ')} processors`)
    .join(', ')
    .concat(' (alone → the other one answers → it hangs)')

/** ms of processor time a second of each process, and how long each stood in line for a processor. */
function sharesText(rounds: readonly Round[], kind: Kind, seconds: number): string {
  const all = sumOfShares(rounds.map((round) => round[kind].shares))
  return [...all]
    .filter(([, { ranMs }]) => ranMs / rounds.length / seconds >= 1)
    .map(([name, { ranMs, waitedMs }]) => {
      const [ran, waited] = [ranMs, waitedMs].map((ms) => Math.round(ms / rounds.length / seconds))
      return `${name} ${ran} (+${waited})`
    })
    .join(', ')
}

function judge(rounds: readonly Round[], notEnded: number, rig: Rig, options: Options): Outcome {
  const growth = (share: number, from: Kind, to: Kind): number =>
    quantile(
      rounds.map((round) => quantile(timesOf(round[to]), share) - quantile(timesOf(round[from]), share)),
      0.5,
    )
  const median = (share: number, of: Kind): string =>
    quantile(
      rounds.map((round) => quantile(timesOf(round[of]), share)),
      0.5,
    ).toFixed(1)
  const healthy = rounds.flatMap((round) => KINDS.flatMap((kind) => round[kind].healthy))
  const hanging = rounds.flatMap((round) => round.hangs.hanging)
  const errors = healthy.filter(({ status }) => status !== 200)
  const late = hanging.filter(({ tookMs, waitMs }) => tookMs - waitMs > options.boundMs)
  const slack = rounds.filter(({ hangs: { pressure } }) => pressure.insideMost < pressure.places || pressure.waitingMost === 0)
  const [p50, p99] = [growth(0.5, 'answers', 'hangs'), growth(0.99, 'answers', 'hangs')]
  return {
    counts: {
      errors: errors.length,
      hangingAnsweredLate: late.length,
      notEnded,
      noPressure: slack.length,
      gatewayEnded: rig.site.slots.reduce((sum, { deaths }) => sum + deaths, 0),
      p50TooHigh: p50 > P50_MS ? 1 : 0,
      p99TooHigh: p99 > P99_MS ? 1 : 0,
    },
    figures: {
      p50GrowthMs: p50.toFixed(2),
      p99GrowthMs: p99.toFixed(2),
      'p50 growth, alone to answers, to hangs, ms': `${growth(0.5, 'alone', 'answers').toFixed(2)}, ${growth(0.5, 'alone', 'hangs').toFixed(2)}`,
      'p99 growth, alone to answers, to hangs, ms': `${growth(0.99, 'alone', 'answers').toFixed(2)}, ${growth(0.99, 'alone', 'hangs').toFixed(2)}`,
      p50Ms: KINDS.map((kind) => `${kind} ${median(0.5, kind)}`).join(', '),
      p99Ms: KINDS.map((kind) => `${kind} ${median(0.99, kind)}`).join(', '),
      ...Object.fromEntries(KINDS.map((kind) => [`cpu ${kind}, ms/s`, sharesText(rounds, kind, rig.seconds)])),
      'others, processors': KINDS.map(
        (kind) =>
          `${kind} ${quantile(
            rounds.map((round) => round[kind].othersShare),
            0.5,
          ).toFixed(2)}`,
      ).join(', '),
      hangingPressure: rounds
        .map(
          ({ hangs: { pressure } }) =>
            `${pressure.insideMost}/${pressure.places}+${pressure.waitingMost}${pressure.opened ? ' opened' : ''}`,
        )
        .join(', '),
      healthyAnswers: tally(healthy.map(({ status }) => String(status))),
      hangingAnswers: tally(hanging.map(({ status, code }) => `${status} ${code ?? ''}`.trim())),
    },
    findings: [
      ...(p50 > P50_MS ? [`p50 grew by ${p50.toFixed(2)} ms; ${P50_MS} are allowed (median of ${rounds.length} rounds)`] : []),
      ...(p99 > P99_MS ? [`p99 grew by ${p99.toFixed(2)} ms; ${P99_MS} are allowed (median of ${rounds.length} rounds)`] : []),
      ...(slack.length > 0 ? [`in ${slack.length} rounds the hanging vendor's places were not all taken, or nobody waited for one`] : []),
      ...(notEnded > 0
        ? [`${notEnded} commands of the vendor that had hung were still open ${RECOVERY_MS / 1000} s after it answered again`]
        : []),
      ...errors.slice(0, 10).map(({ status, code, agentId }) => `${agentId} was answered ${status} ${code}`),
      ...late.slice(0, 10).map(({ agentId, tookMs }) => `the hanging vendor's ${agentId} was answered after ${Math.round(tookMs)} ms`),
    ],
    stories: [],
  }
}
