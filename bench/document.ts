import { machineLine } from './machine.js'
import { cellsOf, COLUMNS, furtherOf, type Report } from './report.js'

/** Where the document keeps what a person wrote; everything else is written anew. */
export const KEPT = { begin: '<!-- kept: begin -->', end: '<!-- kept: end -->' } as const

/** What a person wrote between the markers of the document as it is; empty when there is none. */
export function keptText(present: string | undefined): string {
  const from = present?.indexOf(KEPT.begin) ?? -1
  const to = present?.indexOf(KEPT.end) ?? -1
  return present === undefined || from < 0 || to < from ? '' : present.slice(from + KEPT.begin.length, to).trim()
}

/** docs/performance.md. */
export function documentOf(report: Report, kept: string): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const bold = (cells: readonly string[]): readonly string[] =>
    cells.map((text, index) => (index === 4 ? `**${text.replace(' [', '** [')}` : text))
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return `<!-- Written by \`npm run bench -- --write\`; only the text between the "kept" markers is written by people. -->

# Performance

Everything is on in these figures: API key, validation, idempotency key, order per agent, durable journal, log. The peers do what is named, and no more.

\`\`\`sh
npm run bench                      # about 12 minutes; needs redis-server
npm run bench -- --quick           # about 3
npm run bench -- --only P1         # one goal, or one benchmark
npm run --silent bench -- --json   # one object, with the figures of every round
npm run bench -- --write           # writes this page and its chart
\`\`\`

Measured on: ${machineLine(report.machine)}. A ${report.mode} run of ${Math.round(report.seconds / 60)} minutes.

![How many times as good as the floor each goal is](images/performance.svg)

${row(COLUMNS)}
|${COLUMNS.map(() => '---').join('|')}|
${report.findings.map((finding) => row(bold(cellsOf(finding)))).join('\n')}

A ratio (×) is ours to the peer's of the same round; then the median of the rounds is taken. The rounds are interleaved: every variant
once, then all again, beginning with another one each time. So a machine that becomes slower meanwhile does not favour anyone. Absolute figures
of two runs are not comparable; ratios are. Every measured process, ours or a peer's, has a young generation as large as \`npm start\` gives the
gateway (\`--max-semi-space-size=32\`).

Further figures of the same run, median [min–max] of the rounds:

| what | figure |
|---|---|
${furtherOf(report).map(row).join('\n')}

## What stands between these figures and better ones

${KEPT.begin}
${kept}
${KEPT.end}

## How each one is measured

${report.notes.map((note) => `- ${note}`).join('\n')}
`
}
