import type { Clock } from './clock.js'
import { CtiError } from './model/error.js'

/** One holder per key at a time, first come first served. Keys that nobody holds take no memory. */
export interface KeyMutex {
  /**
   * The function that lets go, at once where nobody holds the key; calling it twice does nothing.
   * Fails: STORE_UNAVAILABLE after `timeoutMs`: those before us wait for a store that does not answer.
   */
  acquire(key: string, timeoutMs: number): Promise<() => void> | (() => void)
}

export function createKeyMutex(clock: Clock): KeyMutex {
  /** Of each key that is held, those who wait for it. */
  const held = new Map<string, (() => void)[] | undefined>()

  function hold(key: string): () => void {
    let over = false
    return () => {
      if (over) return
      over = true
      const next = held.get(key)?.shift()
      if (next === undefined) held.delete(key)
      else next()
    }
  }

  function wait(key: string, timeoutMs: number): Promise<() => void> {
    const waiting = held.get(key) ?? []
    held.set(key, waiting)
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        cancel()
        resolve(hold(key))
      }
      const cancel = clock.after(timeoutMs, () => {
        waiting.splice(waiting.indexOf(enter), 1)
        const detail = 'earlier requests for this agent still wait for the store'
        reject(new CtiError('STORE_UNAVAILABLE', { detail, retryAfterMs: 1000 }))
      })
      waiting.push(enter)
    })
  }

  return {
    acquire(key, timeoutMs) {
      if (held.has(key)) return wait(key, timeoutMs)
      held.set(key, undefined)
      return hold(key)
    },
  }
}
