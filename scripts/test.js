// `npm test`: what the tests need, the build (end-to-end tests start it), the tests, and one closing line.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'

const run = (command, args) => spawnSync(command, args, { stdio: 'inherit' }).status ?? 1
const REPORT = 'reports/vitest.json'

if (run(process.execPath, ['scripts/prepare-tests.js']) !== 0) process.exit(1)
if (run('npm', ['run', '--silent', 'build']) !== 0) process.exit(1)
mkdirSync('reports', { recursive: true })
rmSync(REPORT, { force: true })
const status = run(process.execPath, [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${REPORT}`,
  ...process.argv.slice(2),
])
if (existsSync(REPORT)) {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(REPORT, 'utf8'))
  console.log(`${numPassedTests} passed, ${numFailedTests} failed${numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''}`)
}
process.exit(status)
