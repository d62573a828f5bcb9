import pc from 'picocolors'
import type { Verdict } from './goals.js'
import { machineLine } from './machine.js'
import { cellsOf, COLUMNS, furtherOf, type Report } from './report.js'

type Paint = (text: string) => string
const COLOUR: Readonly<Record<Verdict, Paint>> = { target: pc.green, floor: pc.yellow, below: pc.red }

const FURTHER_WIDTH = 48

/** The report for people. */
export function terminalText(report: Report): string {
  const rows = report.findings.map((finding) => ({ cells: cellsOf(finding), paint: COLOUR[finding.verdict] }))
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[], paint: Paint): string => {
    return cells.map((cell, column) => (column === cells.length - 1 ? paint(cell) : cell.padEnd(widths[column] ?? 0))).join('  ')
  }
  return [
    '',
    `${pc.dim(machineLine(report.machine).replaceAll('*', ''))}`,
    pc.dim(`${report.mode} run, ${Math.round(report.seconds)} s${report.mode === 'smoke' ? '; the figures mean nothing' : ''}`),
    '',
    pc.bold(line(COLUMNS, (text) => text)),
    ...rows.map(({ cells, paint }) => line(cells, paint)),
    '',
    ...furtherOf(report).map(([name, figures]) => pc.dim(`  ${name.padEnd(FURTHER_WIDTH)} ${figures}`)),
    '',
    ...report.notes.map((note) => pc.dim(`· ${note}`)),
    ...report.faults.map((fault) => pc.red(`✘ ${fault}`)),
    ...report.failed.map(({ benchmark, error }) => pc.red(`✘ ${benchmark} could not be run: ${error}`)),
    '',
  ].join('\n')
}
