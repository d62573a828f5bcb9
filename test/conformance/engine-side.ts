import { afterAll, beforeAll, describe } from 'vitest'
import type { Engine } from '../../src/core/wake-ups.js'
import { budgetConformance } from './engine-budgets.js'
import { busConformance, silentBusConformance } from './engine-bus.js'
import { registryConformance, siteConformance } from './engine-sites.js'

type SideOf = Pick<Engine, 'budgets' | 'sites' | 'registry' | 'bus'>

/** Two openings of one engine, as two processes have them; the same one twice where only one process can open it. */
export interface SideEngines {
  one(): SideOf
  two(): SideOf
  /** Closes both and opens them again on the same data. */
  reopen(): Promise<void>
}

export interface SideHarness {
  readonly name: string
  open(): Promise<SideOf & Partial<Pick<Engine, 'close'>>>
  /** False: only one process can open this engine. */
  readonly shared: boolean
}

/** What every storage engine must guarantee beside the command log: budgets, site leases, signs of life, the bus. */
export function sideConformance({ name, open, shared }: SideHarness): void {
  describe(`beside the log of ${name}`, () => {
    const opened: Awaited<ReturnType<typeof open>>[] = []
    const at = (index: number): SideOf => {
      const engine = opened[shared ? index : 0]
      if (engine === undefined) throw new Error('no engine is open')
      return engine
    }
    const close = async (): Promise<void> => {
      for (const engine of opened.splice(0)) await engine.close?.()
    }
    const engines: SideEngines = {
      one: () => at(0),
      two: () => at(1),
      async reopen() {
        await close()
        opened.push(await open())
        if (shared) opened.push(await open())
      },
    }
    beforeAll(() => engines.reopen(), 180_000)
    afterAll(close, 20_000)

    budgetConformance(engines)
    siteConformance(engines)
    registryConformance(engines)
    if (shared) busConformance(engines)
    else silentBusConformance(engines)
  })
}
