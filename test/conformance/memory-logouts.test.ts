import { createMemoryEngine } from '../support/memory-engine.js'
import { logoutConformance } from './engine-logouts.js'

const engine = createMemoryEngine()

// The engine of the tests keeps the same promises as the real ones; it ends with the process.
logoutConformance({ engine: () => engine, reopen: () => Promise.resolve() })
