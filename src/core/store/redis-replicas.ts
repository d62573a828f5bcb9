import type { Redis } from 'ioredis'
import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import { storeUnavailable } from './deadline.js'

/** A write that no replica has by then counts as not stored, ms. Below the deadline of a step (`limits.storeTimeoutMs`). */
const CONFIRM_MS = 500
const PROBE_MS = 100
const PROBE_AGAIN_MS = 200
/** Calls that wait for the WAIT before them. */
const MOST_HELD = 5000
/**
 * A replica that leaves a primary may be on its way to become one itself (Sentinel promotes it beside a primary that only seemed dead), and what this
 * one still takes will be lost. So long it takes at most until the sentinels name the other one and the connection goes there, ms.
 */
const PROMOTION_MS = 5000
/** Sentinel tells the replicas whom to follow at once, and looks after them every second: who is not there so long after our connection stays away, ms. */
const FOLLOW_MS = 2000
/** How often the replicas are counted, ms: one that has come may be promoted from then on. */
const COUNT_EVERY_MS = 250
/** A replica tells its primary every second how far it is. */
const MOST_LAG_S = 2
const TOO_FEW = 'Redis has too few replicas that confirm what is written (`replicas` in the setting `engine`); nothing was done'

export interface ReplicaSettings {
  /** Where WAIT is sent, and what it waits for was written. */
  readonly redis: Pick<Redis, 'wait' | 'incr' | 'info' | 'on' | 'status'>
  /** A counter of our own: a WAIT is for what its own connection has written, so that a look at others' writes writes something first. */
  readonly counter: string
  /** So many replicas must have a write at least before its caller hears of it; and all that are there. */
  readonly count: number
  readonly clock: Clock
  readonly log: Logger
  /** For people, without credentials. */
  readonly where: string
}

/** Writes that are not told before replicas have them. */
export interface Replicas {
  /**
   * Makes the call, and answers when enough replicas have all that it wrote.
   *
   * Fails with STORE_UNAVAILABLE when it was not made, because there are not enough replicas; with any other error its outcome is unknown:
   * the master has it, and would lose it in a fail-over.
   */
  write<T>(call: () => Promise<T>): Promise<T>
  /** As `write`, but made also when there are too few replicas: of what takes something back, which is repeated until it is answered. */
  insist<T>(call: () => Promise<T>): Promise<T>
  /**
   * Makes the call, and answers when enough replicas have all that was written before it, by whomever: so nothing is read out that a
   * fail-over would undo. Fails with STORE_UNAVAILABLE when there are not enough replicas.
   */
  look<T>(call: () => Promise<T>): Promise<T>
  /** Makes the call after the writes that were asked for before it; it needs no replica. */
  read<T>(call: () => Promise<T>): Promise<T>
  /** Are enough replicas there? */
  ready(): boolean
  stop(): void
}

interface Told {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Redis answers before its replicas have what was written, and a replica that is promoted without it loses a command whose caller was told
 * 202. So each write is followed by WAIT, one for all that were answered meanwhile.
 *
 * All that were there, because any of them may be promoted: Sentinel compares what they have by figures that are seconds old, and who has left
 * may have been promoted already. Only when a replica stays away, and nobody names another master, it goes on without it.
 *
 * WAIT keeps its connection from everything else. What is asked for while one is on its way is held back here, so that a replica that
 * goes away costs one wait and not one for each call; from then on writes are refused at once, nothing having been done, until a probe
 * finds the replica.
 */
export function createReplicas({ redis, counter, count, clock, log, where }: ReplicaSettings): Replicas {
  let there = false
  let wanted = count
  let online = 0
  /** Since when one has been missing: it left, or its primary answered no more. */
  let missingSince: number | undefined
  let connectedAt = clock.monotonic()
  /** Of the count that has not been answered yet. */
  let askedAt: number | undefined
  /** How far the primary was when they were counted last, and each replica, bytes. */
  let written = 0
  let reached = new Map<string, number>()
  let told = false
  let waiting = false
  let stopped = false
  let unconfirmed: Told[] = []
  let looked = false
  let held: (() => void)[] = []
  let cancelProbe: (() => void) | undefined

  function found(enough: boolean): void {
    there = enough
    if (!enough) {
      missingSince ??= clock.monotonic()
      if (!told) log.warn({ where, replicas: wanted }, 'a replica of Redis is missing; commands are refused until it is back or stays away')
      told = true
      cancelProbe ??= clock.after(PROBE_AGAIN_MS, () => {
        cancelProbe = undefined
        probe()
      })
      return
    }
    if (told) log.info({ where, replicas: wanted }, 'the replicas of Redis confirm again what is written')
    told = false
    missingSince = undefined
  }

  function recount(): void {
    if (stopped || redis.status !== 'ready' || askedAt !== undefined) return
    askedAt = clock.monotonic()
    redis
      .info('replication')
      .then(
        (text) => {
          const listed = [...text.matchAll(/^slave\d+:(.*),state=online,offset=(\d+),lag=(\d+)/gm)].map(([, name = '', offset, lag]) => ({
            name,
            offset: Number(offset),
            lag: Number(lag),
          }))
          // Whoever leaves has its own time, however long another one has been away.
          if (listed.length < Math.min(online, wanted)) missingSince = clock.monotonic()
          online = listed.length
          if (online < wanted && there) found(false)
          // One that stands still is called online for a minute, one that still loads what it was sent as well; both confirm nothing. Whoever is
          // only behind, far away for instance, comes nearer with each look, and may be promoted: it counts.
          const isNearer = (name: string, offset: number): boolean => offset > (reached.get(name) ?? offset)
          const following = listed.filter(({ name, offset, lag }) => lag <= MOST_LAG_S && (offset >= written || isNearer(name, offset)))
          wanted = Math.max(wanted, following.length)
          reached = new Map(listed.map(({ name, offset }) => [name, offset]))
          written = Number(/^master_repl_offset:(\d+)/m.exec(text)?.[1] ?? 0)
        },
        () => undefined,
      )
      .finally(() => (askedAt = undefined))
  }

  function staysAway(): boolean {
    if (missingSince === undefined) return false
    return clock.monotonic() >= Math.max(missingSince + PROMOTION_MS, connectedAt + FOLLOW_MS)
  }

  /** On a connection that has written nothing it answers at once how many replicas are there. */
  function probe(): void {
    if (stopped || redis.status !== 'ready') return
    recount()
    redis.wait(wanted, PROBE_MS).then(
      (confirmed) => {
        if (confirmed >= count && staysAway()) wanted = confirmed
        found(confirmed >= wanted)
      },
      () => found(false),
    )
  }

  function letGo(): void {
    waiting = false
    const calls = held
    held = []
    for (const call of calls) call()
    if (unconfirmed.length > 0) confirm()
  }

  function confirm(): void {
    if (waiting) return
    waiting = true
    // One for all answers that are read in this turn of the event loop.
    setImmediate(() => {
      const those = unconfirmed
      unconfirmed = []
      // When it fails, so does the WAIT behind it.
      if (looked) redis.incr(counter).catch(() => undefined)
      looked = false
      const all = wanted
      redis
        .wait(all, CONFIRM_MS)
        .then((confirmed) => {
          if (confirmed < all) throw new Error(`${confirmed} of ${all} replicas have confirmed a write within ${CONFIRM_MS} ms`)
          for (const { resolve } of those) resolve()
        })
        .catch((error: unknown) => {
          found(false)
          for (const { reject } of those) reject(error)
        })
        .finally(letGo)
    })
  }

  async function made<T>(call: () => Promise<T>, look = false): Promise<T> {
    const answer = await call()
    if (look) looked = true
    await new Promise<void>((resolve, reject) => {
      unconfirmed.push({ resolve, reject })
      confirm()
    })
    return answer
  }

  /** In the order in which they are asked for. */
  function inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (!waiting) return call()
    if (held.length >= MOST_HELD) return Promise.reject(storeUnavailable('too many storage operations wait for a replica'))
    return new Promise((resolve, reject) => held.push(() => void call().then(resolve, reject)))
  }

  const stopCounting = clock.every(COUNT_EVERY_MS, recount)
  redis.on('ready', () => {
    // `wanted` stays: whoever was a replica before and is not there yet may be promoted next, with what it had then. Sentinel takes the largest
    // offset, and that of a primary that died may be the largest one.
    connectedAt = clock.monotonic()
    online = 0
    written = 0
    reached = new Map()
    probe()
  })
  redis.on('close', () => {
    there = false
    // One that stands still is left by its replicas long before its connection ends.
    missingSince ??= askedAt ?? clock.monotonic()
    askedAt = undefined
  })
  probe()
  return {
    read: inTurn,
    look: (call) => inTurn(() => (there ? made(call, true) : Promise.reject(storeUnavailable(TOO_FEW)))),
    insist: (call) => inTurn(() => made(call)),
    write: (call) => inTurn(() => (there ? made(call) : Promise.reject(storeUnavailable(TOO_FEW)))),
    ready: () => there,
    stop() {
      stopped = true
      cancelProbe?.()
      stopCounting()
    },
  }
}
