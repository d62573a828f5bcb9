import { createHash } from 'node:crypto'
import { Command, type Redis } from 'ioredis'
import { REDIS_SCRIPTS, type RedisScript } from './redis-scripts.js'

/** Bytes only where `WITH_BYTES` says so. */
export type Argument = string | number | Buffer

const SHAS = new Map(Object.entries(REDIS_SCRIPTS).map(([name, { lua }]) => [name, createHash('sha1').update(lua).digest('hex')]))

const isUnknown = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

/** The command as Redis reads it: the number of its words, then each with its length in bytes. `lengthOf`: of a text, in bytes. */
function written(first: readonly Argument[], more: readonly Argument[], lengthOf: (text: string) => number): string {
  return `*${first.length + more.length}${listed(first, lengthOf)}${listed(more, lengthOf)}\r\n`
}

const lengthLine = (length: number): string => `\r\n$${length}\r\n`
/** Of most words: made anew each time they cost a third of the whole text. */
const LENGTH_LINES = Array.from({ length: 512 }, (_, length) => lengthLine(length))

function listed(words: readonly Argument[], lengthOf: (text: string) => number): string {
  let text = ''
  for (const word of words) {
    const part = typeof word === 'string' ? word : String(word)
    const length = lengthOf(part)
    text += LENGTH_LINES[length] ?? lengthLine(length)
    text += part
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

function encodeBytes(words: readonly Argument[]): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word))
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]
  })
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts])
}

/** ioredis copies, checks and joins the arguments of each command anew; ours are plain, and joined already. */
const NO_ARGUMENTS: never[] = []
const AS_TEXT = { replyEncoding: 'utf8' } as const
const AS_BYTES = { replyEncoding: null } as const

/** Scripts whose texts are answered as bytes. */
const BYTES: ReadonlySet<RedisScript> = new Set(['ctiEventsAfter', 'ctiEventsToFold'])
/** Scripts that take bytes. */
const WITH_BYTES: ReadonlySet<RedisScript> = new Set(['ctiEventsFold'])

/**
 * Runs scripts by their names, each with one key.
 *
 * Guarantees: a server that does not know a script has done nothing and gets its text; the script itself refuses what is then too
 * late (LATE). Not by ioredis' own custom commands: their wrapping of each call cost as much as the call.
 */
export function createScriptCall(redis: Redis): (script: RedisScript, key: string, args: readonly Argument[]) => Promise<unknown> {
  const send = (name: 'eval' | 'evalsha', script: RedisScript, text: string, key: string, args: readonly Argument[]): Promise<unknown> => {
    const command = new Command(name, NO_ARGUMENTS, BYTES.has(script) ? AS_BYTES : AS_TEXT)
    const first = [name, text, 1, key]
    const words = WITH_BYTES.has(script) ? encodeBytes([...first, ...args]) : encodeWords(first, args)
    command.toWritable = () => words
    return redis.sendCommand(command) as Promise<unknown>
  }
  return (script, key, args) =>
    send('evalsha', script, SHAS.get(script) ?? '', key, args).catch((error: unknown) => {
      if (isUnknown(error)) return send('eval', script, REDIS_SCRIPTS[script].lua, key, args)
      throw error
    })
}
