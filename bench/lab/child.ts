import { setTimeout as sleep } from 'node:timers/promises'

/** What a child process of a benchmark can be asked for. One argument and one answer each, both plain data. */
export type ChildApi = Readonly<Record<string, (argument: never) => unknown>>

/** The parent's question. */
export interface Ask {
  readonly id: number
  readonly method: string
  readonly argument: unknown
}

/** The child's word: that it is ready, or the answer to a question. */
export type Answer = { readonly ready: true } | { readonly id: number; readonly value?: unknown; readonly error?: string }

/** Methods that every child has. */
export interface CommonApi {
  /** Processor time used so far, µs. */
  cpu(): number
  /** Bytes of heap in use after garbage collection. The child must have been started with `--expose-gc`. */
  heap(): Promise<number>
}

const common: CommonApi = {
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  async heap() {
    if (global.gc === undefined) throw new Error('start this child with --expose-gc')
    // Twice, with a pause: what finalizers and finished promises hold goes with the second one.
    for (let times = 0; times < 3; times += 1) {
      global.gc()
      await sleep(50)
    }
    return process.memoryUsage().heapUsed
  },
}

/**
 * Answers the parent's questions until the parent is gone; then the process ends.
 * Guarantees: a method that throws answers with its error; the process goes on.
 */
export function serve(api: ChildApi): void {
  // The TypeScript loader switches source maps on, which makes every error's stack dear; the product runs without.
  process.setSourceMapsEnabled(false)
  const methods: Record<string, ((argument: never) => unknown) | undefined> = { ...common, ...api }
  const say = (answer: Answer): void => void process.send?.(answer)
  const answer = async ({ id, method, argument }: Ask): Promise<void> => {
    try {
      const run = methods[method]
      if (run === undefined) throw new Error(`there is no method "${method}"`)
      say({ id, value: await run(argument as never) })
    } catch (error) {
      say({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  }
  process.on('message', (ask: Ask) => void answer(ask))
  process.on('disconnect', () => process.exit(0))
  say({ ready: true })
}
