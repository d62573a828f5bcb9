import type { BudgetStore } from '../../src/core/gate/budget.js'
import type { Clock } from '../../src/core/clock.js'
import { CtiError } from '../../src/core/model/error.js'
import { createMemoryBudgets } from './memory-budgets.js'

/** The budgets in memory behind a line that can be slow or cut; counts what is asked of them. */
export interface CountedBudget extends BudgetStore {
  readonly takes: number
  readonly granted: number
  readonly restricts: number
  /** `away`: rejects. `hung`: never answers. */
  mode: 'fine' | 'away' | 'hung'
}

/** `latencyMs`: one round trip. */
export function createCountedBudget(clock: Clock, latencyMs: () => number = () => 0): CountedBudget {
  const inner = createMemoryBudgets(clock)
  let takes = 0
  let granted = 0
  let restricts = 0
  const trip = async (): Promise<void> => {
    if (budget.mode === 'hung') await new Promise(() => {})
    const ms = latencyMs()
    if (ms > 0) await clock.sleep(ms)
    if (budget.mode === 'away') throw new CtiError('STORE_UNAVAILABLE')
  }
  const budget: CountedBudget = {
    mode: 'fine',
    get takes() {
      return takes
    },
    get granted() {
      return granted
    },
    get restricts() {
      return restricts
    },
    async take(...asked) {
      takes += 1
      await trip()
      const answer = await inner.take(...asked)
      if (answer.granted) granted += 1
      return answer
    },
    async restrict(...asked) {
      restricts += 1
      await trip()
      await inner.restrict(...asked)
    },
  }
  return budget
}
