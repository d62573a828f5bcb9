import pc from 'picocolors'
import type { Told, Witnesses } from './model.js'
import { story } from './story.js'
import { COUNTS, type Verdict } from './verdict.js'

/** What a scenario found: `failures` decides the exit code; the rest is for people and for the JSON. */
export interface Outcome {
  /** Name → count that must be 0. */
  readonly counts: Readonly<Record<string, number>>
  /** Figures without a verdict. */
  readonly figures: Readonly<Record<string, number | string | Readonly<Record<string, number>>>>
  /** One line for each finding. */
  readonly findings: readonly string[]
  /** Stories of the offending agents. */
  readonly stories: readonly string[]
}

export function failuresOf({ counts }: Outcome): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export function tally(words: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

/** Verdict and witnesses of a storm as an outcome. */
export function stormOutcome(seen: Witnesses, { counts, findings }: Verdict, restarts: readonly number[]): Outcome {
  const beyond = seen.told.filter(({ status }) => status !== 0).map(({ tookMs, waitMs }) => Math.max(0, tookMs - waitMs))
  const agents = [...new Set(findings.map(({ agent }) => agent))]
  return {
    counts,
    figures: {
      commands: seen.logged.length,
      requests: seen.told.length,
      vendorRequests: seen.seen.filter(({ asked }) => asked !== undefined).length,
      statuses: tally(seen.logged.map(({ status }) => status)),
      problems: tally(seen.logged.flatMap(({ code, status }) => (code === undefined ? [] : [`${status} ${code}`]))),
      answers: tally(seen.told.map(({ status }) => String(status))),
      refusals503: count503(seen.told),
      apiP50Ms: Math.round(quantile(beyond, 0.5)),
      apiP99Ms: Math.round(quantile(beyond, 0.99)),
      apiMaxMs: Math.round(Math.max(0, ...beyond.slice(0, 100_000))),
      ...(restarts.length > 0 && {
        restartMsMedian: Math.round(quantile(restarts, 0.5)),
        restartMsWorst: Math.round(Math.max(...restarts)),
      }),
    },
    findings: findings.map(({ kind, agent, text }) => `${kind.padEnd(19)} ${agent}  ${text}`),
    stories: agents.slice(0, 2).map((agent) => story(agent, findings.find((finding) => finding.agent === agent)?.text ?? '', seen)),
  }
}

function count503(told: readonly Told[]): number {
  return told.filter(({ status, commandId }) => status === 503 && commandId === undefined).length
}

/** A compact table for people. */
export function printOutcome(outcome: Outcome, header: string, repeat: string, say: (text: string) => void): void {
  const failures = failuresOf(outcome)
  say('')
  say(pc.bold(header))
  for (const [name, value] of Object.entries(outcome.figures)) {
    const text =
      typeof value === 'object'
        ? Object.entries(value)
            .map(([word, count]) => `${word} ${count}`)
            .join(', ')
        : String(value)
    if (text !== '') say(`  ${name.padEnd(22)} ${text}`)
  }
  for (const [name, count] of Object.entries(outcome.counts))
    say(`  ${name.padEnd(22)} ${count === 0 ? pc.green('0') : pc.red(String(count))}`)
  for (const finding of outcome.findings.slice(0, 25)) say(`  ${pc.red(finding)}`)
  if (outcome.findings.length > 25) say(`  … and ${outcome.findings.length - 25} more`)
  for (const text of outcome.stories) say(`\n${text}`)
  say(failures === 0 ? pc.green('all counts are 0') : pc.red(`${failures} findings; repeat with: ${repeat}`))
}

export const NO_COUNTS: Readonly<Record<string, number>> = Object.fromEntries(COUNTS.map((kind) => [kind, 0]))
