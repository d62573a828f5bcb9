import type { Clock } from '../clock.js'

/**
 * Does something for many keys, few at once, so that a store or a vendor that has just come back is not run over.
 * A key's work that takes longer than `patienceMs` gives its place to the next one and goes on beside it: some commands wait
 * at their vendor for hours.
 */
export async function paced(
  keys: Iterable<string>,
  work: (key: string) => Promise<void>,
  clock: Clock,
  { atOnce, patienceMs }: { readonly atOnce: number; readonly patienceMs: number },
): Promise<void> {
  const iterator = keys[Symbol.iterator]()
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await patient(work(next.value), clock, patienceMs)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

function patient(work: Promise<void>, clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve)
    const end = (): void => {
      cancel()
      resolve()
    }
    work.then(end, end)
  })
}
