import { createMemoryEngine } from '../support/memory-engine.js'
import { engineConformance } from './engine-conformance.js'

const engine = createMemoryEngine()

// The engine of the tests keeps the same promises as the real ones; its data end with the process, not with `close`.
engineConformance({ name: 'memory', open: () => Promise.resolve({ ...engine, close: () => Promise.resolve() }) })
