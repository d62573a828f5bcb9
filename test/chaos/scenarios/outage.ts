import { setTimeout as sleep } from 'node:timers/promises'
import { mulberry32 } from '../../../src/simulators/kit/faults.js'
import { ask } from '../client.js'
import { chairsOf, NO_REASONS, pick, type Chair } from '../load.js'
import type { PlatformRules, Told } from '../model.js'
import type { Options } from '../options.js'
import { orderFor, paced } from '../orders.js'
import { platformNamed, withoutReasons, type ChaosPlatform } from '../platforms.js'
import { stormOutcome, type Outcome } from '../report.js'
import type { Scenario } from '../scenario.js'
import { withSite, type Site, type SiteSettings } from '../site.js'
import { startVendor } from '../vendors.js'
import { verdict } from '../verdict.js'
import { gather } from '../witnesses.js'

const AGENTS = 10_000
const AWAY_SECONDS = 60
/** Performance.md, R8. */
const BACK_SECONDS = 30
const OVER_RATE = 1.1
const HARD_BOUND_MS = 10_000

/** A vendor is away while everybody commands, and comes back: all must be done soon, in order, without a stampede. */
export const outage: Scenario = {
  text: 'one vendor (first of --only-platforms, else cisco-finesse) away for --seconds N (60) while --agents N (10000) command; --rate: what its account allows',
  async run(options, say) {
    const platform = withoutReasons(platformNamed(options.platforms.length === 1 ? (options.platforms[0] ?? '') : 'cisco-finesse'))
    const agents = options.agents ?? AGENTS
    const limited = limit(platform, options)
    const settings: SiteSettings = {
      options,
      platforms: [limited],
      agents,
      vendor: (each, count, seed) => startVendor(each, count, seed, { simulator: { loggedIn: String(count) } }),
    }
    return withSite(settings, say, (site) => away(site, options, say))
  },
}

function limit(platform: ChaosPlatform, { rate }: Options): ChaosPlatform {
  if (rate === undefined) return platform
  return {
    ...platform,
    configure: (endpoints, agents) => ({
      ...platform.configure(endpoints, agents),
      ratePerSecond: rate,
      burst: Math.max(1, Math.round(rate / 20)),
    }),
  }
}

async function away(site: Site, options: Options, say: (text: string) => void): Promise<Outcome> {
  const [vendor] = site.vendors
  if (vendor === undefined) throw new Error('no vendor')
  const random = mulberry32(options.seed)
  const chairs = chairsOf(site)
  const told: Told[] = []
  const seconds = options.seconds ?? AWAY_SECONDS
  const url = (index: number): string => site.slots[index % site.slots.length]?.url ?? ''
  for (const proxy of vendor.proxies) proxy.refuse(true)
  site.diary.note('the vendor is away')
  // Everybody once, and a fifth of them changes their mind.
  const count = Math.round(chairs.length * 1.2)
  await paced(count / seconds, seconds, async (index) => {
    const chair = chairs[index < chairs.length ? index : Math.floor(random() * chairs.length)] as Chair
    const order = orderFor(chair, pick(['READY', 'READY', 'NOT_READY', 'LOGOUT'], random), NO_REASONS)
    told.push(await ask(url(index), index % site.slots.length, order, `${order.key}.1`))
  })
  const back = Date.now()
  for (const proxy of vendor.proxies) proxy.refuse(false)
  site.diary.note('the vendor is back')
  say(`the vendor is back after ${seconds} s; ${told.filter(({ commandId }) => commandId !== undefined).length} commands accepted`)
  await sleep(1000)
  const seen = await gather(site, told, options.settleMs)
  const rules = (): PlatformRules => ({ ...vendor.platform, initial: 'NOT_READY' })
  const outcome = stormOutcome(seen, verdict(seen, rules, { p99Ms: options.boundMs, maxMs: HARD_BOUND_MS }), [])
  const arrivals = seen.seen.filter(({ asked, at }) => asked !== undefined && at >= back).map(({ at }) => at)
  const busiest = busiestSecond(arrivals)
  const allowed = BACK_SECONDS * 1000 + (options.rate === undefined ? 0 : (arrivals.length / options.rate) * 1000)
  const late = seen.logged.filter(({ settledAt }) => settledAt !== undefined && settledAt > back + allowed)
  return {
    ...outcome,
    counts: {
      ...outcome.counts,
      doneLate: late.length,
      gatewayEnded: site.slots.reduce((sum, { deaths }) => sum + deaths, 0),
      overRate: options.rate !== undefined && busiest > options.rate * OVER_RATE + 1 ? 1 : 0,
    },
    figures: {
      ...outcome.figures,
      lastDoneMs: Math.max(0, ...seen.logged.map(({ settledAt }) => (settledAt ?? back) - back)),
      busiestSecond: busiest,
      attemptsMost: Math.max(0, ...seen.logged.map(({ attempts }) => attempts)),
    },
  }
}

/** Most arrivals within any span of a second. */
export function busiestSecond(arrivals: readonly number[]): number {
  const sorted = [...arrivals].sort((a, b) => a - b)
  let from = 0
  let most = 0
  for (const [to, at] of sorted.entries()) {
    while (at - (sorted[from] ?? at) >= 1000) from += 1
    most = Math.max(most, to - from + 1)
  }
  return most
}
