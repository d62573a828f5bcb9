import { systemClock } from '../../src/core/clock.js'
import { createMemorySite } from '../support/memory-site.js'
import { sideConformance } from './engine-side.js'

const site = createMemorySite(systemClock)

// The engine of the tests keeps the same promises as the real ones; it ends with the process.
sideConformance({ name: 'memory', open: () => Promise.resolve(site), shared: false })
