import { describe, expect, it } from 'vitest'
import { createLinkOwner, type LinkOwner } from '../../../src/core/site/link-owner.js'
import { createSharedEngine, type ProcessSite, type Trouble } from '../../support/memory-processes.js'
import { silentLogger } from '../../support/storm.js'
import { createVirtualTime, settle, type ProcessClock, type VirtualTime } from '../../support/process-clocks.js'

const TTL = 5_000
const PLATFORMS = ['p', 'q']

interface Member {
  readonly clock: ProcessClock
  readonly site: ProcessSite
  readonly links: LinkOwner
  /** Which links are open at the vendor. */
  readonly open: Set<string>
  /** Opened and closed, in order. */
  readonly story: string[]
  dead: boolean
}

function world(): { time: VirtualTime; join(name: string, startMs?: number): Member } {
  const time = createVirtualTime()
  const engine = createSharedEngine(time.process())
  return {
    time,
    join(name) {
      const clock = time.process()
      const site = engine.join(clock)
      const open = new Set<string>()
      const story: string[] = []
      const links = createLinkOwner({
        links: PLATFORMS.map((platform) => ({
          platform,
          start: () => {
            open.add(platform)
            story.push(`open ${platform}`)
            return Promise.resolve()
          },
          stop: () => {
            open.delete(platform)
            story.push(`close ${platform}`)
            return Promise.resolve()
          },
        })),
        sites: site.sites,
        bus: site.bus,
        owner: name,
        clock,
        logger: silentLogger,
        storeTimeoutMs: 1_000,
        ttlMs: TTL,
      })
      void links.start()
      return { clock, site, links, open, story, dead: false }
    },
  }
}

const owners = (members: readonly Member[], platform: string): Member[] =>
  members.filter((member) => !member.dead && member.links.owns(platform))

function kill(member: Member): void {
  member.dead = true
  member.clock.kill()
  member.clock.freeze()
  member.site.leave()
}

/** The smallest generator that does: the same steps for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

describe('the owner of a link', () => {
  it('is one process, and another takes over within the ttl and a second after a silent death', async () => {
    const { time, join } = world()
    const [a, b] = [join('a'), join('b')]
    await time.advance(100)
    expect(owners([a, b], 'p')).toHaveLength(1)
    const [first] = owners([a, b], 'p') as [Member]
    const second = first === a ? b : a
    await time.advance(7_300)
    expect(owners([a, b], 'p')).toEqual([first])
    kill(first)
    await time.advance(TTL + 1_000)
    expect(second.links.owns('p')).toBe(true)
    expect(second.open.has('p')).toBe(true)
  })

  it('hands over at once when it stops in good order, closed before it is opened elsewhere', async () => {
    const { time, join } = world()
    const a = join('a')
    await time.advance(50)
    const b = join('b')
    await time.advance(2_000)
    expect(owners([a, b], 'p')).toEqual([a])
    const stopped = a.links.stop(5_000)
    await time.advance(20)
    await stopped
    expect(a.story.at(-1)).toMatch(/^close/)
    expect(a.open.size).toBe(0)
    expect(owners([a, b], 'p')).toEqual([b])
    expect([...b.open].sort()).toEqual(PLATFORMS)
  })

  it('owns nothing from its first step on after a freeze, and closes its link', async () => {
    const { time, join } = world()
    const [a, b] = [join('a'), join('b')]
    await time.advance(2_500)
    const [frozen] = owners([a, b], 'p') as [Member]
    frozen.clock.freeze()
    await time.advance(20_000)
    frozen.clock.thaw()
    expect(frozen.links.owns('p')).toBe(false) // before any of its timers has run
    await time.advance(1)
    expect(frozen.open.has('p')).toBe(false)
    const other = frozen === a ? b : a
    expect(owners([a, b], 'p')).toEqual([other])
  })

  it('closes the link before its lease can be another’s when the engine is away', async () => {
    const { time, join } = world()
    const [a, b] = [join('a'), join('b')]
    await time.advance(2_500)
    const [cut] = owners([a, b], 'p') as [Member]
    cut.site.trouble = 'not-reached'
    while (cut.links.owns('p')) await time.advance(50)
    const closedAt = time.now
    expect(cut.open.has('p')).toBe(false)
    while (owners([a, b], 'p').length === 0) await time.advance(50)
    expect(time.now - closedAt).toBeGreaterThanOrEqual(TTL / 5 - 50)
  })

  it('gives the link to whoever can when its own adapter does not start', async () => {
    const time = createVirtualTime()
    const engine = createSharedEngine(time.process())
    const make = (owner: string, start: () => Promise<void>): LinkOwner => {
      const clock = time.process()
      const site = engine.join(clock)
      const links = [{ platform: 'p', start, stop: () => Promise.resolve() }]
      return createLinkOwner({ links, sites: site.sites, bus: site.bus, owner, clock, logger: silentLogger, storeTimeoutMs: 1_000 })
    }
    const broken = make('broken', () => Promise.reject(new Error('no')))
    const sound = make('sound', () => Promise.resolve())
    void broken.start()
    await time.advance(10)
    void sound.start()
    await time.advance(1_500)
    expect([broken.owns('p'), sound.owns('p')]).toEqual([false, true])
    await time.advance(60_000)
    expect(sound.owns('p')).toBe(true)
  })

  it.each([1, 2, 3, 4])('is at most one, whatever happens in 1,000 steps (seed %i)', async (seed) => {
    const { time, join } = world()
    const pick = random(seed)
    const members = [join('m0'), join('m1'), join('m2')]
    const left: Member[] = []
    let names = 3
    let handOvers = 0
    let before: Member | undefined
    for (let step = 0; step < 1_000; step += 1) {
      const at = pick(members.length)
      const member = members[at] as Member
      const what = pick(12)
      if (what === 0) member.site.trouble = (['not-reached', 'answer-lost'] as Trouble[])[pick(2)] as Trouble
      else if (what >= 9) member.site.trouble = 'none'
      else if (what === 1) member.clock.freeze()
      else if (what <= 3) member.clock.thaw()
      else if (what === 4) member.site.delayMs = pick(4) === 0 ? pick(1_500) : 0
      else if (what === 5 && pick(3) === 0) {
        if (pick(2) === 0) kill(member)
        else void member.links.stop(5_000)
        left.push(member)
        members[at] = join(`m${names++}`)
      }
      await time.advance(pick(10) === 0 ? pick(12_000) : pick(900))
      for (const platform of PLATFORMS) {
        const all = [...members, ...left]
        expect(owners(all, platform).length).toBeLessThanOrEqual(1)
        // A frozen process cannot close anything; one that runs has closed what it does not own.
        const opened = all.filter(({ clock, open }) => !clock.frozen && open.has(platform))
        expect(opened.length).toBeLessThanOrEqual(1)
      }
      const [now] = owners(members, 'p')
      if (now !== undefined && now !== before) handOvers += 1
      before = now ?? before
    }
    expect(handOvers).toBeGreaterThan(10)
    // And when all is well again there is one.
    for (const { site, clock } of members) {
      site.trouble = 'none'
      site.delayMs = 0
      clock.thaw()
    }
    await time.advance(TTL + 4_000)
    for (const platform of PLATFORMS) expect(owners(members, platform)).toHaveLength(1)
    await settle()
  })
})
