import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { rowTitle, TABLE } from '../contract/authority-table.js'
import { startAuthoritySite, type AuthoritySite } from '../support/authority-site.js'
import { streamProbes } from '../support/authority-streams.js'
import { mutants, type Mutant } from './mutants.js'

/* Run by `npx vitest run --config vitest.authority.config.ts`, which rewrites the checks as it loads them. */

declare global {
  /** Is this check off? Asked whenever the code comes to it. */
  var authorityOff: ((number: number) => boolean) | undefined
}

/** The tests of authority.test.ts, one by one. */
interface Check {
  readonly title: string
  readonly site: AuthoritySite
  readonly faults: () => Promise<readonly string[]>
}

/** For checks that cannot be switched in a running gateway; the quick ones first. */
const WHOLE = ['test/unit/keys/key-watch.test.ts', 'test/unit/http/parts.test.ts', 'test/contract/authority.test.ts']
/** Streams that were closed leave a moment later, ms. */
const SETTLE_MS = 150

async function checks(hot: boolean): Promise<readonly Check[]> {
  const site = await startAuthoritySite(hot)
  const rows = TABLE.map((row) => ({ title: rowTitle(row), site, faults: () => site.faultsOf(row) }))
  const streams = streamProbes.map(({ title, faults }) => ({ title, site, faults: () => faults(site) }))
  return [...rows, ...(hot ? [] : streams)]
}

/** What is wrong while this check is off; a probe that does not get to its end is wrong, too. */
async function faultsWithout(number: number | undefined, { faults }: Check): Promise<readonly string[]> {
  globalThis.authorityOff = (asked) => asked === number
  try {
    return await faults()
  } catch (error) {
    return [String(error)]
  } finally {
    globalThis.authorityOff = undefined
  }
}

/** Which checks of the code each test comes to; all tests pass. */
async function coverage(tests: readonly Check[]): Promise<ReadonlyMap<number, readonly Check[]>> {
  const found = new Map<number, Check[]>()
  for (const test of tests) {
    const met = new Set<number>()
    globalThis.authorityOff = (number) => (met.add(number), false)
    const faults = await test.faults()
    globalThis.authorityOff = undefined
    if (faults.length > 0) throw new Error(`${test.title} fails as it is: ${faults.join('; ')}`)
    for (const number of met) found.set(number, [...(found.get(number) ?? []), test])
  }
  return found
}

/** The first test that misses this check. After it everything must be as before. */
async function killer(number: number, tests: readonly Check[]): Promise<string | undefined> {
  for (const test of tests) {
    const missed = (await faultsWithout(number, test)).length > 0
    if (!missed) continue
    await sleep(SETTLE_MS)
    const after = await faultsWithout(undefined, test)
    if (after.length === 0) return test.title
    throw new Error(`without its check no. ${number}, ${test.title} leaves something behind: ${after.join('; ')}`)
  }
  return undefined
}

/** For one that is off from the start: the first file of tests that fails. */
async function killerFile(number: number): Promise<string | undefined> {
  for (const file of WHOLE) {
    const args = ['node_modules/vitest/vitest.mjs', 'run', file, '--config', 'vitest.authority.config.ts', '--bail', '1']
    const child = spawn(process.execPath, args, { env: { ...process.env, AUTHORITY_MUTANT: String(number) }, stdio: 'ignore' })
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) return file
  }
  return undefined
}

const nameOf = ({ file, line, was }: Mutant): string => `${file}:${line} ${was.split('\n')[0]?.trim().slice(0, 80)}`

it('every authorization check is missed by a test when it is not there', async () => {
  const all = mutants()
  // With nothing taken away the tests pass, or their failing would prove nothing.
  expect(await killerFile(all.length)).toBeUndefined()
  const tests = [...(await checks(true)), ...(await checks(false))]
  const met = await coverage(tests)
  const survivors: string[] = []
  for (const [number, mutant] of [...all.entries()].sort(([, a], [, b]) => Number(b.switchable) - Number(a.switchable))) {
    const by = mutant.switchable ? await killer(number, met.get(number) ?? []) : await killerFile(number)
    if (by === undefined) survivors.push(nameOf(mutant))
    process.stdout.write(`${number + 1}/${all.length} ${nameOf(mutant)} → ${by === undefined ? 'SURVIVED' : `missed by "${by}"`}\n`)
  }
  for (const site of new Set(tests.map((test) => test.site))) await site.stop()
  process.stdout.write(`${all.length} checks taken away, one at a time: ${survivors.length} not missed\n`)
  expect(survivors).toEqual([])
})
