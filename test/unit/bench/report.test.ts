import { describe, expect, it } from 'vitest'
import { chartOf, timesFloor } from '../../../bench/chart.js'
import { documentOf, keptText, KEPT } from '../../../bench/document.js'
import { GOALS, idOf } from '../../../bench/goals.js'
import { machineLine } from '../../../bench/machine.js'
import { cellsOf, findingOf, findingsOf, number, type Report } from '../../../bench/report.js'
import { terminalText } from '../../../bench/terminal.js'
import type { Row } from '../../../bench/types.js'

/** Every figure reaches its target exactly. */
const ROWS: readonly Row[] = GOALS.map(({ name, judged, target }) => ({
  goal: name,
  rounds: [2, 1, 3].map((peer) => ({ ours: judged === 'ratio' ? target * peer : target, peer })),
})).reverse()

const REPORT: Report = {
  mode: 'full',
  seconds: 600,
  machine: { cores: 2, memoryGiB: 24, node: '20.20.2', redis: '7.0.15', platform: 'linux', pinned: true },
  findings: findingsOf(ROWS),
  raw: { http: { 'direct p50, ms': [3, 1, 2] } },
  notes: ['a note'],
  faults: [],
  failed: [],
}

describe('a finding', () => {
  it('is the median of the ratios of the rounds, not the ratio of the medians', () => {
    const { value, ours, theirs, verdict, rounds } = findingOf({
      goal: 'P1',
      rounds: [
        { ours: 100, peer: 10 },
        { ours: 10, peer: 10 },
        { ours: 60, peer: 20 },
      ],
    })
    expect(rounds.map((round) => round.value)).toEqual([10, 1, 3])
    expect(value).toEqual({ median: 3, min: 1, max: 10 })
    expect(ours.median).toBe(60)
    expect(theirs?.median).toBe(10)
    expect(verdict).toBe('floor')
  })
  it('says in its cells what was measured, against whom, and what was wanted', () => {
    const cells = cellsOf(findingOf({ goal: 'P2', rounds: [{ ours: 344, peer: 1100 }] }))
    expect(cells).toEqual([
      'P2',
      'Processor time of one command / express 5 + axios, passthrough',
      '344 µs',
      '1,100 µs',
      '0.31× [0.31–0.31]',
      '≤ 0.5',
      '≤ 0.3',
      'met floor',
    ])
    expect(cellsOf(findingOf({ goal: 'P9 early', rounds: [{ ours: 0 }] }))[4]).toBe('0 commands [0–0]')
  })
  it('comes in the order of the goals', () => {
    expect(findingsOf(ROWS).map(({ name }) => name)).toEqual(GOALS.map(({ name }) => name))
  })
})

it('writes numbers with what is significant of them', () => {
  expect([0, 3, 0.994, 3.656, 12.34, 1234.5, 0.05].map(number)).toEqual(['0', '3', '0.99', '3.66', '12.3', '1,235', '0.05'])
})

describe('the document', () => {
  const text = documentOf(REPORT, 'a person wrote this')
  it('has a row for every criterion', () => {
    const ids = [...text.matchAll(/^\| (P\d+) \|/gm)].map(([, id]) => id)
    expect(ids).toEqual(GOALS.map(idOf))
  })
  it('keeps what a person wrote, also when it is written again and again', () => {
    expect(keptText(text)).toBe('a person wrote this')
    expect(documentOf(REPORT, keptText(text))).toBe(text)
    expect(keptText(undefined)).toBe('')
    expect(keptText(`${KEPT.end} ${KEPT.begin}`)).toBe('')
  })
  it('names the machine without names of hosts or folders', () => {
    expect(text).toContain(machineLine(REPORT.machine))
    expect(machineLine(REPORT.machine)).toBe(
      '2 cores, 24 GiB, linux, Node 20.20.2, Redis 7.0.15; what is measured on one core, everything else on another',
    )
    expect(machineLine({ ...REPORT.machine, pinned: false })).toContain('not pinned')
  })
  it('tells how to run it, and shows the chart', () => {
    expect(text).toContain('npm run bench -- --write')
    expect(text).toContain('](images/performance.svg)')
    expect(text).toContain('| direct p50, ms | 2 [1–3] |')
  })
})

describe('the chart', () => {
  it('shows how many times as good as the floor a figure is', () => {
    expect(timesFloor({ better: 'more', floor: 2, target: 4 }, 8)).toBe(4)
    expect(timesFloor({ better: 'less', floor: 2, target: 1 }, 8)).toBe(0.25)
    expect(timesFloor({ better: 'less', floor: undefined, target: 1 }, 0.5)).toBe(2)
  })
  it('has a bar for every criterion that is not a count of zero, coloured by its verdict, and fits light and dark', () => {
    const svg = chartOf(REPORT.findings)
    expect(svg.match(/<rect class="target"/g)).toHaveLength(GOALS.filter(({ target }) => target > 0).length)
    expect(svg).toContain('prefers-color-scheme: dark')
    expect(svg).not.toContain('NaN')
  })
  it('survives figures at the ends of its scale', () => {
    const svg = chartOf(findingsOf([{ goal: 'P3 p50', rounds: [{ ours: 0.5 }, { ours: -1 }, { ours: 900 }] }]))
    expect(svg).not.toMatch(/NaN|Infinity/)
    expect(chartOf([])).toContain('</svg>')
  })
})

it('tells on the terminal what failed and what must not be', () => {
  const text = terminalText({ ...REPORT, faults: ['P6: 3 commands were lost'], failed: [{ benchmark: 'retry', error: 'no Redis' }] })
  expect(text).toContain('P6: 3 commands were lost')
  expect(text).toContain('retry could not be run: no Redis')
  expect(text).toContain('met target')
})
