import { describe, expect, it } from 'vitest'
import type { Adapter, EventSink, Step } from '../../../src/core/adapter.js'
import { createHeartbeat } from '../../../src/core/site/heartbeat.js'
import { createLinkedAdapter, type RemoteLink } from '../../../src/core/site/linked-adapter.js'
import type { Manifest } from '../../../src/core/model/manifest.js'
import { unknownView } from '../../../src/core/model/agent-state.js'
import { createSharedEngine } from '../../support/memory-processes.js'
import { createVirtualTime } from '../../support/process-clocks.js'
import { silentLogger } from '../../support/storm.js'

const signal = new AbortController().signal
const step = { name: 'set', request: {}, expect: { states: [], withinMs: 1 }, resend: 'safe' } as const satisfies Step

function world(link: Manifest['link']) {
  const calls: string[] = []
  const sinks: EventSink[] = []
  let made = 0
  let owned = false
  const create = (): Adapter => {
    const name = `adapter${++made}`
    const note = (what: string): void => void calls.push(`${name} ${what}`)
    return {
      manifest: { link } as Manifest,
      plan: () => ({ steps: [] }),
      describe: () => ({ target: name }),
      send: () => Promise.resolve((note('send'), {})),
      read: (agentId) => Promise.resolve((note('read'), unknownView(agentId, 0))),
      start: (sink) => Promise.resolve(void (note('start'), sinks.push(sink))),
      stop: () => Promise.resolve(note('stop')),
      health: () => ({ status: 'up', since: 1 }),
      reasons: () => Promise.resolve((note('reasons'), [])),
    }
  }
  const remote: RemoteLink = {
    owns: () => owned,
    read: (_platform, agentId) => Promise.resolve((calls.push('owner read'), unknownView(agentId, 0))),
    list: () => Promise.resolve([]),
    health: () => ({ status: 'degraded', since: 2 }),
  }
  const adapter = createLinkedAdapter('p', create, () => remote)
  return { adapter, calls, sinks, own: (on: boolean) => (owned = on) }
}

describe('an adapter with one link for all', () => {
  it('sends nothing while the link is not this process’s own, and reads by the owner', async () => {
    const { adapter, calls, own } = world('commands')
    await expect(adapter.send(step, { agentId: 'a', signal })).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
    await adapter.read('a', { signal })
    await adapter.reasons({ signal })
    expect(adapter.health().status).toBe('degraded')
    expect(calls).toEqual(['owner read', 'adapter1 reasons'])
    own(true)
    await adapter.send(step, { agentId: 'a', signal })
    expect(calls.at(-1)).toBe('adapter1 send')
    expect(adapter.health().status).toBe('up')
  })

  it('of events only sends and reads everywhere', async () => {
    const { adapter, calls } = world('events')
    await adapter.send(step, { agentId: 'a', signal })
    await adapter.read('a', { signal })
    expect(calls).toEqual(['adapter1 send', 'adapter1 read'])
    expect(adapter.health().status).toBe('degraded')
  })

  it('is another instance after a stop, and hears nothing of the one before', async () => {
    const { adapter, calls, sinks } = world('commands')
    const heard: string[] = []
    const sink: EventSink = { agent: ({ agentId }) => void heard.push(agentId), link: () => undefined }
    await adapter.start(sink)
    sinks[0]?.agent({ agentId: 'one' })
    await adapter.stop()
    sinks[0]?.agent({ agentId: 'late' })
    await adapter.start(sink)
    sinks[0]?.agent({ agentId: 'later' })
    sinks[1]?.agent({ agentId: 'two' })
    await adapter.stop()
    await adapter.stop()
    expect(calls).toEqual(['adapter1 start', 'adapter1 stop', 'adapter2 start', 'adapter2 stop'])
    expect(heard).toEqual(['one', 'two'])
  })

  it('is the adapter itself when every process may have a link', async () => {
    const { adapter, calls } = world('none')
    await adapter.send(step, { agentId: 'a', signal })
    expect(calls).toEqual(['adapter1 send'])
  })
})

describe('the sign of life', () => {
  it('is given every second, tells who else lives, and ends with a good-bye', async () => {
    const time = createVirtualTime()
    const engine = createSharedEngine(time.process())
    const make = (owner: string) => {
      const clock = time.process()
      const site = engine.join(clock)
      return { site, beat: createHeartbeat({ registry: site.registry, owner, clock, logger: silentLogger, storeTimeoutMs: 1_000 }) }
    }
    const [a, b] = [make('a'), make('b')]
    await a.beat.start()
    expect(a.beat.last?.alive).toEqual(['a'])
    await b.beat.start()
    const counts: number[] = []
    a.beat.observe(({ count }) => counts.push(count))
    await time.advance(3_100)
    expect(a.beat.last?.alive).toEqual(['a', 'b'])
    expect(counts).toHaveLength(3)
    a.site.delayMs = 2_000 // slow: beats do not pile up
    await time.advance(10_000)
    expect(counts.length).toBeLessThan(9)
    await b.beat.stop()
    a.site.delayMs = 0
    await time.advance(5_000)
    expect(a.beat.last?.alive).toEqual(['a'])
  })
})
