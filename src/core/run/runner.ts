import { createAlarms } from './alarms.js'
import { createAttempt } from './attempt.js'
import type { Next } from './attempt-outcome.js'
import type { EngineOptions, Lease } from '../command-log.js'
import { isFinal, splitAgentKey, type Command } from '../model/command.js'
import { CtiError, toCtiError } from '../model/error.js'
import { createLocalRetries, type Waiting } from './local-retries.js'
import { createParkedAgents } from './parked-agents.js'
import { priorityOf } from '../accept/policy.js'
import type { RunnerPorts, RunnerSettings } from './runner-ports.js'
import { prepareSecondTry } from './second-try.js'
import { createSuspects } from './suspects.js'
import type { Begun } from '../gate/vendor-calls.js'

/** Brings agents to their newest command. */
export interface Runner {
  /** Runs the agent's open commands until none is due. One run per agent at a time; a call during a run makes it look again. */
  run(key: string): Promise<void>
  /** As `run`, for a command that has just been accepted: while the vendor is held to be absent it costs no call of the store. */
  accepted(key: string): void
  /** Reserves the agent for a command that is about to be accepted and sent at once; undefined when it is in work. */
  reserve(key: string): Turn | undefined
  /** Tells a run that waits for evidence that its command has been replaced. */
  superseded(key: string, commandIds: readonly string[]): void
  /** The vendor of this platform answers again: runs what was put off because of its absence. */
  resume(platform: string): Promise<void>
  /** In work here, or planned here for its time, or waiting for another process: nobody else has to look at the agent. */
  busy(key: string): boolean
  readonly active: number
  /** Ends all waits and lets running exchanges finish. */
  stop(graceMs: number): Promise<void>
}

/** A reserved agent. Exactly one of the two must be called. */
export interface Turn {
  /** The append has begun the command: carry it out. */
  go(begun: Begun): void
  /** It has not: look at the agent in the ordinary way, or (`look` false) leave it alone. */
  leave(look: boolean): void
}

/** How soon an agent that another process holds is looked at again, ms. */
const LEASE_MISS_MS = 500
/** An agent that waits here for its next attempt for longer than this is looked at nevertheless when a newer command comes, ms. */
const WAITS_MS = 1_000
/** A command whose vendor is absent, or has a longer queue than this, is put off for as long, ms. */
const PUT_OFF_MS = 15_000

/** How soon a suspect that had to wait for another one asks again, ms. */
const SUSPECT_LOOK_MS = 500

interface Lane {
  again: boolean
  done: Promise<void>
  /** The command in work, and how to end its waiting. */
  current: { id: string; abort: AbortController } | undefined
  /** The lease in hand is another's now. */
  lost: boolean
}

/**
 * Per agent one run at a time: in this process by lanes, across processes by the log's lease. A failing store interrupts
 * the run and leaves the commands open; the sweeper returns to them.
 */
export function createRunner(ports: RunnerPorts, settings: RunnerSettings): Runner {
  const lanes = new Map<string, Lane>()
  let stopping = false
  const { log, clock, takeOver } = ports
  const retries = createLocalRetries(clock, (key, waiting) => void again(key, waiting))
  const alarms = createAlarms(ports.wakeUps, clock, ports.logger)
  const later = (command: Command, { key, token }: Lease): void => {
    retries.add(key, { command, token })
    if (command.nextAttemptAt !== undefined) alarms.set(command.nextAttemptAt)
  }
  const parked = createParkedAgents()
  /** Their vendor is back: they do not wait for the time until which they were put off, whatever their command's problem is called. */
  const freed = new Set<string>()
  const { attempt, settleProblem, park, wake } = createAttempt({ ...ports, later, absent: parked.add }, settings)
  const suspects = createSuspects(clock)
  const within = (): EngineOptions => ({ deadline: clock.now() + settings.storeTimeoutMs })

  const run = (key: string): Promise<void> => {
    const lane = lanes.get(key)
    if (lane !== undefined) {
      lane.again = true
      return lane.done
    }
    if (stopping || !ports.mayRun(key)) return Promise.resolve()
    const fresh = open(key)
    fresh.done = drive(key, fresh, undefined)
    return fresh.done
  }

  function free(key: string): Promise<void> {
    freed.add(key)
    return run(key).finally(() => freed.delete(key))
  }

  /** The time of a retry that was planned here has come. */
  function again(key: string, waiting: Waiting): Promise<void> {
    if (lanes.has(key) || stopping || !ports.mayRun(key)) return run(key)
    const lane = open(key)
    lane.done = drive(key, lane, () => prepareSecondTry(ports, settings, key, waiting))
    return lane.done
  }

  function open(key: string): Lane {
    const lane: Lane = { again: false, done: Promise.resolve(), current: undefined, lost: false }
    lanes.set(key, lane)
    return lane
  }

  function reserve(key: string): Turn | undefined {
    if (lanes.has(key) || stopping || !ports.mayRun(key) || retries.waits(key, WAITS_MS)) return undefined
    const lane = open(key)
    let decide: (what: Begun | 'look' | 'leave') => void = () => {}
    const decided = new Promise<Begun | 'look' | 'leave'>((resolve) => {
      decide = resolve
    })
    lane.done = decided.then((what) => {
      if (what === 'leave' && !lane.again) lanes.delete(key)
      else return drive(key, lane, typeof what === 'string' ? undefined : what)
    })
    return { go: decide, leave: (look) => decide(look ? 'look' : 'leave') }
  }

  async function drive(key: string, lane: Lane, begun: Begun | (() => Promise<Begun | undefined>) | undefined): Promise<void> {
    let first = begun
    for (;;) {
      lane.again = false
      try {
        const ready = typeof first === 'function' ? await first() : first
        if (ready !== undefined) await carryOut(key, lane, ready)
        else await lookAt(key, lane)
      } catch (error) {
        const { code, message } = toCtiError(error)
        ports.logger.warn({ agent: key, code, err: message }, 'run interrupted; the sweeper will return')
      }
      first = undefined
      if (lane.again && !stopping) continue
      // In the same step as the question above: a call in between would set `again` on a lane that looks no more.
      lanes.delete(key)
      return
    }
  }

  async function carryOut(key: string, lane: Lane, begun: Begun): Promise<void> {
    try {
      await work(key, lane, begun.lease, begun.command, begun)
    } finally {
      begun.open()
      begun.pass.done('unused') // whatever happened before the exchange
    }
  }

  async function lookAt(key: string, lane: Lane): Promise<void> {
    if (takeOver.waiting) {
      // Before its lease is touched: its process may be about to go on with it, and has not crashed.
      const head = await log.head(key, within())
      if (head !== undefined && takeOver.waits(key, head)) return
    }
    const taken = await log.take(key, settings.owner, settings.leaseMs, within())
    // Another process has the agent, or a dead one had. What waits at the vendor is left to it; the rest is looked at again soon.
    if (taken.kind === 'held' && taken.head.pending !== true) await wake(key, taken.head, LEASE_MISS_MS)
    if (taken.kind === 'taken') await work(key, lane, taken.lease, taken.head)
  }

  async function work(key: string, lane: Lane, lease: Lease, head: Command, begun?: Begun): Promise<void> {
    lane.lost = false
    const stopRenewing = clock.every(settings.leaseMs / 3, () => void keep(lease, lane))
    let outcome: Next = { kind: 'next', command: head }
    let first = begun
    try {
      // A begun command is sent in any case: its caller has been promised nothing else.
      while (outcome.kind === 'next' && (first !== undefined || (!stopping && !lane.lost))) {
        outcome = await step(key, outcome.command, lease, lane, first)
        first = undefined
      }
      if (outcome.kind === 'again') lane.again = true
    } finally {
      stopRenewing()
      suspects.leave(key)
      if (outcome.kind !== 'released') await log.release(lease, within()).catch(() => undefined)
    }
  }

  /** Renews the lease, and notices when another process has accepted what replaces the command in work here. */
  async function keep(lease: Lease, lane: Lane): Promise<void> {
    try {
      if (!(await log.renew(lease, settings.leaseMs, within()))) {
        lane.lost = true
        lane.current?.abort.abort()
      }
      const current = lane.current
      if (current === undefined) return
      const command = await log.get(current.id, within())
      if (command !== undefined && isFinal(command.status)) current.abort.abort()
    } catch {
      // The store is away: the lease runs out by itself, and claimSend asks again before anything is sent.
    }
  }

  async function step(key: string, command: Command, lease: Lease, lane: Lane, begun?: Begun): Promise<Next> {
    if (begun === undefined) {
      const early = await beforeAttempt(key, command, lease)
      if (early !== undefined) return early
    }
    retries.forget(key)
    const abort = new AbortController()
    lane.current = { id: command.id, abort }
    if (stopping || lane.lost) abort.abort()
    try {
      return await attempt(key, command, lease, abort, begun)
    } finally {
      lane.current = undefined
    }
  }

  /** What ends or puts off a command before anything is asked of the vendor. */
  async function beforeAttempt(key: string, command: Command, lease: Lease): Promise<Next | undefined> {
    if (takeOver.waits(key, command)) return { kind: 'leave' }
    const now = clock.now()
    if (command.expiresAt <= now && command.pending !== true) {
      return settleProblem(command, lease, 'expired', new CtiError('EXPIRED'))
    }
    if ((command.crashes ?? 0) >= settings.maxCrashes) {
      return settleProblem(command, lease, 'dead', new CtiError('PROCESS_CRASHED'))
    }
    if ((command.crashes ?? 0) === settings.maxCrashes - 1 && command.pending !== true && !suspects.enter(key)) {
      await wake(key, command, SUSPECT_LOOK_MS * (0.5 + ports.random()))
      return { kind: 'leave' }
    }
    const platform = splitAgentKey(key).platform
    const gate = ports.platform(platform)?.gate
    if (gate !== undefined && gate.circuit !== 'closed' && command.pending !== true)
      return park(command, lease, PUT_OFF_MS, new CtiError('CIRCUIT_OPEN'))
    const waitsForCircuit = freed.delete(key) || command.problem?.code === 'CIRCUIT_OPEN'
    if (command.nextAttemptAt !== undefined && command.nextAttemptAt > now && !waitsForCircuit) {
      later(command, lease)
      return { kind: 'leave' }
    }
    const queue = gate?.expectedWaitMs(priorityOf(command.action)) ?? 0
    if (queue <= PUT_OFF_MS || command.pending === true) return undefined
    // It keeps its place in time and gives back the memory, the lease and its renewals that a long wait would cost.
    const detail = 'the platform takes so many calls a second and no more; the queue is long'
    const delay = PUT_OFF_MS * (0.5 + ports.random() / 2)
    return park(command, lease, delay, new CtiError('VENDOR_BUSY', { detail, effect: 'none' }))
  }

  return {
    run,
    reserve,
    accepted(key) {
      const platform = splitAgentKey(key).platform
      const circuit = ports.platform(platform)?.gate.circuit ?? 'closed'
      // What was accepted behind a command that waits for its time waits too. Would that be untrue, because another process has
      // replaced the other one and its news got lost, it is late by no more than that time.
      if (retries.waits(key, WAITS_MS)) return
      if (circuit === 'closed' || lanes.has(key)) void run(key)
      else parked.add(platform, key)
    },
    superseded(key, commandIds) {
      const current = lanes.get(key)?.current
      if (current !== undefined && commandIds.includes(current.id)) current.abort.abort()
      if (retries.drop(key, commandIds)) void run(key)
    },
    busy: (key) => lanes.has(key) || retries.waits(key, Number.POSITIVE_INFINITY) || takeOver.holds(key),
    resume: (platform) => parked.release(platform, free, clock),
    get active() {
      return lanes.size
    },
    async stop(graceMs) {
      stopping = true
      retries.stop()
      for (const { current } of lanes.values()) current?.abort.abort()
      const all = Promise.allSettled([...lanes.values()].map((lane) => lane.done))
      await Promise.race([all, clock.sleep(graceMs)])
    },
  }
}
