import { beforeEach, describe, expect, it } from 'vitest'
import { createPresence, type Presence } from '../../../src/core/agents/presence.js'
import { createEventPublisher, type EventPublisher } from '../../../src/core/events/event-publisher.js'
import type { EventLog, StreamEvent } from '../../../src/core/events/event-log.js'
import type { AgentState, AgentView } from '../../../src/core/model/agent-state.js'
import type { Command, CommandStatus } from '../../../src/core/model/command.js'
import { createMemoryEngine, type MemoryEngine } from '../../support/memory-engine.js'
import { createVirtualClock, type VirtualClock } from '../../support/process-clocks.js'
import { silentLogger } from '../../support/storm.js'

const MAX = 10

let clock: VirtualClock
let engine: MemoryEngine
let presence: Presence
let publisher: EventPublisher
let dropped: number
let steps: number[]

beforeEach(() => {
  clock = createVirtualClock()
  engine = createMemoryEngine({ clock })
  presence = createPresence()
  ;[dropped, steps] = [0, []]
  const append: EventLog['append'] = (drafts, options) => {
    steps.push(drafts.length)
    return engine.events.append(drafts, options)
  }
  publisher = createEventPublisher({
    events: { append },
    presence,
    platforms: ['p'],
    mayTell: () => true,
    clock,
    logger: silentLogger,
    storeTimeoutMs: 1_000,
    onDropped: () => (dropped += 1),
    maxCommands: MAX,
  })
})

const view = (agentId: string, state: AgentState): AgentView => ({
  agentId,
  state,
  routable: false,
  channels: [],
  observedAt: clock.now(),
  source: 'event',
  stale: false,
})
const command = (seq: number, status: CommandStatus = 'accepted'): Command => ({
  id: `c${seq}`,
  platform: 'p',
  agentId: 'a',
  action: { kind: 'READY' },
  origin: { principal: 'crm', requestId: 'r' },
  status,
  seq,
  attempts: 0,
  acceptedAt: 1,
  expiresAt: 2,
})
const stored = async (): Promise<readonly StreamEvent[]> => (await engine.events.after(0, 10_000, { deadline: clock.now() + 1_000 })).events
const words = async (): Promise<readonly string[]> =>
  (await stored()).map((event) => {
    if (event.type === 'agent') return `${event.agentId} ${event.view.state}`
    if (event.type === 'command') return `${event.command.id} ${event.command.status}`
    return event.type === 'gap' ? `gap ${event.dropped}` : event.status
  })

describe('the publisher of events', () => {
  it('makes one step of what comes within 20 ms, with the newest of each agent and command', async () => {
    for (const state of ['LOGGED_OUT', 'NOT_READY', 'READY'] as const) presence.event('p', { agentId: 'a', view: view('a', state) })
    publisher.command(command(1))
    publisher.command(command(1, 'sent'))
    presence.event('p', { agentId: 'b', view: view('b', 'BUSY') })
    await clock.advance(19)
    expect(steps).toEqual([])
    await clock.advance(1)
    expect(await words()).toEqual(['a READY', 'b BUSY', 'c1 sent'])
    expect(steps).toEqual([3])
  })

  it('keeps the newest commands while the store is away, then says how many are missing, and tells the newest of every agent', async () => {
    engine.fail(true)
    for (let seq = 1; seq <= MAX + 15; seq += 1) {
      publisher.command(command(seq))
      for (const state of ['NOT_READY', 'READY'] as const) presence.event('p', { agentId: `a${seq % 4}`, view: view(`a${seq % 4}`, state) })
      await clock.advance(100)
    }
    expect(dropped).toBe(15)
    // It is tried every half second, not with every change.
    expect(steps.length).toBeLessThan(15)
    engine.fail(false)
    await clock.advance(600)
    const told = await words()
    expect(told.slice(0, 4).sort()).toEqual(['a0 READY', 'a1 READY', 'a2 READY', 'a3 READY'])
    expect(told.slice(4)).toEqual(['gap 15', ...Array.from({ length: MAX }, (_, at) => `c${16 + at} accepted`)])
    publisher.command(command(99))
    await clock.advance(20)
    expect((await words()).slice(15)).toEqual(['c99 accepted'])
  })

  it('tells once a day what is not news, so that the log knows that the agent is there', async () => {
    const HOUR = 3_600_000
    for (let hour = 0; hour < 49; hour += 1) {
      presence.event('p', { agentId: 'a', view: view('a', 'READY') })
      await clock.advance(HOUR)
    }
    expect(steps).toEqual([1, 1, 1])
    expect(await words()).toEqual(['a READY'])
    expect(await engine.events.forget(clock.now() - 25 * HOUR, ['p'], { deadline: clock.now() })).toBe(0)
    expect(await engine.events.forget(clock.now(), ['p'], { deadline: clock.now() })).toBe(1)
  })

  it('tells a lost link although it is back already, and once', async () => {
    presence.link('p', { status: 'down', detail: 'reset' })
    presence.link('p', { status: 'up' })
    presence.link('p', { status: 'down', detail: 'reset' })
    presence.link('p', { status: 'up' })
    await clock.advance(20)
    expect(await words()).toEqual(['down', 'up'])
  })

  it('stores a crowd in steps of at most 200', async () => {
    for (let at = 0; at < 450; at += 1) presence.event('p', { agentId: `a${at}`, view: view(`a${at}`, 'READY') })
    await clock.advance(100)
    expect(await stored()).toHaveLength(450)
    expect(Math.max(...steps)).toBe(200)
  })

  it('stores what waits when it is stopped, and does not wait longer than it is told to', async () => {
    presence.event('p', { agentId: 'a', view: view('a', 'READY') })
    await publisher.stop(1_000)
    expect(await words()).toEqual(['a READY'])
    presence.event('p', { agentId: 'a', view: view('a', 'BUSY') })
    await clock.advance(1_000)
    expect(await words()).toEqual(['a READY'])
  })
})
