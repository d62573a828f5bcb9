import type { Adapter, Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { Core } from '../core.js'
import { createForwarding } from './forwarding.js'
import { createHeartbeat, type Heartbeat } from './heartbeat.js'
import { createLinkOwner, createSoleOwner, type LinkOwner } from './link-owner.js'
import { createLinkedAdapter, type RemoteLink } from './linked-adapter.js'
import type { AgentView } from '../model/agent-state.js'
import { CtiError } from '../model/error.js'
import type { Platforms } from '../platforms.js'
import type { Presence } from '../agents/presence.js'
import { createRemoteReads } from './remote-reads.js'
import type { SiteHooks } from './site-hooks.js'
import { createSiteNews } from './site-news.js'
import { createSealer } from './site-secret.js'
import type { Engine } from '../wake-ups.js'
import type { Command } from '../model/command.js'

/** Between the adapters, which are there from the start, and the site, which is known when the engine is open. */
export interface LinkDoor {
  /** For `createPlatforms`: an adapter with a link that exists once per site goes through the door. */
  readonly wrap: (platform: string, create: () => Adapter) => Adapter
  open(remote: RemoteLink): void
}

export function createLinkDoor(clock: Pick<Clock, 'now'>): LinkDoor {
  const opening = (): Promise<never> => Promise.reject(new CtiError('STORE_UNAVAILABLE', { detail: 'the store is being opened' }))
  const since = clock.now()
  let remote: RemoteLink = { owns: () => false, read: opening, list: opening, health: () => ({ status: 'connecting', since }) }
  return {
    wrap: (platform, create) => createLinkedAdapter(platform, create, () => remote),
    open: (given) => void (remote = given),
  }
}

/** This process as one of its site: what it owns, what it tells, what it does for the others. */
export interface Site {
  /** For the core: what of its work belongs to another process. */
  readonly hooks: SiteHooks
  /** To be told of every change of a command here. */
  readonly changed: (command: Command) => void
  /** Platforms whose adapters the site starts and stops itself. */
  readonly linked: ReadonlySet<string>
  /** Does this process tell the site of this platform? Of a link that exists once per site the owner does, of others everybody. */
  readonly tells: (platform: string) => boolean
  /** Processes that are alive, this one included. */
  readonly processes: number
  /** Which process has the platform's link: this one, another one that has been heard of lately, or nobody. */
  ownerOf(platform: string): LinkHolder
  /** Called with every sign of life that the engine has answered. Returns the function that ends it. */
  readonly onBeat: Heartbeat['observe']
  /** Resolves when it is known, as far as the engine answers, which links are this process's own. */
  start(): Promise<void>
  /** Closes the links and gives them away, says good-bye. Bounded. */
  stop(graceMs: number): Promise<void>
}

export type LinkHolder = 'here' | 'elsewhere' | 'nobody'

export interface SiteParts {
  readonly engine: Engine
  readonly platforms: Platforms
  readonly presence: Presence
  readonly door: LinkDoor
  /** Unique per process. */
  readonly owner: string
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  /** Common to all processes of the site; missing: passwords stay where they were accepted. */
  readonly siteSecret: string | undefined
  readonly core: () => Core
  /** The owner of a platform's link is not heard of any more. */
  readonly onSilent?: (platform: string) => void
  /** A fresh read here. */
  readonly readHere: (platform: string, agentId: string) => Promise<AgentView>
}

export function createSite(parts: SiteParts): Site {
  const { engine, platforms, presence, clock, logger, owner, storeTimeoutMs } = parts
  const { bus } = engine
  const linked = new Set(platforms.all().flatMap(({ id, adapter }) => (adapter.manifest.link === 'none' ? [] : [id])))
  const linkOf = (platform: string) => platforms.get(platform)?.adapter.manifest.link
  const owns = (platform: string): boolean => owners.owns(platform)
  const news = createSiteNews({
    bus,
    presence,
    clock,
    logger,
    shared: [...linked],
    owns,
    healthHere: (platform) => platforms.get(platform)?.adapter.health() ?? { status: 'down', since: clock.now() },
    askAll: (platform) => reads.askAll(platform),
    ...(parts.onSilent !== undefined && { onSilent: parts.onSilent }),
  })
  const reads = createRemoteReads({ bus, presence, news, owns, readHere: parts.readHere })
  const forwarding = createForwarding({
    bus,
    log: engine.log,
    clock,
    logger,
    storeTimeoutMs,
    linkOf,
    owns,
    core: () => coreOf(parts.core()),
    sealer: parts.siteSecret === undefined ? undefined : createSealer(parts.siteSecret),
  })
  const heartbeat = createHeartbeat({
    registry: engine.registry,
    owner,
    clock,
    logger,
    storeTimeoutMs,
    onSign: (answered) => parts.core().sign(answered),
  })
  const owners = linksOf(parts, linked, news.sinkOf)
  owners.observe((platform, term) => {
    news.owned(platform, term)
    if (term !== undefined) void forwarding.gained(platform)
  })
  parts.door.open({ owns, read: reads.read, list: reads.list, health: news.health })
  return {
    hooks: forwarding,
    changed: forwarding.changed,
    linked,
    tells: (platform) => !linked.has(platform) || owns(platform),
    onBeat: heartbeat.observe,
    get processes() {
      return Math.max(1, heartbeat.last?.alive.length ?? 1)
    },
    ownerOf(platform) {
      if (!linked.has(platform) || owns(platform)) return 'here'
      return news.hasOwner(platform) ? 'elsewhere' : 'nobody'
    },
    async start() {
      news.start()
      reads.start()
      forwarding.start()
      // First who is there, then who has what: the bus is silent until others are known of.
      await heartbeat.start()
      await owners.start()
    },
    async stop(graceMs) {
      await owners.stop(graceMs)
      forwarding.stop()
      reads.stop()
      news.stop()
      await heartbeat.stop()
    },
  }
}

function coreOf(core: Core) {
  return {
    run: (key: string) => void core.runner.run(key),
    acceptedElsewhere: core.acceptedElsewhere,
    superseded: core.runner.superseded,
    settledElsewhere: core.settledElsewhere,
    awaited: core.awaited,
    secretOf: core.secretOf,
  }
}

function linksOf(
  { engine, platforms, owner, clock, logger, storeTimeoutMs }: SiteParts,
  linked: ReadonlySet<string>,
  sinkOf: (platform: string) => Parameters<Adapter['start']>[0],
): LinkOwner {
  const links = platforms
    .all()
    .flatMap(({ id, adapter }) =>
      linked.has(id) ? [{ platform: id, start: () => adapter.start(sinkOf(id)), stop: () => adapter.stop() }] : [],
    )
  if (engine.name === 'embedded') return createSoleOwner({ links, logger })
  return createLinkOwner({ links, sites: engine.sites, bus: engine.bus, owner, clock, logger, storeTimeoutMs })
}
