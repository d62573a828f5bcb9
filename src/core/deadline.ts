import type { Clock } from './clock.js'

/** Whatever ends with a signal, which is made when somebody asks for it: most commands end without one, and it costs as much as their plan. */
export type Life = Pick<AbortController, 'signal'>

/**
 * Runs `work` with a signal that aborts after `ms` or with `parent`. Rejects with `onTimeout()` when the time is over, even
 * if `work` ignores its signal: nothing may hang (product rule 5).
 */
export function withDeadline<T>(
  clock: Clock,
  ms: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  onTimeout: () => Error,
): Promise<T> {
  const controller = new AbortController()
  const onParent = (): void => controller.abort(parent?.reason)
  if (parent?.aborted === true) onParent()
  parent?.addEventListener('abort', onParent, { once: true })
  return new Promise((resolve, reject) => {
    const end = (): void => {
      cancel()
      parent?.removeEventListener('abort', onParent)
    }
    const cancel = clock.after(ms, () => {
      end()
      const error = onTimeout()
      controller.abort(error)
      reject(error)
    })
    const fail = (error: Error): void => {
      end()
      reject(error)
    }
    try {
      work(controller.signal).then((value) => {
        end()
        resolve(value)
      }, fail)
    } catch (error) {
      fail(error as Error)
    }
  })
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
