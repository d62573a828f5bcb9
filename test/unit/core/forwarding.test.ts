import { describe, expect, it } from 'vitest'
import type { Credentials } from '../../../src/core/adapter.js'
import { createForwarding, type Forwarding } from '../../../src/core/site/forwarding.js'
import type { Command } from '../../../src/core/model/command.js'
import type { Manifest } from '../../../src/core/model/manifest.js'
import { createSealer } from '../../../src/core/site/site-secret.js'
import { createSharedEngine, type ProcessSite } from '../../support/memory-processes.js'
import { silentLogger } from '../../support/storm.js'
import { createVirtualTime } from '../../support/process-clocks.js'

const LINKS: Readonly<Record<string, Manifest['link']>> = { cisco: 'commands', finesse: 'events', loopback: 'none' }
const SECRET: Credentials = { username: 'anna', password: 'canary-4711' }

interface Member {
  readonly forwarding: Forwarding
  readonly site: ProcessSite
  readonly ran: string[]
  readonly superseded: string[]
  readonly settled: string[]
  readonly waitsFor: Set<string>
  readonly vault: Map<string, Credentials>
  owned: boolean
}

function world(due: readonly string[] = []) {
  const time = createVirtualTime()
  const engine = createSharedEngine(time.process())
  const join = (siteSecret?: string): Member => {
    const clock = time.process()
    const site = engine.join(clock)
    const member: Member = {
      site,
      ran: [],
      superseded: [],
      settled: [],
      waitsFor: new Set(),
      vault: new Map(),
      owned: false,
      forwarding: createForwarding({
        bus: site.bus,
        log: { due: () => Promise.resolve(due) },
        clock,
        logger: silentLogger,
        storeTimeoutMs: 1_000,
        linkOf: (platform) => LINKS[platform],
        owns: (platform) => platform !== 'loopback' && member.owned,
        core: () => ({
          run: (key) => void member.ran.push(key),
          acceptedElsewhere: (id) => void member.ran.push(`accepted ${id}`),
          superseded: (key, ids) => void member.superseded.push(`${key} ${ids.join(' ')}`),
          settledElsewhere: (id) => Promise.resolve(void member.settled.push(id)),
          awaited: (id) => member.waitsFor.has(id),
          secretOf: (id) => member.vault.get(id),
        }),
        sealer: siteSecret === undefined ? undefined : createSealer(siteSecret),
      }),
    }
    member.forwarding.start()
    return member
  }
  return { time, join }
}

const command = (id: string, status: Command['status']): Command => ({ id, status, platform: 'cisco', agentId: 'a' }) as Command

describe('a command', () => {
  it('may be run everywhere, except where it goes over a link that another process has', () => {
    const member = world().join()
    expect(['cisco/a', 'finesse/a', 'loopback/a', 'nowhere/a'].map(member.forwarding.mayRun)).toEqual([false, true, true, true])
    member.owned = true
    expect(member.forwarding.mayRun('cisco/a')).toBe(true)
  })

  it('that was accepted by another process is run by the owner of the link, and by nobody else', async () => {
    const { time, join } = world()
    const [owner, follower, third] = [join(), join(), join()]
    owner.owned = true
    follower.forwarding.forward('cisco/a')
    await time.advance(5)
    expect([owner.ran, follower.ran, third.ran]).toEqual([['cisco/a'], [], []])
    follower.forwarding.forward('cisco/b', 'c1')
    await time.advance(5)
    expect([owner.ran, third.ran]).toEqual([['cisco/a', 'accepted c1', 'cisco/b'], []])
  })

  it('that has ended is told to those who may wait for it elsewhere, not when its caller is here', async () => {
    const { time, join } = world()
    const [owner, follower] = [join(), join()]
    owner.waitsFor.add('mine')
    for (const [id, status] of [
      ['c1', 'confirmed'],
      ['mine', 'confirmed'],
      ['open', 'retrying'],
    ] as const)
      owner.forwarding.changed(command(id, status))
    await time.advance(5)
    expect(follower.settled).toEqual(['c1'])
  })

  it('that is replaced here ends the wait of whoever works on it', async () => {
    const { time, join } = world()
    const [owner, follower] = [join(), join()]
    follower.forwarding.replaced('cisco/a', ['c1', 'c2'])
    follower.forwarding.replaced('cisco/a', [])
    await time.advance(5)
    expect(owner.superseded).toEqual(['cisco/a c1 c2'])
    expect(owner.settled).toEqual(['c1', 'c2'])
  })

  it('that is open when a link is gained is run', async () => {
    const { join } = world(['cisco/a', 'finesse/b', 'cisco/c'])
    const member = join()
    member.owned = true
    await member.forwarding.gained('cisco')
    expect(member.ran).toEqual(['cisco/a', 'cisco/c'])
  })
})

describe('a password', () => {
  it('goes to the process that asks for it, sealed', async () => {
    const { time, join } = world()
    const [owner, follower, third] = [join('a long site secret'), join('a long site secret'), join('a long site secret')]
    follower.vault.set('c1', SECRET)
    const fetched = owner.forwarding.fetchSecret('c1')
    const again = owner.forwarding.fetchSecret('c1')
    await time.advance(10)
    expect(await fetched).toEqual(SECRET)
    expect(await again).toEqual(SECRET)
    for (const { site } of [owner, third]) {
      expect(site.heard.some(({ kind }) => kind === 'secret')).toBe(true)
      expect(JSON.stringify(site.heard)).not.toMatch(/canary|anna/)
    }
  })

  it('is not had with another site secret, nor when nobody has it', async () => {
    const { time, join } = world()
    const [owner, follower] = [join('a long site secret'), join('another site secret')]
    follower.vault.set('c1', SECRET)
    const fetched = [owner.forwarding.fetchSecret('c1'), owner.forwarding.fetchSecret('c2')]
    await time.advance(600)
    expect(await Promise.all(fetched)).toEqual([undefined, undefined])
  })

  it('is refused at acceptance when it could not be handed over, and only then', () => {
    const { join } = world()
    const alone = join()
    expect(() => alone.forwarding.checkSecret('cisco/a')).not.toThrow() // nobody else has the link
    join()
    expect(() => alone.forwarding.checkSecret('cisco/a')).toThrow(/CTI_SITE_SECRET/)
    expect(() => alone.forwarding.checkSecret('finesse/a')).not.toThrow()
    alone.owned = true
    expect(() => alone.forwarding.checkSecret('cisco/a')).not.toThrow()
    expect(() => join('a long site secret').forwarding.checkSecret('cisco/a')).not.toThrow()
  })

  it('opens with its own secret and for its own command only, and not when it was changed', () => {
    const sealer = createSealer('a long site secret')
    const sealed = sealer.seal('text', 'c1')
    expect(sealer.open(sealed, 'c1')).toBe('text')
    expect(sealer.open(sealed, 'c2')).toBeUndefined()
    expect(createSealer('another site secret').open(sealed, 'c1')).toBeUndefined()
    const bytes = Buffer.from(sealed, 'base64')
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    expect(sealer.open(bytes.toString('base64'), 'c1')).toBeUndefined()
    expect(sealer.open('', 'c1')).toBeUndefined()
    expect(sealer.seal('text', 'c1')).not.toBe(sealed)
  })
})
