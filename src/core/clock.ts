/** The only source of time. Injected, so that tests can drive it. All values in ms. */
export interface Clock {
  /** Epoch ms. */
  now(): number
  /** Monotonic ms, for durations: not moved by steps of the wall clock. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when aborted. Leaves no timer behind. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `fn` once after `ms`; the returned function cancels it. The timer does not keep the process alive. */
  after(ms: number, fn: () => void): () => void
  /** Calls `fn` every `ms` until cancelled. Does not keep the process alive. */
  every(ms: number, fn: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error)
        return
      }
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason as Error)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  },
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
  every(ms, fn) {
    const timer = setInterval(fn, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}
