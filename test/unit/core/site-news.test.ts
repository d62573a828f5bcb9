import { setMaxListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { AgentState, AgentView } from '../../../src/core/model/agent-state.js'
import { CtiError } from '../../../src/core/model/error.js'
import { createPresence, type Presence } from '../../../src/core/agents/presence.js'
import { createRemoteReads, type RemoteReads } from '../../../src/core/site/remote-reads.js'
import { createSiteNews, type SiteNews } from '../../../src/core/site/site-news.js'
import { createSharedEngine, type ProcessSite } from '../../support/memory-processes.js'
import { silentLogger } from '../../support/storm.js'
import { createVirtualTime, type ProcessClock, type VirtualTime } from '../../support/process-clocks.js'

const P = 'cisco'
const MUTE = new AbortController().signal
setMaxListeners(0, MUTE)

interface Member {
  readonly clock: ProcessClock
  readonly site: ProcessSite
  readonly presence: Presence
  readonly news: SiteNews
  readonly reads: RemoteReads
  /** Views taken over here, in order. */
  readonly seen: string[]
  /** Agents read at the vendor by this process. */
  readonly asked: string[]
  own(term: number | undefined): void
}

const view = (agentId: string, state: AgentState, more: Partial<AgentView> = {}): AgentView => ({
  agentId,
  state,
  routable: state === 'READY',
  channels: [],
  observedAt: 0,
  source: 'event',
  stale: false,
  ...more,
})

interface World {
  readonly time: VirtualTime
  join(vendor?: (agentId: string) => Promise<AgentView>): Member
}

function world(): World {
  const time = createVirtualTime()
  const engine = createSharedEngine(time.process())
  return {
    time,
    join(vendor = (agentId) => Promise.resolve(view(agentId, 'READY', { source: 'read' }))) {
      const clock = time.process()
      const site = engine.join(clock)
      const presence = createPresence()
      const seen: string[] = []
      const asked: string[] = []
      let term: number | undefined
      const owns = (platform: string): boolean => platform === P && term !== undefined
      presence.observe((_platform, _before, after) => seen.push(`${after.agentId} ${after.state}`))
      const news = createSiteNews({
        bus: site.bus,
        presence,
        clock,
        logger: silentLogger,
        shared: [P],
        owns,
        healthHere: () => ({ status: 'up', since: 7 }),
        askAll: (platform) => reads.askAll(platform),
      })
      const reads = createRemoteReads({
        bus: site.bus,
        presence,
        news,
        owns,
        async readHere(platform, agentId) {
          asked.push(agentId)
          const fresh = await vendor(agentId)
          presence.read(platform, fresh)
          return fresh
        },
      })
      news.start()
      reads.start()
      const own = (next: number | undefined): void => {
        term = next
        news.owned(P, next)
      }
      return { clock, site, presence, news, reads, seen, asked, own }
    },
  }
}

const hear = (member: Member, agentId: string, state: AgentState, occurredAt?: number): void =>
  member.news.sinkOf(P).agent({ agentId, view: view(agentId, state), ...(occurredAt !== undefined && { occurredAt }) })

describe('news of a platform', () => {
  it('are taken over by the others in order and once, also when the bus doubles them', async () => {
    const { time, join } = world()
    const [owner, follower] = [join(), join()]
    owner.own(1)
    await time.advance(10)
    const states = ['NOT_READY', 'READY', 'BUSY', 'WRAP_UP', 'READY'] as const
    for (const [at, state] of states.entries()) hear(owner, 'a', state, at)
    owner.presence.read(P, view('b', 'READY', { source: 'read' }))
    await time.advance(10)
    expect(follower.seen).toEqual([...states.map((state) => `a ${state}`), 'b READY'])
    const again = follower.site.heard.filter(({ kind }) => kind === 'event' || kind === 'read')
    expect(again).toHaveLength(6)
    const third = join() // tells everything once more, as a bus that doubles would
    for (const message of again) third.site.bus.publish(message)
    await time.advance(10)
    expect(follower.seen).toHaveLength(6)
    expect(follower.news.health(P)).toMatchObject({ status: 'up', since: 7 })
  })

  it('of an earlier owner that come late change nothing', async () => {
    const { time, join } = world()
    const [first, second, follower] = [join(), join(), join()]
    first.own(1)
    await time.advance(5)
    hear(first, 'a', 'READY')
    await time.advance(5)
    const late = follower.site.heard.filter(({ kind }) => kind === 'event')
    first.own(undefined)
    second.own(2)
    await time.advance(5)
    hear(second, 'a', 'LOGGED_OUT')
    await time.advance(5)
    for (const message of late) first.site.bus.publish({ ...message, ...('event' in message && { stamp: { term: 1, n: 99 } }) })
    await time.advance(5)
    expect(follower.presence.get(P, 'a')?.state).toBe('LOGGED_OUT')
  })

  it('that get lost are noticed within a second, and all views are told anew', async () => {
    const { time, join } = world()
    const [owner, follower] = [join(), join()]
    owner.own(1)
    for (let at = 0; at < 250; at += 1) hear(owner, `agent${at}`, 'READY')
    await time.advance(2_000)
    expect(follower.presence.list(P)).toHaveLength(250)
    expect(follower.news.isComplete(P)).toBe(true)
    follower.site.losing = true
    hear(owner, 'agent7', 'NOT_READY')
    await time.advance(5)
    follower.site.losing = false
    expect(follower.presence.get(P, 'agent7')?.state).toBe('READY')
    await time.advance(1_300)
    expect(follower.presence.get(P, 'agent7')?.state).toBe('NOT_READY')
    expect(follower.news.isComplete(P)).toBe(true)
  })

  it('reach a process that comes later: it asks for all views', async () => {
    const { time, join } = world()
    const owner = join()
    owner.own(3)
    hear(owner, 'a', 'READY')
    owner.news.sinkOf(P).link({ status: 'up' })
    await time.advance(500)
    const late = join()
    await time.advance(1_500)
    expect(late.presence.get(P, 'a')).toMatchObject({ state: 'READY', stale: false })
    expect(late.news.isComplete(P)).toBe(true)
  })

  it('stop: after three seconds of silence, or with a new owner, views are stale until it tells', async () => {
    const { time, join } = world()
    const [owner, next, follower] = [join(), join(), join()]
    owner.own(1)
    await time.advance(5)
    hear(owner, 'a', 'READY')
    await time.advance(2_500)
    expect(follower.presence.get(P, 'a')?.stale).toBe(false)
    owner.clock.kill()
    owner.site.leave()
    await time.advance(4_200)
    expect(follower.presence.get(P, 'a')).toMatchObject({ state: 'READY', stale: true })
    expect(follower.news.health(P).status).toBe('connecting')
    next.own(2)
    await time.advance(5)
    expect(next.presence.get(P, 'a')?.stale).toBe(true) // it did not hear what happened in between
    hear(next, 'a', 'NOT_READY')
    await time.advance(5)
    expect(follower.presence.get(P, 'a')).toMatchObject({ state: 'NOT_READY', stale: false })
  })

  it('with link loss make views stale everywhere', async () => {
    const { time, join } = world()
    const [owner, follower] = [join(), join()]
    owner.own(1)
    hear(owner, 'a', 'READY')
    await time.advance(1_500)
    owner.news.sinkOf(P).link({ status: 'down', detail: 'reset' })
    await time.advance(5)
    expect(follower.presence.get(P, 'a')?.stale).toBe(true)
    expect(follower.news.health(P)).toMatchObject({ status: 'down', detail: 'reset' })
  })

  it('are told by the owner only', async () => {
    const { time, join } = world()
    const [owner, follower] = [join(), join()]
    owner.own(1)
    await time.advance(1_500)
    follower.presence.read(P, view('a', 'READY', { source: 'read' }))
    hear(follower, 'b', 'READY')
    await time.advance(5)
    expect(owner.presence.list(P)).toEqual([])
  })
})

describe('a read of a process without the link', () => {
  it('is made by the owner, once for all who ask', async () => {
    const { time, join } = world()
    const owner = join(async (agentId) => {
      await owner.clock.sleep(10)
      return view(agentId, 'READY', { source: 'read' })
    })
    const [one, two] = [join(), join()]
    owner.own(1)
    await time.advance(1_100)
    const answers = Promise.all([one, two].flatMap(({ reads }) => [reads.read(P, 'a', MUTE), reads.read(P, 'a', MUTE)]))
    await time.advance(20)
    for (const answer of await answers) expect(answer).toMatchObject({ agentId: 'a', state: 'READY', source: 'read' })
    expect(owner.asked).toEqual(['a'])
    expect([...one.asked, ...two.asked]).toEqual([])
    expect(one.presence.get(P, 'a')?.state).toBe('READY')
  })

  it('fails as the owner’s read does', async () => {
    const { time, join } = world()
    const owner = join(() => Promise.reject(new CtiError('AGENT_NOT_FOUND', { detail: 'nobody' })))
    const follower = join()
    owner.own(1)
    await time.advance(1_100)
    const failing = expect(follower.reads.read(P, 'x', MUTE)).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND', detail: 'nobody' })
    await time.advance(20)
    await failing
  })

  it('ends with its signal when no answer comes, and at once when there is no owner', async () => {
    const { time, join } = world()
    const owner = join(() => new Promise(() => undefined))
    const follower = join()
    await expect(follower.reads.read(P, 'a', MUTE)).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
    owner.own(1)
    await time.advance(1_100)
    const late = new AbortController()
    const failing = expect(follower.reads.read(P, 'a', late.signal)).rejects.toThrow('late')
    late.abort(new Error('late'))
    await failing
  })

  it('is refused when the owner has too many', async () => {
    const { time, join } = world()
    const owner = join(() => new Promise(() => undefined))
    const follower = join()
    owner.own(1)
    await time.advance(1_100)
    const all = Array.from({ length: 70 }, (_, at) => follower.reads.read(P, `a${at}`, MUTE).catch((error: CtiError) => error.code))
    await time.advance(20)
    expect(await Promise.race(all)).toBe('VENDOR_BUSY')
    expect(owner.asked).toHaveLength(64)
  })

  it('of all agents waits until they have been told', async () => {
    const { time, join } = world()
    const owner = join()
    owner.own(1)
    for (let at = 0; at < 500; at += 1) hear(owner, `agent${at}`, 'READY')
    const follower = join()
    await time.advance(1_010)
    const listed = follower.reads.list(P, MUTE)
    await time.advance(1_500)
    expect(await listed).toHaveLength(500)
  })
})
