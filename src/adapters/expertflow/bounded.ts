import type { Clock } from '../../core/clock.js'

/** Runs `work` with a signal that aborts after `ms` or with `parent`. Leaves no timer and no listener. */
export async function bounded<T>(clock: Clock, ms: number, parent: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  if (parent.aborted) abort()
  parent.addEventListener('abort', abort, { once: true })
  const cancel = clock.after(ms, abort)
  try {
    return await work(controller.signal)
  } finally {
    cancel()
    parent.removeEventListener('abort', abort)
  }
}

/** Waits for a shared promise, but not longer than the signal allows; the shared work goes on for the others. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, onAbort: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(onAbort())
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Delay before try number `tries` (from 0): between half and all of min(cap, base * 2^tries), so that many desks do not return at once. */
export function ladderDelay(settings: { readonly baseMs: number; readonly capMs: number }, tries: number, random: () => number): number {
  const ceiling = Math.min(settings.capMs, settings.baseMs * 2 ** Math.min(tries, 30))
  return Math.round(ceiling * (0.5 + random() / 2))
}
