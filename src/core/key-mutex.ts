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

/** The last one who asked. Its promise is made when somebody waits for it: hardly ever. */
interface Tail {
  done: Promise<void> | undefined
  unlock: (() => void) | undefined
  free: boolean
}

function doneOf(tail: Tail): Promise<void> {
  tail.done ??= new Promise((resolve) => {
    tail.unlock = resolve
  })
  return tail.done
}

export function createKeyMutex(clock: Clock): KeyMutex {
  const tails = new Map<string, Tail>()

  return {
    async acquire(key, timeoutMs) {
      const last = tails.get(key)
      const mine: Tail = { done: undefined, unlock: undefined, free: false }
      tails.set(key, mine)
      const release = (): void => {
        if (mine.free) return
        mine.free = true
        mine.unlock?.()
        if (tails.get(key) === mine) tails.delete(key)
      }
      if (last === undefined) return release
      const before = doneOf(last)
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
