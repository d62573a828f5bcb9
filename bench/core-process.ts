import type { Prepared } from './benchmarks/shared.js'
import { serve } from './lab/child.js'
import { inFlight, signal, within } from './lab/pool.js'
import { cpuUsSince, createVendorRecord, VendorBusy, type DispatchResult, type DispatchSpec } from './lab/vendor-record.js'
import { logger, openCore, PLATFORM, type OpenCore } from './open-core.js'
import type { DrainResult } from './peers/drain-bullmq.js'
import { product } from './product.js'
import { percentile } from './stats.js'

/** The core of the gateway in a process of its own: everything below HTTP. Each method opens it on the given Redis and closes it again. */

const { CtiError, systemClock } = await product.kit()
const { createAlarms } = await product.alarms()
const { isFinal, relationTable } = await product.command()

const HOUR = 3_600_000
/** Nothing expires while it is measured. */
const EXPIRY = { LOGIN: HOUR, READY: HOUR, NOT_READY: HOUR, LOGOUT: HOUR }
/** A slow moment of the machine makes a round slow; it does not end it. */
const PATIENT = { expiryMs: EXPIRY, storeTimeoutMs: 20_000 }
const ORIGIN = { principal: 'bench', requestId: 'bench' }

interface OnRedis {
  readonly redisUrl: string
}

/** P6 and P7: commands of many agents, interleaved; one channel each, so that they wait for each other instead of replacing each other. */
async function dispatch({ redisUrl, ...spec }: DispatchSpec & OnRedis): Promise<DispatchResult> {
  const total = spec.agents * spec.perAgent
  const vendor = createVendorRecord(spec)
  const done = signal()
  let settled = 0
  const opened = await openCore({
    redisUrl,
    // The whole back-off, without jitter: the peers wait as long.
    random: () => 1,
    settings: { ...PATIENT, retry: { baseMs: spec.backoffMs, factor: 1, capMs: spec.backoffMs, maxAttempts: 15 } },
    behaviour: {
      set: (agentId, channel) => vendor.call(Number(agentId.slice(1)), Number(channel?.slice(1))).catch(asVendorBusy),
    },
    onChange(command) {
      if (!isFinal(command.status)) return
      settled += 1
      if (settled === total) done.resolve()
    },
  })
  try {
    for (let agent = 0; agent < spec.agents; agent += 1) opened.event(`a${agent}`)
    const began = performance.now()
    const cpu = process.cpuUsage()
    const late = setTimeout(done.resolve, spec.atMostMs)
    await inFlight(spec.producers, total, (index) =>
      submit(opened, `a${index % spec.agents}`, `c${Math.floor(index / spec.agents)}`, `key-${index}`),
    )
    await done.done
    clearTimeout(late)
    return { seconds: (performance.now() - began) / 1000, cpuUs: cpuUsSince(cpu), settled, ...vendor.result() }
  } finally {
    await opened.close()
  }
}

function asVendorBusy(error: unknown): never {
  throw error instanceof VendorBusy ? new CtiError('VENDOR_BUSY', { effect: 'none' }) : error
}

function submit({ core }: OpenCore, agentId: string, channel?: string, key?: string) {
  return core.commands.submit(
    {
      platform: PLATFORM,
      agentId,
      request: { action: 'READY', ...(channel !== undefined && { channel }) },
      origin: ORIGIN,
      ...(key !== undefined && { idempotency: { key, fingerprint: 'bench' } }),
    },
    0,
  )
}

/**
 * Commands that have failed once and wait for their time, made as the runner makes them: stored, set to `retrying`, alarm
 * stored. The core must not have been started. The first one is due `leadMs` from now.
 */
async function park({ engine }: OpenCore, count: number, dueOf: (index: number) => number, leadMs: number): Promise<Prepared> {
  const began = Date.now()
  const alarms = createAlarms(engine.wakeUps, systemClock, logger)
  const soon = (): { deadline: number } => ({ deadline: Date.now() + 5000 })
  await inFlight(50, count, async (index) => {
    const now = Date.now()
    const command = {
      id: `parked-${now}-${index}`,
      platform: PLATFORM,
      agentId: `a${index}`,
      action: { kind: 'READY' },
      origin: ORIGIN,
      acceptedAt: now,
      expiresAt: now + HOUR,
    } as const
    await engine.log.append({ command, relations: relationTable(command.action) }, soon())
    const nextAttemptAt = dueOf(index)
    const problem = { code: 'VENDOR_BUSY' } as const
    if (!(await engine.log.settle(command.id, { status: 'retrying', nextAttemptAt, problem }, undefined, soon())))
      throw new Error('a command could not be parked')
    alarms.set(nextAttemptAt)
  })
  const preparedMs = Date.now() - began
  return { preparedMs, inTime: preparedMs < leadMs - 100 }
}

/** P8: all are due at one instant. */
async function drain({ redisUrl, commands, leadMs }: OnRedis & { commands: number; leadMs: number }): Promise<DrainResult> {
  const done = signal()
  let settled = 0
  const opened = await openCore({
    redisUrl,
    start: false,
    settings: PATIENT,
    behaviour: { set: () => Promise.resolve() },
    onChange(command) {
      if (command.status === 'confirmed') settled += 1
      if (settled === commands) done.resolve()
    },
  })
  try {
    const due = Date.now() + leadMs
    const prepared = await park(opened, commands, () => due, leadMs)
    if (!prepared.inTime) return { ...prepared, seconds: 0, settled: 0 }
    await opened.core.start()
    await within(leadMs + 60_000, done.done, () => `only ${settled} of ${commands} retries were done`)
    return { ...prepared, seconds: (Date.now() - due) / 1000, settled }
  } finally {
    await opened.close()
  }
}

export interface PunctualResult extends Prepared {
  /** ms from the planned instant to the call that sets the state. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Calls of any kind before the planned instant. */
  readonly early: number
  readonly settled: number
}

/** P9: retries due one after the other, `perSecond` of them. */
async function punctual(spec: OnRedis & { perSecond: number; seconds: number; leadMs: number }): Promise<PunctualResult> {
  const commands = Math.round(spec.perSecond * spec.seconds)
  const due = new Float64Array(commands)
  const late: number[] = []
  const done = signal()
  let early = 0
  let settled = 0
  const lateness = (agentId: string): number => {
    const ms = Date.now() - (due[Number(agentId.slice(1))] ?? 0)
    if (ms < 0) early += 1
    return ms
  }
  const opened = await openCore({
    redisUrl: spec.redisUrl,
    start: false,
    settings: PATIENT,
    behaviour: {
      async set(agentId) {
        late.push(lateness(agentId))
      },
      read: (agentId) => void lateness(agentId),
    },
    onChange(command) {
      if (command.status === 'confirmed') settled += 1
      if (settled === commands) done.resolve()
    },
  })
  try {
    const first = Date.now() + spec.leadMs
    for (let index = 0; index < commands; index += 1) due[index] = first + Math.round((index * 1000) / spec.perSecond)
    const prepared = await park(opened, commands, (index) => due[index] ?? first, spec.leadMs)
    if (!prepared.inTime) return { ...prepared, p50: 0, p99: 0, max: 0, early: 0, settled: 0 }
    await opened.core.start()
    await within(spec.leadMs + spec.seconds * 1000 + 60_000, done.done, () => `only ${settled} of ${commands} retries were done`)
    const sorted = Float64Array.from(late).sort()
    return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: percentile(sorted, 1), early, settled, ...prepared }
  } finally {
    await opened.close()
  }
}

export interface HandoffResult {
  readonly p50: number
  readonly p99: number
  readonly settled: number
}

/** P10: from the submit to the begin of the vendor call, one command at a time on schedule, each for another agent. */
async function handoff(spec: OnRedis & { perSecond: number; seconds: number }): Promise<HandoffResult> {
  const commands = Math.round(spec.perSecond * spec.seconds)
  const submitted = new Float64Array(commands)
  const waits: number[] = []
  const done = signal()
  let settled = 0
  const opened = await openCore({
    redisUrl: spec.redisUrl,
    settings: PATIENT,
    behaviour: {
      async set(agentId) {
        waits.push(performance.now() - (submitted[Number(agentId.slice(1))] ?? 0))
      },
    },
    onChange(command) {
      if (isFinal(command.status)) settled += 1
      if (settled === commands) done.resolve()
    },
  })
  try {
    for (let agent = 0; agent < commands; agent += 1) opened.event(`a${agent}`)
    const began = performance.now()
    let next = 0
    const beat = setInterval(() => {
      while (next < commands && began + (next * 1000) / spec.perSecond <= performance.now()) {
        submitted[next] = performance.now()
        void submit(opened, `a${next}`).catch(() => undefined)
        next += 1
      }
      if (next === commands) clearInterval(beat)
    }, 1)
    await within(spec.seconds * 1000 + 30_000, done.done, () => `only ${settled} of ${commands} commands were settled`)
    const sorted = Float64Array.from(waits).sort()
    return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), settled }
  } finally {
    await opened.close()
  }
}

const api = { dispatch, drain, punctual, handoff }

export type CoreApi = typeof api
serve(api)
