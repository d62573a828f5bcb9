/** The whole simulated tenant: its agents, sessions, tokens, clock and timers. */
import type { Agent } from './agent.js'
import type { FaultBook } from '../kit/faults.js'
import { mulberry32 } from '../kit/faults.js'
import type { Journal } from '../kit/journal.js'
import type { CxoneOptions, Permission } from './options.js'
import { createPopulation, type Population } from './population.js'
import type { RefusalStore, RefusalWindow } from './refusals.js'
import { createSessionBook, type SessionBook } from './sessions.js'
import { createTokenBook, type SigningKey, type TokenBook } from './tokens.js'

export interface BaseUrls {
  readonly issuer: string
  /** `https://api-{area}.{domain}` (2.1). */
  readonly api: string
  /** `https://api-{cluster}.{acdDomain}` (2.1). */
  readonly acd: string
  readonly userhub: string
}

export interface SavedFile {
  readonly window: RefusalWindow
  /** From when on it can be fetched, epoch ms. */
  readonly readyAt: number
}

/** `reset`: every connection is reset; `unavailable`: 503 for everything. */
export type Outage = 'none' | 'reset' | 'unavailable'

export interface Site {
  readonly options: CxoneOptions
  readonly journal: Journal
  readonly faults: FaultBook
  readonly key: SigningKey
  readonly tokens: TokenBook
  readonly sessions: SessionBook
  population: Population
  /** What the API user may do now. */
  permissions: Set<Permission>
  outage: Outage
  urls: BaseUrls
  /** Resets every open connection; the server puts it in. */
  cutConnections: () => void
  readonly refusals: RefusalStore
  /** Saved files by name. */
  readonly files: Map<string, SavedFile>
  nextContactId: number
  /** The vendor's clock, epoch ms. */
  now(): number
  /** The agent with this id or user id, or undefined. */
  agent(id: string): Agent | undefined
  /** Runs after `ms`, unless the simulator is reset or stopped before. */
  later(ms: number, run: () => void): () => void
  /** Runs after the usual delay of an effect, in the agent's order. */
  inTurn(agentId: number | undefined, run: () => void): void
  reset(): void
  stop(): void
}

export function createSite(options: CxoneOptions, tools: { journal: Journal; faults: FaultBook; key: SigningKey }): Site {
  const timers = new Set<NodeJS.Timeout>()
  const random = mulberry32(7)
  const now = () => Date.now() + options.clockSkewMs
  const clearTimers = () => {
    for (const timer of timers) clearTimeout(timer)
    timers.clear()
  }
  const site: Site = {
    options,
    ...tools,
    tokens: createTokenBook(options, tools.key, now, () => site.urls.issuer),
    sessions: createSessionBook(),
    population: createPopulation(options, now()),
    permissions: new Set(options.permissions),
    outage: 'none',
    urls: { issuer: '', api: '', acd: '', userhub: '' },
    cutConnections: () => undefined,
    refusals: { batches: [], records: [] },
    files: new Map(),
    nextContactId: 90_000_000_001,
    now,
    agent: (id) => {
      const byNumber = /^\d+$/.test(id) ? site.population.agents.get(Number(id)) : undefined
      return byNumber ?? [...site.population.agents.values()].find((agent) => agent.userId === id.toLowerCase())
    },
    later(ms, run) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        run()
      }, ms).unref()
      timers.add(timer)
      return () => {
        clearTimeout(timer)
        timers.delete(timer)
      }
    },
    inTurn(agentId, run) {
      const agent = agentId === undefined ? undefined : site.population.agents.get(agentId)
      const { effectMinMs, effectMaxMs } = options
      const at = Math.max(now() + effectMinMs + random() * Math.max(0, effectMaxMs - effectMinMs), agent?.busyUntil ?? 0)
      if (agent !== undefined) agent.busyUntil = at
      site.later(at - now(), run)
    },
    reset() {
      clearTimers()
      site.sessions.clear()
      site.tokens.revoke()
      site.permissions = new Set(options.permissions)
      site.outage = 'none'
      site.files.clear()
      site.refusals.records.length = 0
      site.refusals.batches.length = 0
      site.population = createPopulation(options, now())
    },
    stop() {
      clearTimers()
      site.sessions.clear()
    },
  }
  return site
}
