/**
 * `npm run chaos -- --scenario kills --engine redis --kills 200 [--seed N] [--json]`: tries the gateway under load while things
 * break, and compares what clients were told, the command log and the simulators' journals. Exit code 1 when any count is not
 * 0; a failing run prints its seed and the story of the first offending agents.
 */
import { readOptions, USAGE } from './options.js'
import { failuresOf, printOutcome } from './report.js'
import type { Scenario } from './scenario.js'
import { failover } from './scenarios/failover.js'
import { interleavings } from './scenarios/interleavings.js'
import { isolation } from './scenarios/isolation.js'
import { outage } from './scenarios/outage.js'
import { poison } from './scenarios/poison.js'
import { shiftStart } from './scenarios/shift-start.js'
import { snapshot } from './scenarios/snapshot.js'
import { freeze, kills, network, restart, rolling } from './scenarios/storms.js'

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  kills,
  freeze,
  restart,
  failover,
  rolling,
  network,
  poison,
  snapshot,
  isolation,
  outage,
  'shift-start': shiftStart,
  interleavings,
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help')) return usage()
  const options = readOptions(argv)
  const scenario = Object.hasOwn(SCENARIOS, options.scenario) ? SCENARIOS[options.scenario] : undefined
  if (scenario === undefined) throw new Error(`--scenario: "${options.scenario}" is not one of ${Object.keys(SCENARIOS).join(', ')}`)
  const began = performance.now()
  say(`${options.scenario} on ${options.engine}, ${options.processes} gateway(s), seed ${options.seed}`)
  const outcome = await scenario.run(options, say)
  const seconds = Math.round((performance.now() - began) / 1000)
  const kept = argv.filter((arg, at) => arg !== '--json' && arg !== '--seed' && argv[at - 1] !== '--seed')
  const repeat = ['npm run chaos --', ...kept, '--seed', options.seed].join(' ')
  printOutcome(outcome, `${options.scenario} on ${options.engine}, seed ${options.seed}, ${seconds} s`, repeat, say)
  if (options.json) {
    const { scenario: name, engine, kills: times, seed, processes } = options
    process.stdout.write(
      `${JSON.stringify({ scenario: name, engine, processes, kills: times, seed, seconds, ...outcome.counts, figures: outcome.figures })}\n`,
    )
  }
  if (failuresOf(outcome) > 0) process.exitCode = 1
}

/** What was typed is wrong, not what was run. */
function isAboutOptions(error: unknown): error is Error {
  return error instanceof Error && (error.message.startsWith('--') || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')))
}

function usage(): void {
  const width = Math.max(...Object.keys(SCENARIOS).map((name) => name.length))
  const list = Object.entries(SCENARIOS).map(([name, { text }]) => `    ${name.padEnd(width)}  ${text}`)
  say(USAGE.replace('%SCENARIOS%', list.join('\n')))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (isAboutOptions(error)) say(`chaos: ${error.message}; npm run chaos -- --help lists them all`)
  else say(`chaos: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  process.exitCode = 2
}
