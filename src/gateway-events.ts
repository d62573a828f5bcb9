import type { Config } from './config.js'
import type { Logger } from './core/adapter.js'
import type { Clock } from './core/clock.js'
import { keepEventLog } from './core/events/event-keeper.js'
import { createEventPublisher, createEpochWatch } from './core/events/event-publisher.js'
import { createEventRecovery } from './core/events/event-recovery.js'
import type { Command } from './core/model/command.js'
import type { Platforms } from './core/platforms.js'
import type { Presence } from './core/agents/presence.js'
import type { RollbackWatch } from './core/site/rollback-watch.js'
import type { Site } from './core/site/site.js'
import type { Views } from './core/agents/views.js'
import type { Engine } from './core/wake-ups.js'
import { createEventStreams, type EventStreams } from './http/events/stream.js'
import type { Keyring } from './http/keyring.js'
import type { Metrics } from './ops/metrics.js'

/** The stream of events of one gateway: what writes it, what reads it. */
export interface GatewayEvents {
  readonly streams: EventStreams
  readonly command: (command: Command) => void
  /** The process that has this platform's link is silent. */
  readonly silent: (platform: string) => void
  /** What was announced on the bus. */
  readonly poke: () => void
  /** Stores what waits, within the bound. The streams are ended separately, and first. */
  stop(graceMs: number): Promise<void>
}

export interface GatewayEventsParts {
  readonly config: Config
  readonly engine: Engine
  readonly site: Site
  readonly watch: RollbackWatch
  readonly platforms: Platforms
  readonly presence: Presence
  readonly views: () => Views | undefined
  readonly keyring: Keyring
  readonly metrics: Metrics
  readonly owner: string
  readonly clock: Clock
  readonly logger: Logger
}

/** To be made before the platforms start, so that nothing they say is missed. */
export function createGatewayEvents(parts: GatewayEventsParts): GatewayEvents {
  const { config, engine, site, watch, platforms, presence, metrics, owner, clock, logger } = parts
  const common = { clock, logger, platforms: platforms.all().map(({ id }) => id), storeTimeoutMs: config.limits.storeTimeoutMs }
  const publisher = createEventPublisher({
    ...common,
    events: engine.events,
    presence,
    mayTell: site.tells,
    onAppended(count) {
      metrics.events.appended(count)
      streams.poke()
      engine.bus.publish({ kind: 'events' })
    },
    onDropped: metrics.events.dropped,
  })
  const streams = createEventStreams({
    ...common,
    log: engine.events,
    maxReaders: config.limits.maxEventReaders,
    keyring: parts.keyring,
    metrics: metrics.events,
    onFirst: () =>
      platforms.all().forEach(
        (platform) =>
          void parts
            .views()
            ?.list(platform)
            .catch(() => undefined),
      ),
  })
  const endKeeper = keepEventLog({ ...common, log: engine.events, forgetAgentsMs: config.limits.forgetAgentsMs })
  const recovery = createEventRecovery({ ...common, owner, log: engine.log, tell: publisher.command })
  recovery.started(watch.lastSignBefore)
  // What nobody was there to hear: of a link that exists once per site its new owner says so.
  if (watch.aloneAtStart) for (const { id } of platforms.all()) if (!site.linked.has(id)) publisher.unheard(id)
  site.onBeat(recovery.heard)
  site.onBeat(createEpochWatch(() => publisher.again()))
  return {
    streams,
    command: publisher.command,
    silent: publisher.silent,
    poke: streams.poke,
    async stop(graceMs) {
      recovery.stop()
      endKeeper()
      await publisher.stop(graceMs)
    },
  }
}
