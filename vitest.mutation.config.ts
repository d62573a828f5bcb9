import { defineConfig } from 'vitest/config'

/**
 * The tests of `stryker run`: those of the adapters' pure tables, which take milliseconds. Everything else would run again for every
 * mutant of a table, since a table is made when its file is loaded.
 */
export default defineConfig({
  test: {
    include: ['test/unit/adapters/*/{plan,mapping,faults,reasons,readings,tables,presence,consequences}.test.ts'],
    testTimeout: 20_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
