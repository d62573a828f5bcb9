import type { Redis } from 'ioredis'

/** The socket of a connection, as far as it can hold writes back. */
interface Corkable {
  cork(): void
  uncork(): void
}

/**
 * Commands of one turn of the event loop leave in one write: a system call each was the largest cost of a command under load
 * (18 % of its processor time). What is held back leaves when all sockets that had something to read have been read, before the
 * loop waits for anything else. Not at the end of each callback: there, every socket's command would leave by itself.
 *
 * Unlike ioredis' own pipelining it changes nothing about the commands themselves.
 */
export function createCork(redis: Redis): () => void {
  let held: Corkable | undefined
  const letGo = (): void => {
    const stream = held
    held = undefined
    stream?.uncork()
  }
  return () => {
    if (held !== undefined || redis.status !== 'ready') return
    held = redis.stream
    held.cork()
    setImmediate(letGo)
  }
}
