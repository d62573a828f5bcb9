import type { Clock } from '../clock.js'
import { paced } from './paced.js'

/** Agents whose commands wait in this process for an absent vendor. The log has them too: a forgotten one is found by the sweeper. */
export interface ParkedAgents {
  add(platform: string, key: string): void
  /** The vendor is back: runs them, few at once. */
  release(platform: string, run: (key: string) => Promise<void>, clock: Clock): Promise<void>
}

const LIMIT = 200_000
const PACE = { atOnce: 100, patienceMs: 250 }

export function createParkedAgents(): ParkedAgents {
  const byPlatform = new Map<string, Set<string>>()
  return {
    add(platform, key) {
      const keys = byPlatform.get(platform) ?? new Set()
      byPlatform.set(platform, keys)
      if (keys.size < LIMIT) keys.add(key)
    },
    async release(platform, run, clock) {
      const keys = byPlatform.get(platform)
      if (keys === undefined) return
      byPlatform.delete(platform)
      await paced(keys, run, clock, PACE)
    },
  }
}
