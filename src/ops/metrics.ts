import type { Server } from 'node:http'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { Registry } from 'prom-client'
import type { Clock } from '../core/clock.js'
import type { AppendResult, CommandLog } from '../core/command-log.js'
import { isFinal, type Command } from '../core/model/command.js'
import type { Platforms } from '../core/platforms.js'
import type { Engine } from '../core/wake-ups.js'
import { defineMetrics, type MetricSet } from './metric-definitions.js'
import { createRouteLabels } from './route-labels.js'

/** Where the gauges look when they are asked. */
export interface MetricSources {
  readonly engine: Engine
  readonly platforms: Platforms
  /** An open command without a planned attempt is overdue after this, ms; as the sweep has it. */
  readonly idleMs: number
  readonly storeTimeoutMs: number
  /** Readers of the stream of events. */
  readonly readers: () => number
}

/**
 * What a gateway tells of itself, in the format of Prometheus.
 *
 * Guarantees: each gateway has its own registry; what happens per command or request is a handful of counter increments;
 * everything else is looked up when it is asked for, within the store's deadline; what cannot be looked up is missing, not zero.
 */
export interface Metrics {
  /** A command has reached a status here. */
  readonly changed: (command: Command) => void
  /** The sweep has found forgotten agents. */
  readonly rewoken: (agents: number) => void
  readonly rolledBack: () => void
  /** The same log with its calls timed, and with what it accepts counted. */
  timed(log: CommandLog): CommandLog
  /** Counts and times what this server answers. */
  observe(server: Server): void
  /** What becomes of events. */
  readonly events: {
    readonly appended: (count: number) => void
    readonly dropped: () => void
    readonly delivered: (count: number) => void
    readonly ended: (reason: string) => void
    readonly lag: (ms: number) => void
  }
  watch(sources: MetricSources): void
  render(): Promise<{ readonly contentType: string; readonly body: string }>
  stop(): void
}

export function createMetrics({ clock, version }: { readonly clock: Clock; readonly version: string }): Metrics {
  const registry = new Registry()
  // Workers of one start share a port: a scrape meets any of them.
  registry.setDefaultLabels({ process: String(process.pid) })
  const set = defineMetrics(registry)
  const loop = monitorEventLoopDelay({ resolution: 10 })
  loop.enable()
  // The series are there before the first event: an alert on a rate needs a zero to start from.
  set.rewoken.inc(0)
  set.rollbacks.inc(0)
  set.eventsDropped.inc(0)
  set.started.set(clock.now() / 1000 - process.uptime())
  let sources: MetricSources | undefined
  let rendering: Promise<{ contentType: string; body: string }> | undefined

  async function render(): Promise<{ contentType: string; body: string }> {
    collectProcess(set, loop)
    if (sources !== undefined) {
      collectPlatforms(set, sources.platforms)
      set.eventReaders.set(sources.readers())
      set.info.set({ version, engine: sources.engine.name }, 1)
      await collectEngine(set, sources, clock)
    }
    return { contentType: registry.contentType, body: await registry.metrics() }
  }

  return {
    changed: (command) => countCommand(set, command),
    rewoken: (agents) => set.rewoken.inc(agents),
    rolledBack: () => set.rollbacks.inc(),
    timed: (log) => timedLog(log, set),
    observe: (server) => observeServer(server, set),
    events: {
      appended: (count) => set.eventsAppended.inc(count),
      dropped: () => set.eventsDropped.inc(),
      delivered: (count) => set.eventsDelivered.inc(count),
      ended: (reason) => set.eventReadersEnded.inc({ reason }),
      lag: (ms) => set.eventLag.set(ms / 1000),
    },
    watch(given) {
      sources = given
    },
    // Whoever asks while another's answer is being made gets that one: many scrapers cost the store no more than one.
    render: () => (rendering ??= render().finally(() => (rendering = undefined))),
    stop: () => loop.disable(),
  }
}

function countCommand({ commands, confirmation, attempts }: MetricSet, command: Command): void {
  const { platform, status } = command
  const action = command.action.kind
  commands.at(platform, action, status === 'sent' && command.pending === true ? 'pending' : status).n += 1
  if (!isFinal(status)) return
  attempts.at(platform).observe(command.attempts)
  if (status !== 'confirmed' || command.settledAt === undefined) return
  confirmation.at(platform, action).observe(Math.max(0, command.settledAt - command.acceptedAt) / 1000)
}

/** The other calls go straight to the log: the new object stands before it. */
function timedLog(log: CommandLog, { storeCalls, commands }: MetricSet): CommandLog {
  const timed = <R>(call: keyof CommandLog, begin: () => Promise<R>, onAnswer?: (answer: R) => void): Promise<R> => {
    const begun = performance.now()
    const pending = begin()
    pending.then(
      (answer) => {
        storeCalls.at(call, 'ok').observe((performance.now() - begun) / 1000)
        onAnswer?.(answer)
      },
      () => storeCalls.at(call, 'failed').observe((performance.now() - begun) / 1000),
    )
    return pending
  }
  const accepted = (answer: AppendResult): void => {
    if (answer.kind === 'accepted') commands.at(answer.command.platform, answer.command.action.kind, 'accepted').n += 1
  }
  const calls: Partial<CommandLog> = {
    append: (draft, options) => timed('append', () => log.append(draft, options), accepted),
    get: (id, options) => timed('get', () => log.get(id, options)),
    take: (key, owner, ttlMs, options) => timed('take', () => log.take(key, owner, ttlMs, options)),
    renew: (lease, ttlMs, options) => timed('renew', () => log.renew(lease, ttlMs, options)),
    claimSend: (id, lease, now, options) => timed('claimSend', () => log.claimSend(id, lease, now, options)),
    settle: (id, change, lease, options) => timed('settle', () => log.settle(id, change, lease, options)),
    finish: (id, change, lease, now, options) => timed('finish', () => log.finish(id, change, lease, now, options)),
    due: (now, idleMs, limit, options) => timed('due', () => log.due(now, idleMs, limit, options)),
  }
  return Object.assign(Object.create(log) as CommandLog, calls)
}

function observeServer(server: Server, { http, httpSeconds }: MetricSet): void {
  const routeOf = createRouteLabels()
  server.prependListener('request', (request, response) => {
    const begun = performance.now()
    response.once('close', () => {
      const route = routeOf(request.url ?? '')
      // A caller that went away has seen no status.
      http.at(methodOf(request.method), route, response.writableFinished ? String(response.statusCode) : 'aborted').n += 1
      httpSeconds.at(route).observe((performance.now() - begun) / 1000)
    })
  })
}

const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])
const methodOf = (method: string | undefined): string => (method !== undefined && METHODS.has(method) ? method : 'other')

const LINK_STATUSES = ['connecting', 'up', 'degraded', 'down'] as const
const CIRCUITS = ['closed', 'half-open', 'open'] as const

function collectPlatforms({ link, circuit, gateWaiting, gateInside }: MetricSet, platforms: Platforms): void {
  for (const { id: platform, adapter, gate } of platforms.all()) {
    const { status: now } = adapter.health()
    for (const status of LINK_STATUSES) link.set({ platform, status }, status === now ? 1 : 0)
    for (const state of CIRCUITS) circuit.set({ platform, state }, state === gate.circuit ? 1 : 0)
    gateWaiting.set({ platform }, gate.waiting)
    gateInside.set({ platform }, gate.inside)
  }
}

async function collectEngine(set: MetricSet, { engine, idleMs, storeTimeoutMs }: MetricSources, clock: Clock): Promise<void> {
  const within = { deadline: clock.now() + storeTimeoutMs }
  const [backlog, overdue, queue] = await Promise.allSettled([
    engine.log.backlog(within),
    longestOverdue(engine.log, idleMs, clock, within.deadline),
    engine.wakeUps.stats(),
  ])
  for (const gauge of [set.open, set.oldestOpen, set.overdue]) gauge.remove()
  set.queue.reset()
  set.storeUp.set(backlog.status === 'fulfilled' ? 1 : 0)
  if (backlog.status === 'fulfilled') {
    const { open, oldestAcceptedAt } = backlog.value
    set.open.set(open)
    set.oldestOpen.set(oldestAcceptedAt === undefined ? 0 : Math.max(0, clock.now() - oldestAcceptedAt) / 1000)
  }
  if (overdue.status === 'fulfilled') set.overdue.set(overdue.value / 1000)
  if (queue.status === 'fulfilled') for (const [state, count] of Object.entries(queue.value)) set.queue.set({ state }, count)
}

/** ms for which the head of the longest overdue agent has been due; 0: none is. */
async function longestOverdue(log: CommandLog, idleMs: number, clock: Clock, deadline: number): Promise<number> {
  const now = clock.now()
  const [key] = await log.due(now, idleMs, 1, { deadline })
  const head = key === undefined ? undefined : await log.head(key, { deadline })
  if (head === undefined) return 0
  return Math.max(0, now - (head.nextAttemptAt ?? (head.sentAt ?? head.acceptedAt) + idleMs))
}

const QUANTILES = [50, 99] as const

function collectProcess(set: MetricSet, loop: ReturnType<typeof monitorEventLoopDelay>): void {
  // Nanoseconds, measured over the resolution of 10 ms that is no delay.
  for (const quantile of QUANTILES) {
    const seconds = Math.max(0, loop.percentile(quantile) / 1e9 - 0.01)
    set.loopDelay.set({ quantile: String(quantile / 100) }, seconds)
  }
  loop.reset()
  const { user, system } = process.cpuUsage()
  set.cpu.reset()
  set.cpu.inc({ mode: 'user' }, user / 1e6)
  set.cpu.inc({ mode: 'system' }, system / 1e6)
  const { rss, heapUsed } = process.memoryUsage()
  set.rss.set(rss)
  set.heap.set(heapUsed)
}
