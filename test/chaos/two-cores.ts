import { setTimeout as sleep } from 'node:timers/promises'
import { CtiError } from '../../src/core/model/error.js'
import type { Engine } from '../../src/core/wake-ups.js'
import type { LoopbackVendor } from '../../src/adapters/loopback/vendor.js'
import { loopbackRig, type Rig } from '../support/storm.js'

/** What the log does to its callers: now and then it fails before it does anything, or does it and the answer is lost. */
export interface EngineFaults {
  readonly probability: number
  readonly random: () => number
}

/** A lost answer of these is a question that the caller of this harness cannot settle; they fail before only. */
const NEVER_LOST = new Set(['append'])
/** Reads that the comparison at the end makes; they tell the truth. */
const TRUE = new Set(['get', 'history'])

/** An engine that fails, and that can be taken away from its process for good, as a crash does. */
export function faultyEngine(engine: Engine, faults: EngineFaults): { readonly engine: Engine; die(): void } {
  let dead = false
  const away = (): CtiError => new CtiError('STORE_UNAVAILABLE', { retryAfterMs: 10 })
  const log = new Proxy(engine.log, {
    get(real, name) {
      const member: unknown = Reflect.get(real, name)
      if (typeof member !== 'function' || typeof name !== 'string') return member
      const call = member.bind(real) as (...args: unknown[]) => Promise<unknown>
      return async (...args: unknown[]): Promise<unknown> => {
        if (dead) throw away()
        const fails = !TRUE.has(name) && faults.random() < faults.probability
        const lost = fails && !NEVER_LOST.has(name) && faults.random() < 0.5
        if (fails && !lost) throw away()
        const result = await call(...args)
        if (lost || (dead && !NEVER_LOST.has(name))) throw away()
        return result
      }
    },
  })
  const faulty = new Proxy(engine, { get: (real, name) => (name === 'log' ? log : (Reflect.get(real, name) as unknown)) })
  return {
    engine: faulty,
    die() {
      dead = true
    },
  }
}

export interface ProcessParts {
  readonly open: () => Promise<Engine>
  readonly vendor: LoopbackVendor | undefined
  readonly agents: number
  readonly faults: EngineFaults
  readonly fault: Parameters<typeof loopbackRig>[1]['fault']
  readonly settings: Parameters<typeof loopbackRig>[1]['settings']
}

/** One gateway process without its process: a core on an engine connection of its own. */
export interface Process {
  readonly rig: Rig
  readonly alive: boolean
  /** From here on it reaches the engine no more. What it has asked the vendor for goes on, as with a process that is killed. */
  crash(): void
  stop(): Promise<void>
}

export async function startProcess(parts: ProcessParts): Promise<Process> {
  const own = await parts.open()
  const faulty = faultyEngine(own, parts.faults)
  const rig = await loopbackRig(faulty.engine, {
    agents: parts.agents,
    ...(parts.vendor && { vendor: parts.vendor }),
    ...(parts.fault && { fault: parts.fault }),
    ...(parts.settings && { settings: parts.settings }),
  })
  let alive = true
  return {
    rig,
    get alive() {
      return alive
    },
    crash() {
      alive = false
      faulty.die()
    },
    async stop() {
      alive = false
      await rig.stop()
      await own.wakeUps.close(1000).catch(() => undefined)
      await own.close().catch(() => undefined)
    },
  }
}

/** Asks any living process, as a client does: who is refused, or whose process dies meanwhile, asks another one. */
export async function insistOn<T>(processes: () => readonly Process[], random: () => number, work: (rig: Rig) => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const living = processes().filter(({ alive }) => alive)
    const chosen = living[Math.floor(random() * living.length)]
    try {
      if (chosen !== undefined) return await work(chosen.rig)
    } catch (error) {
      if (!(error instanceof CtiError && error.code === 'STORE_UNAVAILABLE') || tries > 200) throw error
    }
    await sleep(20)
  }
}
