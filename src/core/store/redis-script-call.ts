import { createHash } from 'node:crypto'
import { Command, type Redis } from 'ioredis'
import { REDIS_SCRIPTS, type RedisScript } from './redis-scripts.js'

const SHAS = new Map(Object.entries(REDIS_SCRIPTS).map(([name, { lua }]) => [name, createHash('sha1').update(lua).digest('hex')]))

const isUnknown = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

/**
 * Runs scripts by their names, each with one key.
 *
 * Guarantees: a server that does not know a script has done nothing and gets its text; the script itself refuses what is then too
 * late (LATE). Not by ioredis' own custom commands: their wrapping of each call cost as much as the call.
 */
export function createScriptCall(redis: Redis): (script: RedisScript, key: string, args: readonly (string | number)[]) => Promise<unknown> {
  const send = (name: 'eval' | 'evalsha', script: string, key: string, args: readonly (string | number)[]): Promise<unknown> =>
    redis.sendCommand(new Command(name, [script, 1, key, ...args], { replyEncoding: 'utf8' })) as Promise<unknown>
  return (script, key, args) =>
    send('evalsha', SHAS.get(script) ?? '', key, args).catch((error: unknown) => {
      if (isUnknown(error)) return send('eval', REDIS_SCRIPTS[script].lua, key, args)
      throw error
    })
}
