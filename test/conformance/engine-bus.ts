import { describe, expect, it, vi } from 'vitest'
import type { Bus, BusMessage } from '../../src/core/site/bus.js'
import type { AgentView } from '../../src/core/model/agent-state.js'
import { soon, unique } from '../support/drafts.js'
import type { SideEngines } from './engine-side.js'

const within = { timeout: 5000, interval: 10 }

/** What is heard, until the returned function ends it. */
function ear(bus: Bus): { readonly heard: BusMessage[]; stop: () => void } {
  const heard: BusMessage[] = []
  return { heard, stop: bus.subscribe((message) => heard.push(message)) }
}

export function silentBusConformance(engines: SideEngines): void {
  it('the bus does nothing: no other process can open this engine', async () => {
    const { bus, registry } = engines.one()
    const { heard } = ear(bus)
    expect(bus.peers).toBe(false)
    bus.publish({ kind: 'settled', id: 'c1' })
    await registry.beat('one', soon())
    await registry.beat('two', soon())
    expect(bus.peers).toBe(false)
    expect(heard).toEqual([])
  })
}

export function busConformance(engines: SideEngines): void {
  describe('the bus', () => {
    it('brings every kind of message to the others, in order, and not back to the sender', async () => {
      const [here, there] = [engines.one().bus, engines.two().bus]
      const [mine, theirs] = [ear(here), ear(there)]
      const view: AgentView = {
        agentId: 'ä/1',
        state: 'UNKNOWN',
        routable: false,
        channels: [],
        observedAt: 1.5,
        source: 'none',
        stale: true,
        vendorState: '\u0000\u{1f600}',
      }
      const messages: readonly BusMessage[] = [
        { kind: 'run', key: 'p/ä "1"\n' },
        { kind: 'replaced', key: 'p/a', commandIds: ['c1', 'c2'] },
        { kind: 'settled', id: 'c3' },
        { kind: 'event', platform: 'p', event: { agentId: 'a', view, refused: { code: 'VENDOR_REJECTED' }, occurredAt: 1 } },
        { kind: 'read', platform: 'p', view },
        { kind: 'link', platform: 'p', event: { status: 'down', side: 'A' } },
        { kind: 'rate', account: 'x' },
      ]
      messages.forEach((message) => here.publish(message))
      await vi.waitFor(() => expect(theirs.heard).toStrictEqual(messages), within)
      expect(mine.heard).toEqual([])
      theirs.stop()
      here.publish({ kind: 'settled', id: 'c4' })
      const later = ear(there)
      here.publish({ kind: 'settled', id: 'c5' })
      await vi.waitFor(() => expect(later.heard.length).toBeGreaterThan(0), within)
      expect(theirs.heard.length).toBe(messages.length)
      mine.stop()
      later.stop()
    })

    it('keeps the order of many, spread over time, in both directions at once', async () => {
      const [here, there] = [engines.one().bus, engines.two().bus]
      const [mine, theirs] = [ear(here), ear(there)]
      for (let at = 0; at < 600; at += 1) {
        here.publish({ kind: 'settled', id: `h${at}` })
        there.publish({ kind: 'settled', id: `t${at}` })
        if (at % 7 === 0) await new Promise((resolve) => setTimeout(resolve, at % 3))
      }
      const expected = (side: string): readonly BusMessage[] =>
        Array.from({ length: 600 }, (_, at) => ({ kind: 'settled', id: `${side}${at}` }))
      await vi.waitFor(() => expect([mine.heard.length, theirs.heard.length]).toEqual([600, 600]), within)
      expect(theirs.heard).toStrictEqual(expected('h'))
      expect(mine.heard).toStrictEqual(expected('t'))
      mine.stop()
      theirs.stop()
    })

    it('carries a message that is longer than what the engine takes at once', async () => {
      const theirs = ear(engines.two().bus)
      const commandIds = Array.from({ length: 9000 }, (_, at) => `ümläut-\u{1f600}-${at}`)
      const message: BusMessage = { kind: 'replaced', key: 'p/a', commandIds }
      engines.one().bus.publish({ kind: 'settled', id: 'before' })
      engines.one().bus.publish(message)
      engines.one().bus.publish({ kind: 'settled', id: 'after' })
      await vi.waitFor(() => expect(theirs.heard.length).toBe(3), within)
      expect(theirs.heard[1]).toStrictEqual(message)
      theirs.stop()
    })

    it('says that nobody listens when the last beat showed nobody else', async () => {
      const { bus, registry } = engines.one()
      const [here, other] = [unique('owner'), unique('owner')]
      await vi.waitFor(async () => expect((await registry.beat(here, soon())).alive).toEqual([here]), { timeout: 8000, interval: 200 })
      expect(bus.peers).toBe(false)
      await engines.two().registry.beat(other, soon())
      await registry.beat(here, soon())
      expect(bus.peers).toBe(true)
      await engines.two().registry.leave(other, soon())
    }, 20_000)
  })
}
