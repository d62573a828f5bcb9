import type { LogoutCursor, LogoutLog, LogoutRecord } from '../agents/logout-log.js'
import type { AgentState, Cause } from '../model/agent-state.js'
import type { Guard } from './deadline.js'
import type { Run } from './redis-batch.js'

const PRUNE_BATCH = 500

/** An instant as text whose order is that of the numbers: sixteen digits hold every safe integer. */
const instant = (ms: number): string => String(Math.max(0, Math.ceil(ms))).padStart(16, '0')
const memberOf = ({ at, agentId }: LogoutCursor): string => `${instant(at)}/${agentId}`

function fieldsOf({ platform: _platform, ...fields }: LogoutRecord): readonly (string | number)[] {
  return Object.entries(fields).flatMap(([name, value]: [string, string | number | undefined]) =>
    value === undefined ? [] : [name, value],
  )
}

/** HGETALL answers field, value, field, … */
function toRecord(platform: string, flat: readonly string[]): LogoutRecord {
  const fields = new Map<string, string>()
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(flat[i] ?? '', flat[i + 1] ?? '')
  const text = <N extends string, T extends string = string>(name: N): { readonly [K in N]?: T } => {
    const value = fields.get(name)
    return (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: T }
  }
  const code = fields.get('code')
  return {
    platform,
    agentId: fields.get('agentId') ?? '',
    at: Number(fields.get('at')),
    ...(code !== undefined && { code: Number(code) }),
    ...text('name'),
    ...text('text'),
    ...text('key'),
    ...text<'cause', Cause>('cause'),
    ...text<'previousState', AgentState>('previousState'),
    ...text('commandId'),
    ...text('requestedBy'),
  }
}

/** The report of logouts on Redis. The scripts and their keys: redis-logout-scripts.ts. */
export function createRedisLogoutLog(guard: Guard, run: Run): LogoutLog {
  return {
    record: (record, options) =>
      guard.run(
        options,
        async (deadline) => void (await run('ctiLogout', deadline, record.platform, memberOf(record), ...fieldsOf(record))),
      ),
    list: (platform, from, to, limit, after, options) =>
      guard.run(options, async (deadline) => {
        const begin = after === undefined ? `[${instant(from)}` : `(${memberOf(after)}`
        const found = (await run('ctiLogouts', deadline, platform, begin, `(${instant(to)}`, limit)) as string[][]
        return found.map((flat) => toRecord(platform, flat))
      }),
    async prune(before, options) {
      for (let pruned = 0; ;) {
        const batch = await guard.run(options, async (deadline) =>
          Number(await run('ctiPruneLogouts', deadline, `(${instant(before)}`, PRUNE_BATCH)),
        )
        pruned += batch
        if (batch < PRUNE_BATCH) return pruned
      }
    },
  }
}
