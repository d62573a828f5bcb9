import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { mutants, switched } from './test/authority-mutation/mutants.js'

/**
 * `npx vitest run --config vitest.authority.config.ts`: takes every authorization check out of the code, one at a time, and fails for each that
 * nobody misses. The files on the disk stay as they are.
 */

/** The number of the one that is off from the start; missing: all that can are switched on and off in a running gateway. */
const alone = process.env['AUTHORITY_MUTANT']
const all = [...mutants().entries()]

export default defineConfig({
  plugins: [
    {
      name: 'authorization checks that can be taken away',
      enforce: 'pre',
      transform(code, id) {
        const own = all.filter(([, { file }]) => id.split('?')[0] === resolve(file))
        if (own.length === 0) return undefined
        if (alone === undefined)
          return {
            code: switched(
              code,
              own.filter(([, { switchable }]) => switchable),
            ),
            map: null,
          }
        const [, one] = own.find(([number]) => String(number) === alone) ?? []
        return one === undefined ? undefined : { code: code.slice(0, one.start) + one.becomes + code.slice(one.end), map: null }
      },
    },
  ],
  test: {
    include: alone === undefined ? ['test/authority-mutation/every-check-is-missed.ts'] : ['test/**/*.test.ts'],
    testTimeout: alone === undefined ? 3_600_000 : 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
