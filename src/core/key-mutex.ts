import type { Clock } from './clock.js'
import { CtiError } from './model/error.js'

/** One holder per key at a time, first come first served. Keys that nobody holds take no memory. */
export interface KeyMutex {
  /**
   * Resolves with the function that lets go; calling it twice does nothing.
   * Fails: STORE_UNAVAILABLE after `timeoutMs`: those before us wait for a store that does not answer.
   */
  acquire(key: string, timeoutMs: number): Promise<() => void>
}

export function createKeyMutex(clock: Clock): KeyMutex {
  const tails = new Map<string, Promise<void>>()
  return {
    async acquire(key, timeoutMs) {
      const before = tails.get(key)
      let unlock: () => void = () => {}
      const mine = new Promise<void>((resolve) => {
        unlock = resolve
      })
      const tail = before === undefined ? mine : before.then(() => mine)
      tails.set(key, tail)
      const release = (): void => {
        unlock()
        if (tails.get(key) === tail) tails.delete(key)
      }
      if (before === undefined) return release
      let cancel: () => void = () => {}
      const late = new Promise<'late'>((resolve) => {
        cancel = clock.after(timeoutMs, () => resolve('late'))
      })
      const outcome = await Promise.race([before, late])
      cancel()
      if (outcome !== 'late') return release
      void before.then(release) // our place passes on when its turn comes
      throw new CtiError('STORE_UNAVAILABLE', { detail: 'earlier requests for this agent still wait for the store', retryAfterMs: 1000 })
    },
  }
}
