import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import { createLogSpy } from '../support/log-spy.js'
import { engineConformance } from './engine-conformance.js'

let dataDir = ''
const spy = createLogSpy()

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cti-embedded-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

engineConformance({ name: 'embedded', open: () => openEngine('embedded', { dataDir, log: spy, clock: systemClock, owner: 'test' }) })
