import { setTimeout as sleep } from 'node:timers/promises'
import { mulberry32 } from '../../src/simulators/kit/faults.js'
import { calm } from './disturbances.js'
import { startLoad, type Load } from './load.js'
import type { Options } from './options.js'
import { platformNamed } from './platforms.js'
import { stormOutcome, type Outcome } from './report.js'
import { startSite, type Site, type SiteSettings } from './site.js'
import { verdict } from './verdict.js'
import { gather } from './witnesses.js'

/** Never answered, as far as a client is concerned. */
const HARD_BOUND_MS = 10_000

export interface StormPlan {
  readonly rounds: number
  readonly site?: Omit<SiteSettings, 'options'>
  /** Agents whom the load leaves alone. */
  readonly except?: ReadonlySet<string>
  /** Before the load starts. */
  readonly prepare?: (site: Site, random: () => number) => Promise<void>
  /** One disturbance, under load. */
  readonly round: (site: Site, round: number, load: Load, random: () => number) => Promise<void>
}

/** Load, disturbances, peace, verdict: the frame of every storm. */
export async function runStorm(options: Options, say: (text: string) => void, plan: StormPlan): Promise<Outcome> {
  const random = mulberry32(options.seed)
  const site = await startSite({ options, ...plan.site })
  try {
    await plan.prepare?.(site, random)
    const load = await startLoad(site, { clients: options.clients, seed: options.seed, ...(plan.except && { except: plan.except }) })
    const began = performance.now()
    try {
      for (let round = 0; round < plan.rounds; round += 1) {
        await plan.round(site, round, load, random)
        const done = round + 1
        if (done % Math.max(1, Math.floor(plan.rounds / 20)) === 0)
          say(`${done} of ${plan.rounds}, ${load.accepted} commands accepted in ${load.told.length} requests, ${seconds(began)} s`)
      }
      await sleep(500)
    } finally {
      await load.stop()
    }
    await calm(site)
    say(`the storm is over after ${seconds(began)} s; waiting for the last commands`)
    const seen = await gather(site, load.told, options.settleMs)
    const judged = verdict(seen, platformNamed, { p99Ms: options.boundMs, maxMs: HARD_BOUND_MS })
    return stormOutcome(
      seen,
      judged,
      site.slots.flatMap(({ restarts }) => restarts.slice(1)),
    )
  } catch (error) {
    for (const slot of site.slots) say(`gateway ${slot.number}: ${slot.output()}`)
    throw error
  } finally {
    await site.stop()
  }
}

function seconds(began: number): number {
  return Math.round((performance.now() - began) / 1000)
}
