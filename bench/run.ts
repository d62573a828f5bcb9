import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import pc from 'picocolors'
import { BENCHMARK_OF } from './benchmarks/index.js'
import { chartOf } from './chart.js'
import { documentOf, keptText } from './document.js'
import { createLab } from './lab/lab.js'
import { describeMachine, machineLine, pinSelf } from './machine.js'
import { optionsOf, USAGE, type BenchOptions } from './options.js'
import { findingsOf, type Report } from './report.js'
import { SIZES } from './sizes.js'
import { terminalText } from './terminal.js'
import type { Outcome } from './types.js'

const DOCUMENT = fileURLToPath(new URL('../docs/performance.md', import.meta.url))
const CHART = fileURLToPath(new URL('../docs/images/performance.svg', import.meta.url))

/** Progress goes to stderr, so that stdout is the report alone. */
const say = (text: string): void => void process.stderr.write(`${pc.dim('·')} ${text}\n`)

/** Runs the benchmarks one after the other. One that cannot be run does not keep the others from it. */
async function measure(options: BenchOptions): Promise<Report> {
  const pinning = pinSelf()
  const machine = describeMachine(pinning)
  say(machineLine(machine).replaceAll('*', ''))
  const lab = createLab(pinning)
  const began = performance.now()
  const outcomes: Outcome[] = []
  const failed: { benchmark: BenchOptions['benchmarks'][number]; error: string }[] = []
  const raw: Record<string, Outcome['raw']> = {}
  const interrupted = (): void => void lab.close().finally(() => process.exit(130))
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    for (const name of options.benchmarks) {
      const benchmark = BENCHMARK_OF[name]
      const at = performance.now()
      say(pc.bold(benchmark.title))
      try {
        const outcome = await benchmark.run({ lab, size: SIZES[options.mode], say: (text) => say(`  ${text}`) })
        outcomes.push(outcome)
        raw[name] = outcome.raw
        say(`  done in ${Math.round((performance.now() - at) / 1000)} s`)
      } catch (error) {
        failed.push({ benchmark: name, error: error instanceof Error ? error.message : String(error) })
        say(pc.red(`  failed: ${failed.at(-1)?.error ?? ''}`))
      }
      await lab.clear()
    }
  } finally {
    await lab.close()
  }
  return {
    mode: options.mode,
    seconds: (performance.now() - began) / 1000,
    machine,
    findings: findingsOf(outcomes.flatMap(({ rows }) => rows)),
    raw,
    notes: outcomes.flatMap(({ notes }) => notes),
    faults: outcomes.flatMap(({ faults }) => faults),
    failed,
  }
}

function writeDocument(report: Report): void {
  const kept = keptText(existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : undefined)
  mkdirSync(dirname(CHART), { recursive: true })
  writeFileSync(DOCUMENT, documentOf(report, kept))
  writeFileSync(CHART, chartOf(report.findings))
  say('written: docs/performance.md, docs/images/performance.svg')
}

async function main(argv: readonly string[]): Promise<number> {
  const options = optionsOf(argv)
  if (options.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const report = await measure(options)
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : terminalText(report))
  const complete = report.failed.length === 0 && report.faults.length === 0
  if (options.write && complete) writeDocument(report)
  if (options.write && !complete) say(pc.red('nothing was written: the run was not complete or not correct'))
  return complete ? 0 : 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${pc.red('bench:')} ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
