import { setMaxListeners } from 'node:events'
import type { Clock } from './clock.js'

/**
 * One deadline for many: what begins in the same moment shares a signal and a timer. An `AbortSignal` of its own, with its listener,
 * takes longer than all else that a call of a vendor needs around its exchange.
 *
 * Guarantees: as `withDeadline`: `run` rejects with an error of `onTimeout` when the time is over, even if the work ignores its signal.
 * When all is done, one timer is left at most, of the newest group. The time is at most 1 % (and `MOMENT_MS`) shorter than `ms`, never longer. The signal is not
 * the work's own: it may abort after the work has ended, because others have not.
 */
export interface SharedDeadline {
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

/** Whose calls begin within this are one group, ms. */
const MOMENT_MS = 20

interface Group {
  readonly signal: AbortSignal
  /** Monotonic: from then on there is another group. */
  readonly until: number
  /** Those whose work goes on. */
  readonly late: Set<() => void>
  readonly cancel: () => void
}

export function createSharedDeadline(clock: Clock, ms: number, onTimeout: () => Error): SharedDeadline {
  const moment = Math.min(MOMENT_MS, ms / 100)
  let newest: Group | undefined

  function groupNow(): Group {
    const now = clock.monotonic()
    if (newest !== undefined && now < newest.until) return newest
    if (newest?.late.size === 0) newest.cancel()
    newest = open(now)
    return newest
  }

  function open(now: number): Group {
    const controller = new AbortController()
    const { signal } = controller
    setMaxListeners(0, signal)
    const late = new Set<() => void>()
    const cancel = clock.after(ms, () => {
      if (newest === group) newest = undefined
      if (late.size === 0) return
      controller.abort(onTimeout())
      for (const end of late) end()
    })
    const group: Group = { signal, until: now + moment, late, cancel }
    return group
  }

  return {
    run(work) {
      const group = groupNow()
      return new Promise((resolve, reject) => {
        const onLate = (): void => reject(onTimeout())
        group.late.add(onLate)
        const leave = (): void => {
          group.late.delete(onLate)
          if (group.late.size === 0 && group !== newest) group.cancel()
        }
        const fail = (error: Error): void => {
          leave()
          reject(error)
        }
        try {
          work(group.signal).then((value) => {
            leave()
            resolve(value)
          }, fail)
        } catch (error) {
          fail(error as Error)
        }
      })
    },
  }
}
