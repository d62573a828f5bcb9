import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Pinning } from '../machine.js'
import type { Answer, Ask, ChildApi, CommonApi } from './child.js'

/** A process of its own that answers questions. */
export interface Child<A extends ChildApi> {
  readonly pid: number
  /** Fails when the method fails, when the process ends, or after `timeoutMs` (default 120 000). */
  call<K extends keyof A & string>(method: K, argument: Parameters<A[K]>[0], timeoutMs?: number): Promise<Awaited<ReturnType<A[K]>>>
  /** Processor time used so far, µs. */
  cpu(): Promise<number>
  /** Bytes of heap in use after garbage collection; needs `gc` at the start. */
  heap(): Promise<number>
  /** Lines written to stderr so far, and their last characters. */
  errors(): { readonly lines: number; readonly tail: string }
  /** Ends it; kills it when it does not end by itself within 3 s. Idempotent. */
  stop(): Promise<void>
}

export interface StartOptions {
  /** `measured`: on the core of the gateway and its peers; `other`: vendor, load and the like. */
  readonly core: 'measured' | 'other'
  readonly environment?: Readonly<Record<string, string>>
  /** Exposes the garbage collector. */
  readonly gc?: boolean
}

export interface Children {
  /** Starts a TypeScript file of `bench/`, given as its path there, and waits until it is ready (at most 60 s). */
  start<A extends ChildApi>(file: string, options: StartOptions): Promise<Child<A>>
  stopAll(): Promise<void>
}

/** As `npm start` runs the gateway; the peers get the same. */
const NODE_OPTIONS = ['--max-semi-space-size=32']
const BENCH = fileURLToPath(new URL('..', import.meta.url))
const CALL_TIMEOUT_MS = 120_000
const READY_TIMEOUT_MS = 60_000

/** Makes children whose stderr goes to files of `folder`. */
export function createChildren(folder: string, pinning: Pinning | undefined): Children {
  const all = new Set<Child<ChildApi>>()
  let count = 0
  return {
    async start<A extends ChildApi>(file: string, options: StartOptions): Promise<Child<A>> {
      count += 1
      const log = join(folder, `${count}-${file.replaceAll('/', '-')}.log`)
      const child = await open<A>(file, options, log, pinning)
      all.add(child)
      return child
    },
    async stopAll() {
      await Promise.all([...all].map((child) => child.stop()))
      all.clear()
    },
  }
}

async function open<A extends ChildApi>(file: string, options: StartOptions, log: string, pinning: Pinning | undefined): Promise<Child<A>> {
  const node = [
    process.execPath,
    ...(options.core === 'measured' ? NODE_OPTIONS : []),
    ...(options.gc === true ? ['--expose-gc'] : []),
    '--import',
    'tsx',
    join(BENCH, file),
  ]
  const [command = '', ...args] =
    pinning !== undefined && options.core === 'measured' ? ['taskset', '-c', String(pinning.measured), ...node] : node
  const stderr = openSync(log, 'w')
  const child = spawn(command, args, {
    cwd: join(BENCH, '..'),
    env: { ...process.env, NO_COLOR: '1', NODE_ENV: 'production', ...options.environment },
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  })
  closeSync(stderr)
  const link = connect(child, file, log)
  await link.ready
  return {
    pid: child.pid as number,
    call: (method, argument, timeoutMs = CALL_TIMEOUT_MS) => link.ask(method, argument, timeoutMs) as never,
    cpu: () => link.ask('cpu', undefined, CALL_TIMEOUT_MS) as Promise<ReturnType<CommonApi['cpu']>>,
    heap: () => link.ask('heap', undefined, CALL_TIMEOUT_MS) as ReturnType<CommonApi['heap']>,
    errors: () => written(log),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      if (child.connected) child.disconnect()
      const late = setTimeout(() => child.kill('SIGKILL'), 3000)
      await ended
      clearTimeout(late)
    },
  }
}

interface Link {
  readonly ready: Promise<void>
  ask(method: string, argument: unknown, timeoutMs: number): Promise<unknown>
}

function connect(child: ChildProcess, file: string, log: string): Link {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let last = 0
  let gone = false
  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const wait = (id: number, what: string, timeoutMs: number): Promise<unknown> => {
    return new Promise((resolve, reject) => {
      if (gone) return reject(new Error(`${file} has ended: ${written(log).tail}`))
      const late = setTimeout(() => settle(id)?.reject(new Error(`${file}: ${what} took more than ${timeoutMs} ms`)), timeoutMs)
      const end = <T>(then: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(late)
          then(value)
        }
      }
      waiting.set(id, { resolve: end(resolve), reject: end(reject) })
    })
  }
  const settle = (id: number) => {
    const entry = waiting.get(id)
    waiting.delete(id)
    return entry
  }
  child.on('message', (answer: Answer) => {
    if ('ready' in answer) settle(0)?.resolve(undefined)
    else if (answer.error !== undefined) settle(answer.id)?.reject(new Error(`${file}: ${answer.error}`))
    else settle(answer.id)?.resolve(answer.value)
  })
  child.once('error', failAll)
  child.once('exit', (code, signal) => {
    gone = true
    failAll(new Error(`${file} ended with ${signal ?? code}: ${written(log).tail}`))
  })
  return {
    ready: wait(0, 'the start', READY_TIMEOUT_MS).then(() => undefined),
    ask(method, argument, timeoutMs) {
      last += 1
      const answer = wait(last, method, timeoutMs)
      if (!gone) child.send({ id: last, method, argument } satisfies Ask)
      return answer
    },
  }
}

function written(log: string): { lines: number; tail: string } {
  const text = readFileSync(log, 'utf8')
  return { lines: text.split('\n').length - 1, tail: text.slice(-600) }
}
