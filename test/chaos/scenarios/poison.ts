import { chairsOf, readReasons, type Chair } from '../load.js'
import { platformNamed } from '../platforms.js'
import { ended, orderFor, place } from '../orders.js'
import type { Scenario } from '../scenario.js'
import { runStorm } from '../storm-run.js'
import type { Site } from '../site.js'
import type { Trap } from '../crash-points.js'

const PLATFORM = platformNamed('cisco-finesse')
/** The step of a READY, which kills every process that comes to it. */
const DEADLY = 'set-ready'
const CRASHES = 3
const LIMIT_MS = 240_000

/**
 * A command that no process survives: after three it must be a dead letter, what waits behind it must go on, and so must the
 * agent's next command. Other agents' commands go on all the time and are judged as in every storm.
 */
export const poison: Scenario = {
  text: 'N commands (3) that kill every process which sends them: three crashes, then a dead letter, and the agent goes on',
  async run(options, say) {
    const rounds = options.kills ?? 3
    const victims = PLATFORM.agentIds(rounds)
    const traps = victims.map((agentId): Trap => ({ point: 'before-send', nth: 1, agentId, step: DEADLY }))
    const counts = { notDead: 0, tooManyCrashes: 0, behindItBlocked: 0, nextBlocked: 0 }
    const findings: string[] = []
    const crashes: number[] = []
    const outcome = await runStorm(options, say, {
      rounds,
      except: new Set(victims.map((agentId) => `${PLATFORM.id}/${agentId}`)),
      site: { platforms: [PLATFORM], watched: true, environment: { CHAOS_TRAPS: JSON.stringify(traps) } },
      async round(site, round) {
        const chair = chairsOf(site)[round] as Chair
        const found = await onePoison(site, chair)
        crashes.push(found.crashes)
        if (found.status !== 'dead') counts.notDead += 1
        if (found.crashes > CRASHES) counts.tooManyCrashes += 1
        if (found.behind !== 'confirmed') counts.behindItBlocked += 1
        if (found.next !== 'confirmed') counts.nextBlocked += 1
        const text = `${chair.agentId}: ${found.crashes} crashes, then ${found.status}; LOGIN behind it ${found.behind}; next NOT_READY ${found.next}`
        say(text)
        if (found.status !== 'dead' || found.crashes > CRASHES || found.behind !== 'confirmed' || found.next !== 'confirmed')
          findings.push(text)
      },
    })
    return {
      ...outcome,
      counts: { ...counts, ...outcome.counts },
      figures: { ...outcome.figures, crashesWorst: Math.max(...crashes) },
      findings: [...findings, ...outcome.findings],
    }
  },
}

async function onePoison(site: Site, chair: Chair): Promise<{ status: string; crashes: number; behind: string; next: string }> {
  const reasons = await readReasons({ ...site, vendors: [{ ...chair.vendor, agents: [chair.agentId] }] })
  const deaths = (): number => site.slots.reduce((sum, slot) => sum + slot.deaths, 0)
  await ended(site, await place(site, orderFor(chair, 'LOGIN', reasons)), LIMIT_MS)
  const before = deaths()
  const deadly = await place(site, orderFor(chair, 'READY', reasons))
  // A LOGIN waits for the READY before it, whatever becomes of that.
  const behind = await place(site, orderFor(chair, 'LOGIN', reasons))
  const killer = await ended(site, deadly, LIMIT_MS)
  const follower = await ended(site, behind, 60_000)
  const next = await ended(site, await place(site, orderFor(chair, 'NOT_READY', reasons)), 60_000)
  return { status: killer.status, crashes: deaths() - before, behind: follower.status, next: next.status }
}
