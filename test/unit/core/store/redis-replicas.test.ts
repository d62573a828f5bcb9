import { EventEmitter } from 'node:events'
import { expect, it, vi } from 'vitest'
import { systemClock, type Clock } from '../../../../src/core/clock.js'
import { createReplicas } from '../../../../src/core/store/redis-replicas.js'
import { createLogSpy } from '../../../support/log-spy.js'

/** A connection whose WAIT answers what the test says. The first is the probe. */
function rig(probe: number, online = probe, clock: Clock = systemClock) {
  const asked: number[] = []
  const waits: { resolve: (confirmed: number) => void; reject: (error: Error) => void; at: number }[] = []
  const order: string[] = []
  const events = new EventEmitter()
  /** What INFO says, in order; `undefined` is no answer. The last one stays. */
  const listed: (readonly string[] | undefined)[] = [Array<string>(online).fill('online,offset=1,lag=0')]
  const primary = { offset: 1 }
  const redis = Object.assign(events, {
    status: 'ready' as const,
    info: () => {
      const states = listed.at(-1)
      if (states === undefined) return new Promise<string>(() => undefined)
      const lines = [...states, 'wait_bgsave'].map((state, n) => `slave${n}:ip=a,port=${n},state=${state}\r\n`)
      return Promise.resolve(`role:master\r\n${lines.join('')}master_repl_offset:${primary.offset}\r\n`)
    },
    incr: async () => {
      order.push('INCR')
      return 1
    },
    wait: (replicas: number) => {
      asked.push(replicas)
      order.push('WAIT')
      return new Promise<number>((resolve, reject) => waits.push({ resolve, reject, at: waits.length }))
    },
  })
  const log = createLogSpy()
  const replicas = createReplicas({ redis: redis as never, counter: 'looks', count: 1, clock, log, where: 'here' })
  waits[0]?.resolve(Math.max(probe, online))
  const call = (name: string) => async (): Promise<string> => {
    order.push(name)
    return name
  }
  const nextWait = (count: number) => vi.waitFor(() => expect(waits.length).toBe(count))
  return { asked, listed, primary, replicas, waits, order, events, call, nextWait, log }
}

it('one WAIT confirms all writes that were answered meanwhile; what is asked for during it comes after it, in order', async () => {
  const { replicas, waits, order, call, nextWait } = rig(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  const told: string[] = []
  const note = (text: string): void => void told.push(text)
  const first = [replicas.write(call('a')).then(note), replicas.write(call('b')).then(note)]
  await nextWait(2)
  const later = [replicas.write(call('c')).then(note), replicas.read(call('d')).then(note)]
  expect(order).toEqual(['WAIT', 'a', 'b', 'WAIT'])
  expect(told).toEqual([])
  waits[1]?.resolve(1)
  await Promise.all(first)
  await nextWait(3)
  expect(order).toEqual(['WAIT', 'a', 'b', 'WAIT', 'c', 'd', 'WAIT'])
  waits[2]?.resolve(2)
  await Promise.all(later)
  expect(told.toSorted()).toEqual(['a', 'b', 'c', 'd'])
  replicas.stop()
})

it('a write that no replica has confirmed fails with an unknown outcome; until the probe finds one, writes are refused unmade and reads are made', async () => {
  const { replicas, waits, order, call, nextWait, log } = rig(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  const lost = replicas.write(call('lost'))
  await nextWait(2)
  const held = replicas.write(call('held'))
  waits[1]?.resolve(0)
  await expect(lost).rejects.toThrow('0 of 1 replicas')
  await expect(lost).rejects.not.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await expect(held).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await expect(replicas.write(call('refused'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await replicas.read(call('read'))).toBe('read')
  expect(order).not.toContain('held')
  expect(order).not.toContain('refused')
  await nextWait(3)
  waits[2]?.resolve(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  expect(JSON.stringify(log.lines)).toMatch(/replica of Redis is missing.*confirm again/)
  replicas.stop()
})

it('a new connection is asked for its replicas before anything is written there', async () => {
  const { replicas, waits, events, call, nextWait } = rig(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  events.emit('close')
  await expect(replicas.write(call('early'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  events.emit('ready')
  await nextWait(2)
  expect(replicas.ready()).toBe(false)
  waits[1]?.resolve(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  replicas.stop()
})

it('a look is answered when replicas have what others wrote before it; without them it is refused; what takes something back goes on', async () => {
  const { replicas, waits, order, call, nextWait } = rig(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  let told: string | undefined
  const looking = replicas.look(call('look')).then((text) => (told = text))
  await nextWait(2)
  expect(order).toEqual(['WAIT', 'look', 'INCR', 'WAIT'])
  expect(told).toBeUndefined()
  waits[1]?.resolve(1)
  await looking
  expect(told).toBe('look')
  const lost = replicas.look(call('again'))
  await nextWait(3)
  waits[2]?.resolve(0)
  await expect(lost).rejects.toThrow('0 of 1 replicas')
  await expect(replicas.look(call('alone'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(order).not.toContain('alone')
  expect(await replicas.read(call('list'))).toBe('list')
  const undo = replicas.insist(call('undo'))
  await vi.waitFor(() => expect(order.at(-1)).toBe('WAIT'))
  expect(order).toContain('undo')
  waits.at(-1)?.resolve(1)
  expect(await undo).toBe('undo')
  replicas.stop()
})

/** One of two does not confirm; the next WAIT is the probe. */
async function losesOne({ replicas, waits, call, nextWait }: ReturnType<typeof rig>): Promise<void> {
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  const slow = replicas.write(call('slow'))
  await nextWait(2)
  waits[1]?.resolve(1)
  await expect(slow).rejects.toThrow('1 of 2 replicas')
  await nextWait(3)
}

it('all replicas that were there must have a write; without one of them writes are refused until it is back', async () => {
  const made = rig(1, 2)
  const { replicas, asked, waits, call, nextWait } = made
  await losesOne(made)
  waits[2]?.resolve(1)
  await nextWait(4)
  expect(replicas.ready()).toBe(false)
  waits[3]?.resolve(2)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  const again = replicas.write(call('again'))
  await nextWait(5)
  waits[4]?.resolve(2)
  await again
  expect(asked).toEqual([1, 2, 2, 2, 2])
  replicas.stop()
})

it('a replica that stays away, while nobody names another master, is done without', async () => {
  const time = { now: 0 }
  const made = rig(1, 2, { ...systemClock, monotonic: () => time.now })
  const { replicas, waits, call, nextWait } = made
  await losesOne(made)
  time.now = 4_900
  waits[2]?.resolve(1)
  await nextWait(4)
  expect(replicas.ready()).toBe(false)
  time.now = 5_100
  waits[3]?.resolve(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  const alone = replicas.write(call('alone'))
  await nextWait(5)
  waits[4]?.resolve(1)
  expect(await alone).toBe('alone')
  replicas.stop()
})

it.each([
  { connectedAt: 3000, tooSoon: 4900, goesOn: 5100 },
  { connectedAt: 60_000, tooSoon: 61_900, goesOn: 62_100 },
])(
  'a new connection, too, waits for as many replicas as were there before: 5 s since they left, 2 s since it is there ($connectedAt)',
  async ({ connectedAt, tooSoon, goesOn }) => {
    const time = { now: 0 }
    const { replicas, listed, waits, events, nextWait, asked } = rig(1, 2, { ...systemClock, monotonic: () => time.now })
    await vi.waitFor(() => expect(replicas.ready()).toBe(true))
    events.emit('close')
    time.now = connectedAt
    listed.push(['online,offset=1,lag=0'])
    events.emit('ready')
    await nextWait(2)
    time.now = tooSoon
    waits[1]?.resolve(1)
    await nextWait(3)
    expect(replicas.ready()).toBe(false)
    time.now = goesOn
    waits[2]?.resolve(1)
    await vi.waitFor(() => expect(replicas.ready()).toBe(true))
    expect(asked).toEqual([1, 2, 2])
    replicas.stop()
  },
)

it('replicas have left a primary that stands still since it was asked in vain', async () => {
  const time = { now: 0 }
  const made = rig(1, 2, { ...systemClock, monotonic: () => time.now })
  const { replicas, listed, waits, events, nextWait } = made
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  listed.push(undefined)
  await systemClock.sleep(400)
  time.now = 4000
  events.emit('close')
  listed.push(['online,offset=1,lag=0'])
  events.emit('ready')
  await nextWait(2)
  time.now = 6100
  waits[1]?.resolve(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  replicas.stop()
})

it('whoever leaves has its own 5 s, however long another one has been away', async () => {
  const time = { now: 0 }
  const made = rig(1, 3, { ...systemClock, monotonic: () => time.now })
  const { replicas, listed, waits, nextWait } = made
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  const one = 'online,offset=1,lag=0'
  listed.push([one, one])
  await nextWait(2)
  time.now = 4900
  listed.push([one])
  waits[1]?.resolve(2)
  await nextWait(3)
  time.now = 5100
  waits[2]?.resolve(1)
  await nextWait(4)
  expect(replicas.ready()).toBe(false)
  time.now = 10_000
  waits[3]?.resolve(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  replicas.stop()
})

it('a replica that stands still does not stop writes again once it is done without, though it is called online', async () => {
  const time = { now: 0 }
  const made = rig(1, 2, { ...systemClock, monotonic: () => time.now })
  const { replicas, waits, listed, asked, call, nextWait } = made
  await losesOne(made)
  listed.push(['online,offset=1,lag=0', 'online,offset=1,lag=6'])
  time.now = 5100
  waits[2]?.resolve(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  await systemClock.sleep(600)
  const later = replicas.write(call('later'))
  await nextWait(4)
  waits[3]?.resolve(1)
  expect(await later).toBe('later')
  expect(asked.at(-1)).toBe(1)
  replicas.stop()
})

it.each([
  { what: 'caught up', after: ['online,offset=950,lag=0', 'online,offset=950,lag=0'] },
  { what: 'come nearer, though it is behind', after: ['online,offset=900,lag=0', 'online,offset=750,lag=0'] },
])('one that joins is waited for when it has $what, not while it loads what it was sent', async ({ after }) => {
  const { replicas, waits, listed, primary, asked, call, nextWait } = rig(1)
  await vi.waitFor(() => expect(replicas.ready()).toBe(true))
  primary.offset = 900
  await systemClock.sleep(600)
  listed.push(['online,offset=900,lag=0', 'online,offset=700,lag=0'])
  await systemClock.sleep(600)
  const during = replicas.write(call('during'))
  await nextWait(2)
  waits[1]?.resolve(1)
  expect(await during).toBe('during')
  listed.push(after)
  await systemClock.sleep(600)
  const written = replicas.write(call('after'))
  await nextWait(3)
  waits[2]?.resolve(2)
  expect(await written).toBe('after')
  expect(asked).toEqual([1, 1, 2])
  replicas.stop()
})
