import { createHash } from 'node:crypto'
import { Command, type Redis } from 'ioredis'
import { REDIS_SCRIPTS, type RedisScript } from './redis-scripts.js'

type Argument = string | number

const SHAS = new Map(Object.entries(REDIS_SCRIPTS).map(([name, { lua }]) => [name, createHash('sha1').update(lua).digest('hex')]))

const isUnknown = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

/** The command as Redis reads it: the number of its words, then each with its length in bytes. `lengthOf`: of a text, in bytes. */
function written(first: readonly Argument[], more: readonly Argument[], lengthOf: (text: string) => number): string {
  return `*${first.length + more.length}\r\n${listed(first, lengthOf)}${listed(more, lengthOf)}`
}

function listed(words: readonly Argument[], lengthOf: (text: string) => number): string {
  let text = ''
  for (const word of words) {
    const part = typeof word === 'string' ? word : String(word)
    text += `$${lengthOf(part)}\r\n${part}\r\n`
  }
  return text
}

const letters = (text: string): number => text.length

/**
 * Words → what is sent. Asking for the bytes of each word costs as much as all the rest; of a text that is as many bytes long as it has
 * letters, all of its words are. Exported for its test.
 */
export function encodeWords(first: readonly Argument[], more: readonly Argument[] = []): string {
  const text = written(first, more, letters)
  return Buffer.byteLength(text) === text.length ? text : written(first, more, Buffer.byteLength)
}

/** ioredis copies, checks and joins the arguments of each command anew; ours are plain, and joined already. */
const NO_ARGUMENTS: never[] = []
const AS_TEXT = { replyEncoding: 'utf8' } as const

/**
 * Runs scripts by their names, each with one key.
 *
 * Guarantees: a server that does not know a script has done nothing and gets its text; the script itself refuses what is then too
 * late (LATE). Not by ioredis' own custom commands: their wrapping of each call cost as much as the call.
 */
export function createScriptCall(redis: Redis): (script: RedisScript, key: string, args: readonly Argument[]) => Promise<unknown> {
  const send = (name: 'eval' | 'evalsha', script: string, key: string, args: readonly Argument[]): Promise<unknown> => {
    const command = new Command(name, NO_ARGUMENTS, AS_TEXT)
    const text = encodeWords([name, script, 1, key], args)
    command.toWritable = () => text
    return redis.sendCommand(command) as Promise<unknown>
  }
  return (script, key, args) =>
    send('evalsha', SHAS.get(script) ?? '', key, args).catch((error: unknown) => {
      if (isUnknown(error)) return send('eval', REDIS_SCRIPTS[script].lua, key, args)
      throw error
    })
}
