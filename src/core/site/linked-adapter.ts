import type { Adapter, EventSink, LinkHealth } from '../adapter.js'
import type { AgentView } from '../model/agent-state.js'
import { CtiError } from '../model/error.js'

/** What a process without the platform's link can learn of it from the one that has it. */
export interface RemoteLink {
  /** Has this process the link now? Never true longer than its lease (see `link-owner.ts`). */
  owns(platform: string): boolean
  /** Fails: what the owner's read failed with; VENDOR_UNAVAILABLE when nobody has the link; the signal's reason. */
  read(platform: string, agentId: string, signal: AbortSignal): Promise<AgentView>
  list(platform: string, signal: AbortSignal): Promise<readonly AgentView[]>
  health(platform: string): LinkHealth
}

/**
 * An adapter whose link may exist once per site only, as one of several processes sees it.
 *
 * Guarantees: over a link of kind `commands` nothing is sent unless the link is this process's own in that very moment, whatever the
 * caller believed; its reads and lists are then the owner's. What needs no link (plan, describe, reasons, preview, refusals) works
 * everywhere. It can be started again after a stop: every start after a stop is of a new instance, and what a stopped one still hears is dropped.
 */
export function createLinkedAdapter(platform: string, create: () => Adapter, remote: () => RemoteLink): Adapter {
  const first = create()
  const { manifest } = first
  if (manifest.link === 'none') return first
  let instance: Adapter | undefined = first
  let started = false
  /** Grows with every start and stop: whose sink may still speak. */
  let life = 0
  const present = (): Adapter => (instance ??= create())
  const elsewhere = (): boolean => manifest.link === 'commands' && !remote().owns(platform)

  return {
    manifest,
    plan: (action, agentId, view) => present().plan(action, agentId, view),
    describe: (step, agentId) => present().describe(step, agentId),
    send(step, options) {
      if (elsewhere()) return Promise.reject(notHere(platform))
      return present().send(step, options)
    },
    read: (agentId, options) => (elsewhere() ? remote().read(platform, agentId, options.signal) : present().read(agentId, options)),
    async start(sink) {
      if (started) await this.stop()
      started = true
      life += 1
      await present().start(whileAlive(sink, life, () => life))
    },
    async stop() {
      const old = instance
      instance = undefined
      started = false
      life += 1
      await old?.stop()
    },
    health: () => (remote().owns(platform) ? present().health() : remote().health(platform)),
    ...(first.list !== undefined && {
      list: (options) => (elsewhere() ? remote().list(platform, options.signal) : listOf(present(), options)),
    }),
    reasons: (options) => present().reasons(options),
    ...(first.preview !== undefined && { preview: (agentId, view, options) => previewOf(present(), agentId, view, options) }),
    ...(first.refusals !== undefined && { refusals: (query) => refusalsOf(present(), query) }),
  }
}

function notHere(platform: string): CtiError {
  return new CtiError('VENDOR_UNAVAILABLE', { effect: 'none', detail: `this process does not hold the link of ${platform}` })
}

function whileAlive(sink: EventSink, mine: number, life: () => number): EventSink {
  return {
    agent: (event) => {
      if (life() === mine) sink.agent(event)
    },
    link: (event) => {
      if (life() === mine) sink.link(event)
    },
  }
}

// What the first instance has, every one has: an adapter's abilities follow from its options.
type Optional<K extends 'list' | 'preview' | 'refusals'> = NonNullable<Adapter[K]>
const listOf = (adapter: Adapter, ...given: Parameters<Optional<'list'>>): ReturnType<Optional<'list'>> =>
  (adapter as Required<Adapter>).list(...given)
const previewOf = (adapter: Adapter, ...given: Parameters<Optional<'preview'>>): ReturnType<Optional<'preview'>> =>
  (adapter as Required<Adapter>).preview(...given)
const refusalsOf = (adapter: Adapter, ...given: Parameters<Optional<'refusals'>>): ReturnType<Optional<'refusals'>> =>
  (adapter as Required<Adapter>).refusals(...given)
