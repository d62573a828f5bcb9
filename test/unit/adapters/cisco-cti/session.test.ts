import { describe, expect, it } from 'vitest'
import { createHeartbeat } from '../../../../src/adapters/cisco-cti/session/heartbeat.js'
import { lastRung, rung } from '../../../../src/adapters/cisco-cti/session/ladder.js'
import { nextState, SESSION_EVENTS, SESSION_STATES, TRANSITIONS } from '../../../../src/adapters/cisco-cti/session/machine.js'
import { createRequests } from '../../../../src/adapters/cisco-cti/session/requests.js'
import { openingFailure } from '../../../../src/adapters/cisco-cti/session/statuses.js'
import type { KnownMessage } from '../../../../src/adapters/cisco-cti/codec/index.js'
import type { Clock } from '../../../../src/core/clock.js'
import { toCtiError } from '../../../../src/core/model/error.js'

/** Time that passes only when told. */
function manualClock(): Clock & { pass(ms: number): void } {
  let now = 0
  const timers = new Set<{ at: number; fn: () => void; every?: number }>()
  const add = (ms: number, fn: () => void, every?: number): (() => void) => {
    const timer = { at: now + ms, fn, ...(every !== undefined && { every }) }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  return {
    now: () => now,
    monotonic: () => now,
    sleep: (ms) => new Promise((resolve) => void add(ms, resolve)),
    after: (ms, fn) => add(ms, fn),
    every: (ms, fn) => add(ms, fn, ms),
    pass(ms) {
      const end = now + ms
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        now = due.at
        if (due.every === undefined) timers.delete(due)
        else due.at += due.every
        due.fn()
      }
      now = end
    },
  }
}

describe('state machine', () => {
  it('has one target per state and event, and uses every state and event', () => {
    const keys = TRANSITIONS.map((row) => `${row.from}|${row.on}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(new Set(TRANSITIONS.map((row) => row.on))).toEqual(new Set(SESSION_EVENTS))
    expect(new Set(TRANSITIONS.flatMap((row) => [row.from, row.to]))).toEqual(new Set(SESSION_STATES))
  })

  it('can be stopped from everywhere, and comes back to service from everywhere that is not stopped', () => {
    for (const state of SESSION_STATES.filter((state) => state !== 'STOPPED')) {
      expect(nextState(state, 'stop')).toBeDefined()
      const reached = new Set<(typeof SESSION_STATES)[number]>([state])
      for (let grown = 0; grown !== reached.size;) {
        grown = reached.size
        for (const row of TRANSITIONS) if (reached.has(row.from)) reached.add(row.to)
      }
      expect(reached).toContain('IN_SERVICE')
      expect(reached).toContain('STOPPED')
    }
  })

  it('has no meaning for an event out of turn', () => {
    expect(nextState('STOPPED', 'opened')).toBeUndefined()
    expect(nextState('WAITING', 'lost')).toBeUndefined()
  })
})

describe('ladder', () => {
  const options = { sides: 2, pausesMs: [15_000, 30_000, 60_000, 120_000], firstPauseMs: 1_000 }
  it('is the documented one: both sides, a random pause, both, 15 s, both, 30 s, both, 60 s, both, then every 120 s', () => {
    const rungs = Array.from({ length: 16 }, (_, attempt) => rung(attempt, 0.5, options))
    expect(rungs.map((step) => step.offset)).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    expect(rungs.map((step) => step.pauseMs)).toEqual([0, 0, 500, 0, 15_000, 0, 30_000, 0, 60_000, 0, 120_000, 0, 120_000, 0, 120_000, 0])
    expect(rung(lastRung(options), 0.5, options).pauseMs).toBe(120_000)
  })

  it('with one side has the same pauses', () => {
    const pauses = Array.from({ length: 7 }, (_, attempt) => rung(attempt, 0, { ...options, sides: 1 }).pauseMs)
    expect(pauses).toEqual([0, 0, 15_000, 30_000, 60_000, 120_000, 120_000])
  })
})

describe('status of a refused OPEN_REQ', () => {
  it.each([
    [1, true, 'next-version'],
    [1, false, 'refused'],
    [15, true, 'other-side'],
    [92, true, 'other-side'],
    [107, true, 'other-side'],
    [110, true, 'other-side'],
    [11, true, 'back-off'],
    [36, true, 'refused'],
  ] as const)('%i (more versions: %s) means %s', (status, more, meaning) => {
    expect(openingFailure(status, more)).toBe(meaning)
  })
})

describe('heart-beats', () => {
  const start = () => {
    const clock = manualClock()
    const log: string[] = []
    let id = 0
    const beat = createHeartbeat(clock, 5_000, {
      send: () => ((id += 1), log.push(`beat ${id}`), id),
      onLost: (misses) => log.push(`lost after ${misses}`),
    })
    beat.start()
    return { clock, log, beat }
  }

  it('three unanswered ones are a lost session', () => {
    const { clock, log, beat } = start()
    clock.pass(19_999)
    expect(log).toEqual(['beat 1', 'beat 2', 'beat 3'])
    expect(beat.sent(2)).toBe(true)
    clock.pass(1)
    expect(log.at(-1)).toBe('lost after 3')
  })

  it('an answer begins the count anew', () => {
    const { clock, log, beat } = start()
    for (let round = 0; round < 10; round += 1) {
      clock.pass(10_000)
      beat.answered()
    }
    expect(log).toHaveLength(20)
    expect(log.some((line) => line.startsWith('lost'))).toBe(false)
  })
})

describe('requests', () => {
  const start = (maxOutstanding: number) => {
    const clock = manualClock()
    const written: number[] = []
    let ready = true
    const requests = createRequests(
      clock,
      { maxOutstanding, timeoutMs: 15_000 },
      (message) => {
        written.push((message as { InvokeID: number }).InvokeID)
        return true
      },
      () => ready,
    )
    const build = (InvokeID: number): KnownMessage => ({ message: 'HEARTBEAT_REQ', InvokeID })
    const answer = (InvokeID: number): boolean => requests.answer(InvokeID, { message: 'HEARTBEAT_CONF', InvokeID })
    return { clock, written, requests, build, answer, close: () => (ready = false) }
  }

  it('background requests leave half of the limit free, and a command goes before those that wait', async () => {
    const { written, requests, build, answer } = start(4)
    const background = Array.from({ length: 100 }, () => requests.ask(build, { priority: 'background' }))
    expect(written).toHaveLength(2)
    const commands = Array.from({ length: 3 }, () => requests.ask(build, { priority: 'command' }))
    expect(written).toHaveLength(4)
    expect(requests.outstanding).toBe(4)
    answer(written[0]!)
    expect(written).toHaveLength(5)
    for (let at = 1; at < written.length; at += 1) answer(written[at]!)
    await Promise.all([...background, ...commands])
    expect(written).toHaveLength(103)
    expect(requests.outstanding + requests.queued).toBe(0)
  })

  it('a command without an answer has an unknown effect, a read has none', async () => {
    const { clock, requests, build } = start(4)
    const command = requests.ask(build, { priority: 'command' }).catch(toCtiError)
    const read = requests.ask(build, { priority: 'read' }).catch(toCtiError)
    clock.pass(15_000)
    expect(await command).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'unknown' })
    expect(await read).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'none' })
  })

  it('what was not written when the session ended had no effect', async () => {
    const { requests, build } = start(1)
    const sent = requests.ask(build, { priority: 'command' }).catch(toCtiError)
    const queued = requests.ask(build, { priority: 'command' }).catch(toCtiError)
    requests.failAll('lost')
    expect(await sent).toMatchObject({ effect: 'unknown' })
    expect(await queued).toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
  })

  it('honours an abort at once, and without a session refuses at once', async () => {
    const { requests, build, close } = start(4)
    const abort = new AbortController()
    const asked = requests.ask(build, { priority: 'command', signal: abort.signal }).catch(toCtiError)
    abort.abort()
    expect(await asked).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'unknown' })
    close()
    expect(await requests.ask(build, { priority: 'command' }).catch(toCtiError)).toMatchObject({
      code: 'VENDOR_UNAVAILABLE',
      effect: 'none',
    })
  })

  it('an answer to nobody is told apart', () => {
    const { answer } = start(4)
    expect(answer(99)).toBe(false)
  })
})
