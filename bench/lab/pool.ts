/** Does `work` for 0 … count − 1, at most `limit` at once, in order of their beginning. Fails with the first failure. */
export async function inFlight(limit: number, count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const run = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      await work(index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, count) }, run))
}

/** A promise, and what resolves it. */
export interface Signal {
  readonly done: Promise<void>
  resolve(): void
}

export function signal(): Signal {
  let resolve: () => void = () => undefined
  const done = new Promise<void>((given) => {
    resolve = given
  })
  return { done, resolve: () => resolve() }
}

/** Waits at most `ms`. Fails with `text` when it takes longer. */
export async function within<T>(ms: number, promise: Promise<T>, text: () => string): Promise<T> {
  let late: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => reject(new Error(text())), ms)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(late)
  }
}
