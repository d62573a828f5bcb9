import type { SimulatorDefinition } from './kit/simulator.js'

/** Platform → its simulator, loaded when wanted. Adding a simulator is adding a folder and one line. */
export const SIMULATORS: Readonly<Record<string, () => Promise<SimulatorDefinition>>> = {
  expertflow: async () => (await import('./expertflow/index.js')).expertflowSimulator,
  cxone: async () => (await import('./cxone/index.js')).cxoneSimulator,
  'cisco-cti': async () => (await import('./cisco-cti/index.js')).ciscoCtiSimulator,
  'cisco-finesse': async () => (await import('./cisco-finesse/index.js')).ciscoFinesseSimulator,
}
