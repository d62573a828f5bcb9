import { setImmediate as nextTurn } from 'node:timers/promises'
import type { KnownAgent } from '../../core/events/event-projection.js'
import type { TailState } from '../../core/events/event-tail.js'
import type { Clock } from '../../core/clock.js'
import { seesAgent, seesPlatform, seesType } from './filter.js'
import { frame, positionText } from './frames.js'
import type { Group, Snapshot } from './groups.js'

/** Agents in one event. */
const PORTION = 500
/** Those who come within this time get the same snapshot, and what has happened since, ms. */
const FRESH_MS = 1_000

/** The snapshot for one of this group. What it tells is of one cursor, although the loop is let go between its portions. */
export function snapshotOf(group: Group, state: TailState, clock: Clock): Promise<Snapshot> {
  if (group.snapshot?.epoch === state.epoch) return group.snapshot.made
  const fresh = { epoch: state.epoch, made: makeSnapshot(group, state) }
  group.snapshot = fresh
  clock.after(FRESH_MS, () => {
    if (group.snapshot === fresh) group.snapshot = undefined
  })
  return fresh.made
}

async function makeSnapshot({ filter, shape }: Group, state: TailState): Promise<Snapshot> {
  const seen: KnownAgent[] = []
  if (seesType(filter, 'agent')) {
    for (const agent of state.projection.agents()) if (seesAgent(filter, agent.event.platform, agent.event.agentId)) seen.push(agent)
  }
  const links = seesType(filter, 'link')
    ? [...state.projection.links()].flatMap((link) => (seesPlatform(filter, link.platform) ? (shape.knownLink(link) ?? []) : []))
    : []
  const { epoch, cursor } = state
  const frames: Buffer[] = []
  let told = 0
  for (let from = 0; from === 0 || from < seen.length; from += PORTION) {
    const agents = seen.slice(from, from + PORTION).flatMap((agent) => shape.known(agent) ?? [])
    told += agents.length
    frames.push(Buffer.from(frame({ event: 'snapshot', data: { agents, links: from === 0 ? links : [] } })))
    await nextTurn()
  }
  const position = positionText({ epoch, cursor })
  frames.push(Buffer.from(frame({ event: 'snapshot-end', data: { cursor: position, agents: told } }, position)))
  return { epoch, cursor, frames }
}
