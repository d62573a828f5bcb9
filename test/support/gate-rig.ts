import { setMaxListeners } from 'node:events'
import type { BudgetStore } from '../../src/core/gate/budget.js'
import type { Clock } from '../../src/core/clock.js'
import { createVendorGate, type VendorGate, type VendorGateParts } from '../../src/core/gate/vendor-gate.js'
import { mulberry32 } from '../../src/simulators/kit/faults.js'

export const silent = { debug() {}, info() {}, warn() {}, error() {} }

export const never: AbortSignal = new AbortController().signal
setMaxListeners(0, never)

/** A gate with everything that a test does not care about. */
export function gateWith(clock: Clock, budgets: BudgetStore | undefined, more: Partial<VendorGateParts> = {}): VendorGate {
  return createVendorGate({
    account: 'vendor',
    maxInFlight: 10,
    limit: { burst: 1 },
    budgets: () => budgets,
    clock,
    random: mulberry32(7),
    logger: silent,
    storeTimeoutMs: 500,
    probe: () => Promise.resolve(),
    probeTimeoutMs: 1_000,
    ...more,
  })
}
