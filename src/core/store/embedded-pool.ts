import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { storeUnavailable } from './deadline.js'
import type { FromThread, ThreadData, ToThread } from './embedded-thread.js'

export interface PoolResult<R> {
  rows: R[]
  rowCount: number
}

/** The shape of a node-postgres client and pool, as far as BullMQ and the command log use it. */
export interface PoolClient extends EventEmitter {
  query<R>(text: string, parameters?: readonly unknown[]): Promise<PoolResult<R>>
  release(destroy?: boolean): void
}
export interface EmbeddedPool extends EventEmitter {
  query<R>(text: string, parameters?: readonly unknown[]): Promise<PoolResult<R>>
  connect(): Promise<PoolClient>
  /** Ends PGlite cleanly, at the latest after 5 s. */
  end(): Promise<void>
}

const END_TIMEOUT_MS = 5000
/** Between the death of the thread and the next attempt to start it. */
const RESTART_AFTER_MS = 1000

/**
 * From `dist` the thread is JavaScript. In the source tree (tests) only the `.ts` exists; tsx loads it, by its interface,
 * because Node 20 does not apply `--import tsx` to threads.
 */
export function startThread(data: ThreadData): Worker {
  const built = new URL('./embedded-thread.js', import.meta.url)
  if (existsSync(fileURLToPath(built))) return new Worker(built, { workerData: data })
  const source = JSON.stringify(new URL('./embedded-thread.ts', import.meta.url).href)
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  return new Worker(`import(${tsx}).then((tsx) => { tsx.register(); return import(${source}) })`, { eval: true, workerData: data })
}

interface Waiting {
  resolve(result: PoolResult<unknown>): void
  reject(error: Error): void
}

/** One running thread and the statements it owes an answer to. */
interface Thread {
  query(text: string, parameters: readonly unknown[] | undefined): Promise<PoolResult<unknown>>
  end(): Promise<void>
}

function serve(
  worker: Worker,
  onNotification: (channel: string, payload: string) => void,
  onDeath: (cause: Error) => void,
): Promise<Thread> {
  return new Promise((resolveThread, rejectThread) => {
    const waiting = new Map<number, Waiting>()
    let nextId = 0
    let ending = false
    let dead: Error | undefined

    function die(cause: Error): void {
      if (dead !== undefined) return
      dead = cause
      for (const one of waiting.values()) one.reject(storeUnavailable('the embedded database has ended', cause))
      waiting.clear()
      rejectThread(cause)
      if (!ending) onDeath(cause)
    }
    const thread: Thread = {
      query(text, parameters) {
        if (dead !== undefined || ending) return Promise.reject(storeUnavailable('the embedded database is not running', dead))
        return new Promise((resolve, reject) => {
          nextId += 1
          waiting.set(nextId, { resolve, reject })
          worker.postMessage({ kind: 'query', id: nextId, text, parameters } satisfies ToThread)
        })
      },
      async end() {
        if (dead !== undefined) return
        ending = true
        const closed = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
        worker.postMessage({ kind: 'close' } satisfies ToThread)
        const timer = setTimeout(() => void worker.terminate(), END_TIMEOUT_MS)
        await closed
        clearTimeout(timer)
      },
    }
    worker.on('error', (error) => die(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', (code) => die(new Error(`the thread of the embedded database ended with code ${code}`)))
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'ready') resolveThread(thread)
      else if (message.kind === 'notification') onNotification(message.channel, message.payload)
      else if (message.kind === 'rows' || message.kind === 'failed') {
        const one = waiting.get(message.id)
        waiting.delete(message.id)
        if (message.kind === 'rows') one?.resolve({ rows: [...message.rows], rowCount: message.rowCount })
        else one?.reject(Object.assign(new Error(message.message), { code: message.code }))
      }
    })
  })
}

/** Grants a turn at a time, in order of asking. */
function createTurns(): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve()
  return async () => {
    const before = last
    let free = (): void => undefined
    last = new Promise((resolve) => (free = resolve))
    await before
    return free
  }
}

/**
 * A pool over the one session that PGlite has. A transaction (BEGIN until COMMIT or ROLLBACK of one client) has the session
 * to itself; everything else takes turns between. A thread that dies is replaced; what it owed fails, and listeners are
 * told, so that BullMQ listens anew.
 */
export async function createEmbeddedPool(folder: string, onRestart: (cause: Error) => void, start = startThread): Promise<EmbeddedPool> {
  const turn = createTurns()
  const clients = new Set<PoolClient>()
  const pool = new EventEmitter()
  pool.setMaxListeners(0)
  let ended = false
  const notify = (channel: string, payload: string): void => {
    for (const client of clients) client.emit('notification', { channel, payload })
  }
  const serveAnew = (): Promise<Thread> => serve(start({ folder, task: 'serve' }), notify, onDeath)
  let thread = serveAnew()
  await thread

  function onDeath(cause: Error): void {
    if (ended) return
    onRestart(cause)
    thread = new Promise<void>((resolve) => setTimeout(resolve, RESTART_AFTER_MS)).then(serveAnew)
    thread.catch(() => undefined)
    for (const client of clients) if (client.listenerCount('error') > 0) client.emit('error', cause)
  }

  async function run(text: string, parameters: readonly unknown[] | undefined): Promise<PoolResult<never>> {
    return (await (await thread).query(text, parameters)) as PoolResult<never>
  }
  async function runInTurn(text: string, parameters: readonly unknown[] | undefined): Promise<PoolResult<never>> {
    const free = await turn()
    try {
      return await run(text, parameters)
    } finally {
      free()
    }
  }

  function connect(): Promise<PoolClient> {
    const emitter = new EventEmitter()
    emitter.setMaxListeners(0)
    let free: (() => void) | undefined
    async function query(text: string, parameters?: readonly unknown[]): Promise<PoolResult<never>> {
      if (free !== undefined) {
        try {
          return await run(text, parameters)
        } finally {
          if (/^\s*(commit|rollback|end)\b/i.test(text)) {
            free()
            free = undefined
          }
        }
      }
      if (!/^\s*(begin|start\s+transaction)\b/i.test(text)) return runInTurn(text, parameters)
      const granted = await turn()
      try {
        const result = await run(text, parameters)
        free = granted
        return result
      } catch (error) {
        granted()
        throw error
      }
    }
    const client: PoolClient = Object.assign(emitter, {
      query,
      release() {
        clients.delete(client)
        if (free !== undefined) void query('ROLLBACK').catch(() => undefined)
      },
    })
    clients.add(client)
    return Promise.resolve(client)
  }

  return Object.assign(pool, {
    query: (text: string, parameters?: readonly unknown[]) => runInTurn(text, parameters),
    connect,
    async end() {
      ended = true
      await (await thread.catch(() => undefined))?.end()
    },
  })
}
