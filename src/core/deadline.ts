import type { Clock } from './clock.js'

/**
 * Runs `work` with a signal that aborts after `ms` or with `parent`. Rejects with `onTimeout()` when the time is over, even
 * if `work` ignores its signal: nothing may hang (product rule 5).
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  onTimeout: () => Error,
): Promise<T> {
  const controller = new AbortController()
  let cancel: () => void = () => {}
  const onParent = (): void => controller.abort(parent?.reason)
  if (parent?.aborted === true) onParent()
  parent?.addEventListener('abort', onParent, { once: true })
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ms, () => {
      const error = onTimeout()
      controller.abort(error)
      reject(error)
    })
  })
  try {
    return await Promise.race([work(controller.signal), late])
  } finally {
    cancel()
    parent?.removeEventListener('abort', onParent)
  }
}

/** A signal that aborts when any of its sources does; `close` lets go of them. */
export function anySignal(...sources: readonly (AbortSignal | undefined)[]): { signal: AbortSignal; close: () => void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  for (const source of sources) {
    if (source?.aborted === true) abort()
    source?.addEventListener('abort', abort, { once: true })
  }
  return {
    signal: controller.signal,
    close: () => {
      for (const source of sources) source?.removeEventListener('abort', abort)
    },
  }
}
