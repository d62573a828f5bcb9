import type { EventLog } from '../events/event-log.js'
import { packEvent, unpackEvent, unpackHead, unpackLink, type EventRecord } from './event-record.js'
import type { SqlRows } from './sql-logouts.js'

interface PageRow {
  readonly epoch: string | null
  readonly newest: number
  readonly oldest: number
  readonly cursor: number | null
  readonly type: EventRecord['type'] | null
  readonly platform: string
  readonly agent_id: string
  readonly at: number
  readonly seq: number | null
  readonly extra: string
  readonly body: string
}

interface HeadRow {
  readonly agent_id: string
  readonly cursor: number
  readonly seq: number
  readonly at: number
  readonly source: string
  readonly body: string
  readonly down_cursor: number | null
}

interface LinkRow {
  readonly platform: string
  readonly cursor: number
  readonly at: number
  readonly body: string
}

const APPEND = 'select cti.append_events($1, $2, $3::text::json)'
/** One statement, so that the bounds and the events are of the same moment. */
const AFTER = `select cti.epoch() as epoch, l.newest, l.oldest, e.cursor, e.type, e.platform, e.agent_id, e.at, e.seq, e.extra, e.body
  from cti.event_log l left join lateral (
    select * from cti.events where cursor > $1 order by cursor limit $2
  ) e on true order by e.cursor`
const HEADS = `select h.agent_id, h.cursor, h.event_seq as seq, h.at, h.source, h.body, l.down_cursor
  from cti.event_heads h left join cti.event_links l on l.platform = h.platform
  where h.platform = $1 and h.agent_id > $2 and h.cursor is not null order by h.agent_id limit $3`
/** Agents that are forgotten in one step. */
const FORGET_BATCH = 500
const LINKS = 'select platform, cursor, at, body from cti.event_links order by platform'

/** The event log on PostgreSQL, a real server or PGlite. The schema: migration-5.ts, migration-7.ts. */
export function createSqlEventLog(rows: SqlRows, keep: number): EventLog {
  return {
    async append(events, options) {
      const packed = JSON.stringify(events.map(packEvent))
      await rows(options, APPEND, (deadline) => [deadline, keep, packed])
    },
    async forget(before, platforms, options) {
      for (let forgotten = 0; ;) {
        const [row] = await rows<{ count: number }>(options, 'select cti.forget_agents($1, $2, $3, $4) as count', (deadline) => [
          deadline,
          before,
          platforms,
          FORGET_BATCH,
        ])
        forgotten += row?.count ?? 0
        if ((row?.count ?? 0) < FORGET_BATCH) return forgotten
      }
    },
    async after(cursor, limit, options) {
      const found = await rows<PageRow>(options, AFTER, () => [cursor, limit])
      const [first] = found
      if (first === undefined) throw new Error('the event log has lost its row')
      const events = found.flatMap(({ cursor: at, type, seq, agent_id: agentId, ...row }) =>
        at === null || type === null ? [] : [unpackEvent({ ...row, type, agentId, cursor: at, seq: seq ?? undefined })],
      )
      return { epoch: first.epoch ?? '', events, newest: first.newest, oldest: first.newest === 0 ? 0 : first.oldest }
    },
    async heads(platform, after, limit, options) {
      const found = await rows<HeadRow>(options, HEADS, () => [platform, after ?? '', limit])
      return found.map(({ agent_id: agentId, source: extra, down_cursor: down, ...row }) =>
        unpackHead({ ...row, platform, agentId, extra }, down ?? 0),
      )
    },
    async links(options) {
      return (await rows<LinkRow>(options, LINKS, () => [])).map(({ platform, at, body, cursor }) => unpackLink(platform, at, body, cursor))
    },
  }
}
