/** The simulated Finesse pair: one contact center whose users both nodes share, and the listeners of both nodes. */
import type { FaultBook } from '../kit/faults.js'
import type { Journal } from '../kit/journal.js'
import type { FinesseOptions } from './options.js'
import { populate, type Population, type User } from './population.js'
import type { AsyncError, Snapshot } from './user-rules.js'
import { errorUpdate, systemUpdate, userUpdate, type NodeInfo } from './xml.js'

export const NODE_NAMES = ['primary', 'secondary'] as const
export type NodeName = (typeof NODE_NAMES)[number]
export type NodeStatus = 'IN_SERVICE' | 'OUT_OF_SERVICE'

/** One XMPP connection, as the site sees it. */
export interface Listener {
  readonly node: NodeName
  readonly userId: string
  /** Present with priority at least 0 (section 4.8). */
  readonly available: boolean
  readonly subscriptions: ReadonlySet<string>
  deliver(node: string, payload: string): void
  presence(available: boolean): void
  cut(): void
  silence(): void
}

export interface Site {
  readonly options: FinesseOptions
  readonly journal: Journal
  readonly faults: FaultBook
  readonly listeners: Set<Listener>
  readonly status: Record<NodeName, NodeStatus>
  /** Hosts as SystemInfo names them. */
  readonly hosts: Record<NodeName, string>
  population: Population
  later(ms: number, run: () => void): void
  user(id: unknown): User
  /** Notifies everybody who listens to this user or to the team. */
  publishUser(snapshot: Snapshot, requestId?: string): void
  publishError(userId: string, error: AsyncError, requestId: string | undefined): void
  publishStatus(node: NodeName): void
  info(node: NodeName): NodeInfo
  reset(): void
  stop(): void
}

export const userNode = (id: string): string => `/finesse/api/User/${id}`
export const teamUsersNode = (id: number): string => `/finesse/api/Team/${id}/Users`
export const SYSTEM_NODE = '/finesse/api/SystemInfo'

export function createSite(options: FinesseOptions, tools: { journal: Journal; faults: FaultBook }): Site {
  const timers = new Set<NodeJS.Timeout>()
  const site: Site = {
    options,
    journal: tools.journal,
    faults: tools.faults,
    listeners: new Set(),
    status: { primary: 'IN_SERVICE', secondary: 'IN_SERVICE' },
    hosts: { primary: '', secondary: '' },
    population: populate(options),
    later(ms, run) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        run()
      }, ms)
      timer.unref()
      timers.add(timer)
    },
    user(id) {
      const user = site.population.users.get(String(id))
      if (user === undefined) throw new Error(`field "agentId" must name a user of this site, not ${String(id)}`)
      return user
    },
    publishUser(snapshot, requestId) {
      const { reasons } = site.population
      publish(site, userNode(snapshot.id), userUpdate(snapshot, reasons, requestId), snapshot.id)
      const team = teamUsersNode(snapshot.teamId)
      publish(site, team, userUpdate(snapshot, reasons, requestId, team), snapshot.id)
    },
    publishError: (userId, error, requestId) => publish(site, userNode(userId), errorUpdate(userId, error, requestId), userId),
    publishStatus: (node) => publish(site, SYSTEM_NODE, systemUpdate(site.info(node), options), undefined, node),
    info: (node) => ({ status: site.status[node], primaryHost: site.hosts.primary, secondaryHost: site.hosts.secondary }),
    reset() {
      site.population = populate(options)
    },
    stop() {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
  return site
}

function publish(site: Site, node: string, payload: string, agentId: string | undefined, only?: NodeName): void {
  for (const listener of [...site.listeners]) {
    if (!listener.available || !listener.subscriptions.has(node)) continue
    if (only !== undefined ? listener.node !== only : site.status[listener.node] !== 'IN_SERVICE') continue
    deliver(site, listener, node, payload, agentId)
  }
}

function deliver(site: Site, listener: Listener, node: string, payload: string, agentId: string | undefined): void {
  const fault = site.faults.take('xmpp publish', agentId, ['xmpp-cut', 'xmpp-silence', 'no-event', 'duplicate-event', 'late-event'])
  if (fault?.kind === 'xmpp-cut') listener.cut()
  else if (fault?.kind === 'xmpp-silence') listener.silence()
  else if (fault?.kind === 'late-event') site.later(fault.delayMs ?? 1000, () => listener.deliver(node, payload))
  else if (fault?.kind !== 'no-event') {
    listener.deliver(node, payload)
    if (fault?.kind === 'duplicate-event') listener.deliver(node, payload)
  }
}
