import { setTimeout as sleep } from 'node:timers/promises'
import type { Trap } from './crash-points.js'
import type { Diary } from './diary.js'
import { spawnGateway, untilReady, type GatewayProcess } from './processes.js'

/** A process that cannot be started is tried again after this, ms. */
const RESTART_PAUSE_MS = 250
/** An engine that is away for a while keeps a process from starting for so long at most. */
const READY_LIMIT_MS = 90_000

/** One gateway's place at the site: its process is started again whenever it ends, as a service manager does. */
export interface Slot {
  readonly number: number
  readonly url: string
  /** ms from each start until ready, and from each death to being ready again. */
  readonly restarts: readonly number[]
  readonly deaths: number
  kill(signal: NodeJS.Signals): void
  signal(signal: NodeJS.Signals): void
  arm(trap: Trap): void
  /** Resolves when the process that runs now has ended. */
  ended(): Promise<number | null>
  /** Resolves when it is ready. Fails when it never gets there. */
  ready(): Promise<void>
  output(): string
  /** Ends it and starts it no more. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again after `stop`. */
  start(): void
}

export interface SlotSettings {
  readonly number: number
  readonly port: number
  readonly environment: Readonly<Record<string, string>>
  readonly watched: boolean
  readonly diary: Diary
}

export function createSlot({ number, port, environment, watched, diary }: SlotSettings): Slot {
  const url = `http://127.0.0.1:${port}`
  const restarts: number[] = []
  let deaths = 0
  let wanted = true
  let child: GatewayProcess
  let readiness: Promise<void>
  let running: Promise<void>

  function begin(): void {
    wanted = true
    running = keepAlive()
  }

  async function keepAlive(): Promise<void> {
    while (wanted) {
      child = spawnGateway({ ...environment, CTI_PORT: String(port) }, watched)
      const mine = child
      const began = performance.now()
      readiness = untilReady(url, READY_LIMIT_MS).then(() => void (child === mine && restarts.push(performance.now() - began)))
      readiness.catch(() => undefined)
      await mine.exited
      if (!wanted) return
      deaths += 1
      diary.note(`gateway ${number} has ended (${mine.exitCode() ?? 'killed'}) and is started again`)
      if (performance.now() - began < 2000) await sleep(RESTART_PAUSE_MS)
    }
  }

  begin()
  return {
    number,
    url,
    restarts,
    get deaths() {
      return deaths
    },
    kill: (signal) => child.kill(signal),
    signal: (signal) => child.kill(signal),
    arm: (trap) => child.arm(trap),
    async ended() {
      const mine = child
      await mine.exited
      return mine.exitCode() ?? null
    },
    async ready() {
      // A process that dies while it starts is followed by another: ask for the one that is there now.
      for (let tries = 0; ; tries += 1) {
        try {
          await readiness
          return
        } catch (error) {
          if (tries >= 2) throw new Error(`${error instanceof Error ? error.message : String(error)}\n${child.output()}`, { cause: error })
        }
      }
    },
    output: () => child.output(),
    async stop(signal = 'SIGTERM') {
      wanted = false
      child.kill(signal)
      await Promise.race([child.exited, sleep(15_000)])
      child.kill('SIGKILL')
      await running
    },
    start: begin,
  }
}
