import type { Clock } from '../../../core/clock.js'

export interface Heartbeat {
  start(): void
  stop(): void
  /** A HEARTBEAT_CONF came. */
  answered(): void
  /** Whether this InvokeID is one of a heart-beat that waits for its answer. */
  sent(invokeId: number): boolean
}

/** Unanswered heart-beats after which the session counts as failed (vendors/cisco.md section 1.11). */
export const MAX_MISSES = 3

/** Only the client beats. When the fourth beat would be due and three are unanswered, the session is lost. */
export function createHeartbeat(
  clock: Clock,
  intervalMs: number,
  ports: { readonly send: () => number; readonly onLost: (misses: number) => void },
): Heartbeat {
  let cancel: () => void = () => undefined
  let waiting: number[] = []
  const beat = (): void => {
    if (waiting.length >= MAX_MISSES) {
      ports.onLost(waiting.length)
      return
    }
    waiting.push(ports.send())
  }
  return {
    start() {
      waiting = []
      cancel()
      cancel = clock.every(intervalMs, beat)
    },
    stop() {
      cancel()
      cancel = () => undefined
      waiting = []
    },
    answered() {
      waiting = []
    },
    sent: (invokeId) => waiting.includes(invokeId),
  }
}
