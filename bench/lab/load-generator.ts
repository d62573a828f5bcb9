import { connect, type Socket } from 'node:net'
import { percentile } from '../stats.js'
import { serve } from './child.js'
import { createReader } from './http-reader.js'
import { within } from './pool.js'
import { createRequests, quotaOf, type RequestPlan } from './requests.js'

/** Load over keep-alive connections, in a process of its own. */

export interface LoadSpec extends RequestPlan {
  readonly url: string
  readonly connections: number
  /** Answers with another status are failures. */
  readonly expect: number
  readonly until: { readonly seconds: number } | { readonly count: number }
  /** Requests a second, begun on schedule whatever the answers do. Missing: every connection sends when it has its answer. */
  readonly rate?: number
}

export interface LoadResult {
  readonly ok: number
  /** How often each unexpected outcome came: a status, or `closed`. */
  readonly failures: Readonly<Record<string, number>>
  readonly seconds: number
  readonly perSecond: number
  /** Latencies, ms: with a rate from the scheduled instant, otherwise from the sending. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const ANSWER_TIMEOUT_MS = 30_000

interface Connection {
  readonly socket: Socket
  readonly next: () => string
  /** When the request that is on its way was due, ms; undefined: the connection is free. */
  due: number | undefined
}

/** Request counters by stream and connection. */
const streams = new Map<string, readonly (() => string)[]>()

function requestsOf(spec: LoadSpec): readonly (() => string)[] {
  const known = streams.get(spec.stream)
  if (known !== undefined) return known
  const fresh = Array.from({ length: spec.connections }, (_, index) => createRequests(spec, index, spec.connections))
  streams.set(spec.stream, fresh)
  return fresh
}

/** Counts what came back; knows when all is done. */
function createTally(spec: LoadSpec) {
  const latencies: number[] = []
  const failures: Record<string, number> = {}
  let ok = 0
  return {
    latencies,
    answered(status: string, due: number): void {
      latencies.push(performance.now() - due)
      if (status === String(spec.expect)) ok += 1
      else failures[status] = (failures[status] ?? 0) + 1
    },
    result(seconds: number): LoadResult {
      const sorted = Float64Array.from(latencies).sort()
      const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(sorted, share)) as [number, number, number]
      return { ok, failures, seconds, perSecond: ok / seconds, p50, p99, max }
    },
  }
}

async function load(spec: LoadSpec): Promise<LoadResult> {
  const tally = createTally(spec)
  let onFree: (connection: Connection) => void = () => undefined
  const connections = await Promise.all(
    requestsOf(spec).map((next) =>
      open(spec.url, next, (connection, status) => {
        const due = connection.due
        if (due === undefined) return
        connection.due = undefined
        tally.answered(status, due)
        onFree(connection)
      }),
    ),
  )
  const began = performance.now()
  try {
    const drive = spec.rate === undefined ? closed : onSchedule
    await drive(spec, connections, (handler) => {
      onFree = handler
    })
    return tally.result((performance.now() - began) / 1000)
  } finally {
    for (const { socket } of connections) socket.destroy()
  }
}

type OnFree = (handler: (connection: Connection) => void) => void

function send(connection: Connection, due: number): void {
  connection.due = due
  connection.socket.write(connection.next())
}

/** Every connection sends again as soon as it has its answer. */
async function closed(spec: LoadSpec, connections: readonly Connection[], onFree: OnFree): Promise<void> {
  const end = 'seconds' in spec.until ? performance.now() + spec.until.seconds * 1000 : Infinity
  const count = 'count' in spec.until ? spec.until.count : Infinity
  const left = new Map(connections.map((connection, index) => [connection, quotaOf(count, index, connections.length)]))
  let busy = 0
  const longest = 'seconds' in spec.until ? spec.until.seconds * 1000 + ANSWER_TIMEOUT_MS : 10 * ANSWER_TIMEOUT_MS
  const finished = new Promise<void>((resolve) => {
    const go = (connection: Connection): void => {
      const own = left.get(connection) ?? 0
      if (own <= 0 || performance.now() >= end) return
      left.set(connection, own - 1)
      busy += 1
      send(connection, performance.now())
    }
    onFree((connection) => {
      busy -= 1
      go(connection)
      if (busy === 0) resolve()
    })
    for (const connection of connections) go(connection)
  })
  await within(longest, finished, () => `${busy} requests were not answered`)
}

/** Requests begin on schedule; what finds no free connection waits, and its latency grows. */
async function onSchedule(spec: LoadSpec, connections: readonly Connection[], onFree: OnFree): Promise<void> {
  const gap = 1000 / (spec.rate ?? 1)
  const total = 'count' in spec.until ? spec.until.count : Math.round(spec.until.seconds * (spec.rate ?? 1))
  const free = [...connections]
  const waiting: number[] = []
  const began = performance.now() + 5
  let scheduled = 0
  let answered = 0
  const finished = new Promise<void>((resolve) => {
    onFree((connection) => {
      answered += 1
      const due = waiting.shift()
      if (due !== undefined) send(connection, due)
      else free.push(connection)
      if (answered === total) resolve()
    })
  })
  const tick = (): void => {
    const now = performance.now()
    for (; scheduled < total && began + scheduled * gap <= now; scheduled += 1) {
      const connection = free.shift()
      if (connection === undefined) waiting.push(began + scheduled * gap)
      else send(connection, began + scheduled * gap)
    }
    if (scheduled < total) setTimeout(tick, 1)
  }
  tick()
  await within(total * gap + ANSWER_TIMEOUT_MS, finished, () => `${total - answered} requests were not answered`)
}

function open(url: string, next: () => string, onAnswer: (connection: Connection, status: string) => void): Promise<Connection> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    const connection: Connection = { socket, next, due: undefined }
    const reader = createReader(({ start }) => onAnswer(connection, start.slice(9, 12)))
    socket.on('data', reader)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.on('close', () => onAnswer(connection, 'closed'))
      resolve(connection)
    })
  })
}

const api = { load }

export type LoadGeneratorApi = typeof api
serve(api)
