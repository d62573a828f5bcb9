import type { Seen, Told } from './model.js'
import { quantile } from './report.js'
import type { Site } from './site.js'
import { get, loggedOf } from './witnesses.js'

/** Of so many commands the record is asked for. */
const SAMPLE = 100
/** The stamps are whole ms of several clocks' reading, ms. */
const SLACK_MS = 2

/**
 * Where a command's time has gone, medians in ms: until the gateway took it, until the vendor had the request, until its effect was known and
 * stored, until the client had the answer. From the stamps of the command's record and the simulator's journal.
 */
export async function stagesOf(site: Site, platform: string, told: readonly Told[]): Promise<string> {
  const every = Math.max(1, Math.floor(told.length / SAMPLE))
  const stages: Record<'taken' | 'at the vendor' | 'settled' | 'answered', number[]> = {
    taken: [],
    'at the vendor': [],
    settled: [],
    answered: [],
  }
  const journal = await site.vendor(platform).journal()
  for (const [index, { commandId, at, tookMs, action, agentId }] of told.entries()) {
    if (index % every !== 0 || commandId === undefined) continue
    const body = (await (await get(`${site.slots[0]?.url}/v1/commands/${commandId}`)).json()) as Record<string, unknown>
    const { acceptedAt, settledAt } = loggedOf(platform, agentId, body)
    if (settledAt === undefined) continue
    const mine = (seen: Seen): boolean =>
      seen.agentId === agentId && seen.asked === action && seen.at >= acceptedAt - SLACK_MS && seen.at <= settledAt + SLACK_MS
    const seen = journal.find(mine)
    if (seen === undefined) continue
    stages.taken.push(acceptedAt - (at - tookMs))
    stages['at the vendor'].push(seen.at - acceptedAt)
    stages.settled.push(settledAt - seen.at)
    stages.answered.push(at - settledAt)
  }
  return Object.entries(stages)
    .map(([name, times]) => `${name} ${quantile(times, 0.5).toFixed(1)}`)
    .join(', ')
}
