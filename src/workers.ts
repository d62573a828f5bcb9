import cluster, { type Worker } from 'node:cluster'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a worker tells when it takes requests. */
export interface WorkerReady {
  readonly kind: 'ready'
  readonly url: string
  readonly engine: { readonly name: string; readonly description: string }
}

export interface WorkersOptions {
  readonly count: number
  /** For the workers, beside the environment of this process. */
  readonly environment: Readonly<Record<string, string>>
  /** How long a worker may take to stop, ms; then it is killed. */
  readonly stopMs: number
  readonly say: (text: string) => void
}

/** Several gateways that share one port, as processes of this machine. */
export interface Workers {
  /** What the first worker has told. */
  readonly first: WorkerReady
  /** One worker after the other is replaced: the new one is ready before the old one stops. With workers that do not get ready it ends early. */
  reload(): Promise<void>
  /** Stops all, within the bound. Idempotent. */
  stop(): Promise<void>
}

/** A worker that ends by itself is started again after 0.25 s, 0.5 s … 10 s; one that lived this long begins anew, ms. */
const HEALTHY_MS = 30_000
const MAX_PAUSE_MS = 10_000
const FIRST_PAUSE_MS = 250
/** A worker that is not ready after this is given up, ms. Longer than a slow engine takes to answer. */
const READY_MS = 60_000

/** How long to wait before a worker is started again that has ended `failures` times in a row, ms. Pure. */
export function restartPauseMs(failures: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1))
}

/** Is this process one of the workers? */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** From the primary to its workers: the simulated platforms, as JSON. */
export const WORKER_PLATFORMS = 'CTI_WORKER_PLATFORMS'
/** The same for where they are steered: `SteeredSimulator`s, as JSON. */
export const WORKER_SIMULATORS = 'CTI_WORKER_SIMULATORS'
/** From the primary to its workers: the development keys are in use. */
export const WORKER_DEV_KEYS = 'CTI_WORKER_DEV_KEYS'

/** A secret that the workers of one start share. */
export function newSiteSecret(): string {
  return randomBytes(32).toString('base64url')
}

interface Slot {
  readonly name: string
  worker: Worker | undefined
  /** A worker is being started for it. */
  filling: boolean
  failures: number
}

/**
 * Starts the workers: the first alone, so that what is wrong is said once, then the others. Fails: when the first does not get ready.
 *
 * Guarantees: a worker that ends by itself is started again, with growing pauses; never more than one worker more than asked for.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { say } = options
  const slots: Slot[] = Array.from({ length: options.count }, (_, at) => ({
    name: `worker ${at + 1}`,
    worker: undefined,
    filling: false,
    failures: 0,
  }))
  let stopping: Promise<void> | undefined
  let reloading: Promise<void> | undefined

  /** A new worker that takes requests. Fails when it ends, or is not ready in time. */
  function fork(name: string): Promise<{ worker: Worker; ready: WorkerReady }> {
    const worker = cluster.fork(options.environment)
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        worker.process.kill('SIGKILL')
        reject(new Error(`${name} was not ready after ${READY_MS / 1000} s`))
      }, READY_MS)
      worker.once('exit', (code: number, signal: string) => {
        clearTimeout(late)
        reject(new Error(`${name} ended before it was ready (${ending(code, signal)})`))
      })
      worker.on('message', (message: unknown) => {
        if (!isReady(message)) return
        clearTimeout(late)
        resolve({ worker, ready: message })
      })
    })
  }

  async function fill(slot: Slot): Promise<WorkerReady> {
    slot.filling = true
    const { worker, ready } = await fork(slot.name).finally(() => (slot.filling = false))
    if (stopping !== undefined) {
      await end(worker, options.stopMs)
      return ready
    }
    slot.worker = worker
    const since = performance.now()
    worker.once('exit', (code: number, signal: string) => {
      if (slot.worker !== worker || stopping !== undefined) return
      slot.worker = undefined
      if (performance.now() - since > HEALTHY_MS) slot.failures = 0
      say(`${slot.name} (process ${worker.process.pid}) has ended: ${ending(code, signal)}`)
      void refill(slot)
    })
    say(`${slot.name} (process ${worker.process.pid}) is ready`)
    return ready
  }

  async function refill(slot: Slot): Promise<void> {
    while (stopping === undefined && slot.worker === undefined) {
      slot.failures += 1
      await sleep(restartPauseMs(slot.failures), undefined, { ref: false })
      // The rolling restart may have filled the place meanwhile, or be about to.
      if (stopping !== undefined || slot.worker !== undefined || slot.filling) return
      await fill(slot).catch((error: unknown) => say((error as Error).message))
    }
  }

  async function replaceAll(): Promise<void> {
    for (const slot of slots) {
      if (stopping !== undefined) return
      while (slot.filling) await sleep(100)
      const old = slot.worker
      slot.worker = undefined // its end is no failure from here on
      try {
        await fill(slot)
      } catch (error) {
        slot.worker = old?.isDead() === false ? old : undefined
        say(`${(error as Error).message}; the restart ends here, the old workers go on`)
        return void refill(slot)
      }
      if (old !== undefined) await end(old, options.stopMs)
    }
    say('all workers have been replaced')
  }

  const [head, ...others] = slots
  if (head === undefined) throw new Error('at least one worker is needed')
  const first = await fill(head)
  await Promise.all(others.map((slot) => fill(slot).catch(() => void refill(slot))))

  return {
    first,
    reload() {
      reloading ??= replaceAll().finally(() => (reloading = undefined))
      return reloading
    },
    stop() {
      const alive = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
      stopping ??= Promise.all(alive.map((worker) => end(worker, options.stopMs))).then(() => undefined)
      return stopping
    },
  }
}

/** SIGTERM, and SIGKILL when that takes too long. */
async function end(worker: Worker, graceMs: number): Promise<void> {
  if (worker.isDead()) return
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.process.kill('SIGTERM')
  const late = setTimeout(() => worker.process.kill('SIGKILL'), graceMs)
  await gone
  clearTimeout(late)
}

function ending(code: number | null, signal: string | null): string {
  return signal === null ? `exit code ${code}` : signal
}

function isReady(message: unknown): message is WorkerReady {
  return typeof message === 'object' && message !== null && (message as { kind?: unknown }).kind === 'ready'
}
