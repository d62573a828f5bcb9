import type { AdapterDefinition } from '../core/adapter.js'

/** Adapter kind → its definition, loaded when wanted. Adding an adapter is adding a folder and one line. */
export const ADAPTERS: Readonly<Record<string, () => Promise<AdapterDefinition<never>>>> = {
  loopback: async () => (await import('./loopback/index.js')).loopback as AdapterDefinition<never>,
  expertflow: async () => (await import('./expertflow/index.js')).expertflow as AdapterDefinition<never>,
  cxone: async () => (await import('./cxone/index.js')).cxone as AdapterDefinition<never>,
  'cisco-cti': async () => (await import('./cisco-cti/index.js')).ciscoCti as AdapterDefinition<never>,
  'cisco-finesse': async () => (await import('./cisco-finesse/index.js')).ciscoFinesse as AdapterDefinition<never>,
}
