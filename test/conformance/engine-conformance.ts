import { afterAll, beforeAll, describe } from 'vitest'
import type { Engine } from '../../src/core/wake-ups.js'
import { appendConformance } from './engine-append.js'
import { auditConformance } from './engine-audit.js'
import { eventConformance } from './engine-events.js'
import { endConformance } from './engine-finish.js'
import { lifeConformance } from './engine-life.js'
import { logoutConformance } from './engine-logouts.js'
import { modelConformance } from './engine-model.js'
import { retakeConformance } from './engine-retake.js'
import { openConformance } from './engine-open.js'
import { leaseConformance } from './engine-take.js'
import { wakeUpConformance } from './engine-wake-ups.js'

export interface EngineHarness {
  readonly name: string
  /** Opens the engine; always on the same data. At most one is open at a time. */
  open(): Promise<Engine>
}

/** The engine that is open now: the tests of one file share it, because opening the embedded one takes a second. */
export interface Current {
  engine(): Engine
  /** Closes it and opens it again on the same data. */
  reopen(): Promise<void>
}

/**
 * What every storage engine must guarantee, whatever it is made of. The tests share one store: each uses agents and keys
 * of its own, and counts of the whole store are compared before and after.
 */
export function engineConformance(harness: EngineHarness): void {
  describe(`engine ${harness.name}`, () => {
    let open: Engine | undefined
    const current: Current = {
      engine() {
        if (open === undefined) throw new Error('no engine is open')
        return open
      },
      async reopen() {
        await open?.close()
        open = await harness.open()
      },
    }
    beforeAll(() => current.reopen(), 180_000)
    afterAll(() => open?.close(), 20_000)

    appendConformance(current)
    lifeConformance(current)
    leaseConformance(current)
    retakeConformance(current)
    endConformance(current)
    modelConformance(current)
    openConformance(current)
    logoutConformance(current)
    eventConformance(current)
    auditConformance(current)
    wakeUpConformance(current)
  })
}
