/** One holder per key at a time, first come first served. Keys that nobody holds take no memory. */
export interface KeyMutex {
  /** Resolves with the function that lets go; calling it twice does nothing. */
  acquire(key: string): Promise<() => void>
}

export function createKeyMutex(): KeyMutex {
  const tails = new Map<string, Promise<void>>()
  return {
    async acquire(key) {
      const before = tails.get(key)
      let release: () => void = () => {}
      const mine = new Promise<void>((resolve) => {
        release = resolve
      })
      const tail = before === undefined ? mine : before.then(() => mine)
      tails.set(key, tail)
      if (before !== undefined) await before
      return () => {
        release()
        if (tails.get(key) === tail) tails.delete(key)
      }
    },
  }
}
