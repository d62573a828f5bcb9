import { randomUUID } from 'node:crypto'
import type { AgentHead, EventLog, EventPage } from '../events/event-log.js'
import type { Guard } from './deadline.js'
import { HOUR_MS, packEvent, unpackEvent, unpackHead, unpackLink, type EventRecord } from './event-record.js'
import { createFolder, cursorOf, entriesOf, unfold, type Entry } from './redis-event-folds.js'
import type { Run } from './redis-batch.js'

/** Agents that are looked at in one step. */
const FORGET_BATCH = 500

/** The fields stand in the order in which the script writes them. */
function toEvent([id, fields]: Entry) {
  const [, type, , platform = '', , agentId = '', , at, , seq, , extra = '', , body = ''] = fields
  return unpackEvent({
    type: type as EventRecord['type'],
    platform,
    agentId,
    at: Number(at),
    extra,
    body,
    cursor: cursorOf(id),
    seq: seq === '' ? undefined : Number(seq),
  })
}

function toHead(platform: string, agentId: string, head: string, downCursor: number): AgentHead {
  const cut = head.indexOf('\n')
  const [cursor, seq, at, extra = ''] = head.slice(0, cut).split(' ')
  const body = head.slice(cut + 1)
  return unpackHead({ platform, agentId, at: Number(at), extra, body, cursor: Number(cursor), seq: Number(seq) }, downCursor)
}

/** The event log on Redis. The scripts and their keys: redis-event-scripts.ts. */
export function createRedisEventLog(guard: Guard, run: Run, keep: number): EventLog {
  const fold = createFolder(guard, run)
  return {
    append: (events, options) =>
      guard.run(options, async (deadline) => {
        const args = events.flatMap((draft) => {
          const { type, platform, agentId, at, extra, body } = packEvent(draft)
          return [type, platform, agentId, at, extra, body]
        })
        fold((await run('ctiEvents', deadline, keep, randomUUID(), ...args)) as number, options)
      }),
    after: (cursor, limit, options) =>
      guard.run(options, async (deadline): Promise<EventPage> => {
        const first = Math.max(0, cursor) + 1
        const answer = (await run('ctiEventsAfter', deadline, String(first), limit)) as readonly Buffer[]
        const [epoch, newest, oldest] = answer.slice(0, 3).map(String)
        const [unfolded = Buffer.alloc(0), ...folds] = answer.slice(3)
        const entries = [...(await unfold(folds)), ...entriesOf(unfolded)].filter(([id]) => cursorOf(id) >= first)
        return { epoch: epoch ?? '', newest: Number(newest), oldest: Number(oldest), events: entries.slice(0, limit).map(toEvent) }
      }),
    heads: (platform, after, limit, options) =>
      guard.run(options, async (deadline) => {
        const answer = await run('ctiEventHeads', deadline, platform, after === undefined ? '-' : `(${after}`, limit)
        const [down = '0', ...flat] = answer as readonly string[]
        const heads: AgentHead[] = []
        for (let i = 0; i + 1 < flat.length; i += 2) heads.push(toHead(platform, flat[i] ?? '', flat[i + 1] ?? '', Number(down)))
        return heads
      }),
    async forget(before, platforms, options) {
      const found = await guard.run(options, (deadline) => run('ctiEventPlatforms', deadline))
      let forgotten = 0
      for (const platform of new Set([...platforms, ...(found as readonly string[])])) {
        const linkBefore = platforms.includes(platform) ? '' : String(before)
        let next = '0'
        do {
          const from = next
          const step = await guard.run(options, (deadline) =>
            run('ctiEventForget', deadline, platform, from, Math.floor(before / HOUR_MS), FORGET_BATCH, linkBefore),
          )
          const [on, count] = step as [string, number]
          next = on
          forgotten += count
        } while (next !== '0')
      }
      return forgotten
    },
    links: (options) =>
      guard.run(options, async (deadline) => {
        const flat = (await run('ctiEventLinks', deadline)) as readonly string[]
        const links = []
        for (let i = 0; i + 1 < flat.length; i += 2) links.push(toLink(flat[i] ?? '', flat[i + 1] ?? ''))
        return links.sort((a, b) => (a.platform < b.platform ? -1 : 1))
      }),
  }
}

function toLink(platform: string, text: string) {
  const cut = text.indexOf('\n')
  const [cursor, at] = text.slice(0, cut).split(' ')
  return unpackLink(platform, Number(at), text.slice(cut + 1), Number(cursor))
}
