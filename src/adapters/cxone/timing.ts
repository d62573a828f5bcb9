import type { Clock } from '../../core/clock.js'

/** A signal that aborts with the outer one or after `ms`, and how to put it away. */
export function abortAfter(clock: Clock, ms: number, outer?: AbortSignal): { readonly signal: AbortSignal; close(): void } {
  const own = new AbortController()
  const cancel = clock.after(ms, () => own.abort(new Error('deadline')))
  const onOuter = (): void => own.abort(outer?.reason)
  if (outer?.aborted === true) onOuter()
  else outer?.addEventListener('abort', onOuter, { once: true })
  return {
    signal: own.signal,
    close() {
      cancel()
      outer?.removeEventListener('abort', onOuter)
    },
  }
}

/** Waits for a promise that others share, but only as long as this caller wants. The shared work goes on. */
export function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal, onAbort: () => Error): Promise<T> {
  if (signal.aborted) {
    shared.catch(() => undefined) // its failure is for those who still wait
    return Promise.reject(onAbort())
  }
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(onAbort())
    signal.addEventListener('abort', stop, { once: true })
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
