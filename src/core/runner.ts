import { setMaxListeners } from 'node:events'
import { createAttempt, type Next } from './attempt.js'
import type { EngineOptions, Lease } from './command-log.js'
import { anySignal } from './deadline.js'
import { isFinal, type Command } from './model/command.js'
import { CtiError, toCtiError } from './model/error.js'
import type { RunnerPorts, RunnerSettings } from './runner-ports.js'

/** Brings agents to their newest command. */
export interface Runner {
  /** Runs the agent's open commands until none is due. One run per agent at a time; a call during a run makes it look again. */
  run(key: string): Promise<void>
  /** Tells a run that waits for evidence that its command has been replaced. */
  superseded(key: string, commandIds: readonly string[]): void
  readonly active: number
  /** Ends all waits and lets running exchanges finish. */
  stop(graceMs: number): Promise<void>
}

/** How soon an agent that another process holds is looked at again, ms. */
const LEASE_MISS_MS = 500

interface Lane {
  again: boolean
  done: Promise<void>
  /** The command in work, and how to end its waiting. */
  current: { id: string; abort: AbortController } | undefined
}

/**
 * Per agent one run at a time: in this process by lanes, across processes by the log's lease. A failing store interrupts
 * the run and leaves the commands open; the sweeper returns to them.
 */
export function createRunner(ports: RunnerPorts, settings: RunnerSettings): Runner {
  const lanes = new Map<string, Lane>()
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal) // every lane listens
  const { log, clock } = ports
  const { attempt, settleProblem, wake } = createAttempt(ports, settings)
  const within = (): EngineOptions => ({ deadline: clock.now() + settings.storeTimeoutMs })

  const run = (key: string): Promise<void> => {
    const lane = lanes.get(key)
    if (lane !== undefined) {
      lane.again = true
      return lane.done
    }
    if (stopping.signal.aborted) return Promise.resolve()
    const fresh: Lane = { again: false, done: Promise.resolve(), current: undefined }
    lanes.set(key, fresh)
    fresh.done = drive(key, fresh)
    return fresh.done
  }

  async function drive(key: string, lane: Lane): Promise<void> {
    for (;;) {
      lane.again = false
      try {
        await withLease(key, lane)
      } catch (error) {
        const { code, message } = toCtiError(error)
        ports.logger.warn({ agent: key, code, err: message }, 'run interrupted; the sweeper will return')
      }
      if (lane.again && !stopping.signal.aborted) continue
      // In the same step as the question above: a call in between would set `again` on a lane that looks no more.
      lanes.delete(key)
      return
    }
  }

  async function withLease(key: string, lane: Lane): Promise<void> {
    const lease = await log.lease(key, settings.owner, settings.leaseMs, within())
    if (lease === undefined) return comeBack(key)
    const lost = new AbortController()
    const stopRenewing = clock.every(settings.leaseMs / 3, () => void keep(lease, lane, lost))
    try {
      for (;;) {
        const command = await log.head(key, within())
        if (command === undefined || stopping.signal.aborted || lost.signal.aborted) return
        if ((await step(key, command, lease, lane, lost.signal)) === 'leave') return
      }
    } finally {
      stopRenewing()
      await log.release(lease, within()).catch(() => undefined)
    }
  }

  /** Another process has the agent, or a dead one had. What waits at the vendor is left to it; the rest is looked at again soon. */
  async function comeBack(key: string): Promise<void> {
    const head = await log.head(key, within())
    if (head !== undefined && head.pending !== true) await wake(key, head, LEASE_MISS_MS)
  }

  /** Renews the lease, and notices when another process has accepted what replaces the command in work here. */
  async function keep(lease: Lease, lane: Lane, lost: AbortController): Promise<void> {
    try {
      if (!(await log.renew(lease, settings.leaseMs, within()))) lost.abort()
      const current = lane.current
      if (current === undefined) return
      const command = await log.get(current.id, within())
      if (command !== undefined && isFinal(command.status)) current.abort.abort()
    } catch {
      // The store is away: the lease runs out by itself, and claimSend asks again before anything is sent.
    }
  }

  async function step(key: string, command: Command, lease: Lease, lane: Lane, lost: AbortSignal): Promise<Next> {
    const now = clock.now()
    if (command.expiresAt <= now && command.pending !== true) {
      return settleProblem(command, lease, 'expired', new CtiError('EXPIRED'))
    }
    if (command.nextAttemptAt !== undefined && command.nextAttemptAt > now) {
      await wake(key, command, command.nextAttemptAt - now)
      return 'leave'
    }
    const abort = new AbortController()
    lane.current = { id: command.id, abort }
    const life = anySignal(abort.signal, lost, stopping.signal)
    try {
      return await attempt(key, command, lease, life.signal)
    } finally {
      life.close()
      lane.current = undefined
    }
  }

  return {
    run,
    superseded(key, commandIds) {
      const current = lanes.get(key)?.current
      if (current !== undefined && commandIds.includes(current.id)) current.abort.abort()
    },
    get active() {
      return lanes.size
    },
    async stop(graceMs) {
      stopping.abort()
      const all = Promise.allSettled([...lanes.values()].map((lane) => lane.done))
      await Promise.race([all, clock.sleep(graceMs)])
    },
  }
}
