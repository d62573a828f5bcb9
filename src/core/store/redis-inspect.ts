import type { Logger } from '../adapter.js'
import { storeUnavailable } from './deadline.js'

export interface Inspected {
  /** For people, without credentials. */
  readonly where: string
  readonly log: Logger
  /** Start although Redis may evict keys under memory pressure, that is, silently lose commands. */
  readonly allowEviction: boolean
  /** The address says that this is a cluster. */
  readonly cluster: boolean
}

function infoField(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}

/**
 * Refuses a Redis that may evict keys: it would lose commands in silence. Warns of one that forgets all at a restart. `infos` are
 * the answers to INFO of every server that may get our keys. Answers a text for people.
 */
export function inspectRedis(infos: readonly string[], { where, log, allowEviction, cluster }: Inspected): string {
  const policy = infos.map((info) => infoField(info, 'maxmemory_policy')).find((one) => one !== undefined && one !== 'noeviction')
  if (policy !== undefined) {
    const text = `Redis at ${where} has maxmemory-policy ${policy}: under memory pressure it would lose commands in silence.`
    if (!allowEviction) throw storeUnavailable(`${text} Set \`maxmemory-policy noeviction\`, or allow it with \`redisAllowEviction\`.`)
    log.warn({ policy }, text)
  }
  if (!cluster && infos.some((info) => infoField(info, 'cluster_enabled') === '1')) {
    throw storeUnavailable(`Redis at ${where} is a node of a cluster. Write \`redis+cluster://…\` in the setting \`engine\`.`)
  }
  const durable = infos.every((info) => infoField(info, 'aof_enabled') === '1')
  if (!durable) {
    log.warn({ where }, 'Redis runs without AOF: a crash of Redis loses what was accepted since its last snapshot. Set `appendonly yes`.')
  }
  const version = infos.map((info) => infoField(info, 'redis_version')).find((one) => one !== undefined) ?? 'of unknown version'
  return `Redis ${version} at ${where}, ${durable ? 'append-only file on' : 'WITHOUT append-only file'}`
}
