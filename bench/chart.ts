import type { Goal, Verdict } from './goals.js'
import { cellsOf, type Finding } from './report.js'

/** How many times as good as the floor a value is; above 1 is better. Without a floor, the target takes its place. */
export function timesFloor({ better, floor, target }: Pick<Goal, 'better' | 'floor' | 'target'>, value: number): number {
  const bound = floor ?? target
  return better === 'more' ? value / bound : bound / value
}

const ROW = 30
const TOP = 64
const LEFT = 420
const WIDTH = 1120
const RIGHT = 270
const STYLE = `
  :root { color-scheme: light dark }
  svg { font: 13px system-ui, sans-serif; --ink: #1f2328; --dim: #59636e; --line: #d1d9e0; --target: #1a7f37; --floor: #9a6700; --below: #cf222e }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #f0f6fc; --dim: #9198a1; --line: #3d444d; --target: #3fb950; --floor: #d29922; --below: #f85149 }
  }
  text { fill: var(--ink) } .dim { fill: var(--dim); font-size: 12px } .grid { stroke: var(--line) } .bound { stroke: var(--ink); stroke-width: 2 }
  .whisker { stroke: var(--ink); stroke-width: 1.5; opacity: .6 } .mark { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 2 2 }
  .target { fill: var(--target) } .floor { fill: var(--floor) } .below { fill: var(--below) }`

/** Bars from the floor to what was measured, on a logarithmic scale: to the right is better. Criteria that are counts of zero have no ratio and no bar. */
export function chartOf(findings: readonly Finding[]): string {
  const shown = findings.filter(({ floor, target, value }) => (floor ?? target) > 0 && value.median > 0)
  const scores = shown.flatMap((finding) => [finding.value.min, finding.value.max].map((value) => timesFloor(finding, value)))
  const targets = shown.map((finding) => timesFloor(finding, finding.target))
  const usable = [...scores, ...targets].filter((score) => Number.isFinite(score) && score > 0)
  const low = Math.floor(Math.log2(Math.min(0.5, ...usable)))
  const high = Math.ceil(Math.log2(Math.max(2, ...usable)))
  const x = (score: number): number => {
    const share = (Math.log2(Math.min(2 ** high, Math.max(2 ** low, score))) - low) / (high - low)
    return round(LEFT + share * (WIDTH - LEFT - RIGHT))
  }
  const bottom = TOP + shown.length * ROW
  const grid = Array.from({ length: high - low + 1 }, (_, index) => 2 ** (low + index)).map((score) => {
    const line = `<line class="${score === 1 ? 'bound' : 'grid'}" x1="${x(score)}" x2="${x(score)}" y1="${TOP - 8}" y2="${bottom}"/>`
    return `${line}<text class="dim" x="${x(score)}" y="${TOP - 14}" text-anchor="middle">${score >= 1 ? score : `1/${1 / score}`}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 16}" role="img" aria-label="How many times as good as the floor each goal is">
<style>${STYLE}
</style>
<text x="8" y="22" font-weight="600">How many times as good as the floor (1); to the right is better</text>
<text class="dim" x="8" y="42">bar: median · thin line: worst to best round · dashed: target</text>
${grid.join('\n')}
${shown.map((finding, index) => bar(finding, TOP + index * ROW, x)).join('\n')}
</svg>
`
}

function bar(finding: Finding, y: number, x: (score: number) => number): string {
  const { id, what, value, verdict } = finding
  const score = x(timesFloor(finding, value.median))
  const ends = [value.min, value.max].map((end) => x(timesFloor(finding, end))).sort((a, b) => a - b)
  const target = x(timesFloor(finding, finding.target))
  const middle = y + ROW / 2
  const text = `${cellsOf(finding)[4]?.split(' [')[0] ?? ''}`
  const fill: Verdict = verdict
  return [
    `<text x="8" y="${middle + 4}"><tspan font-weight="600">${escape(id)}</tspan> ${escape(what)}</text>`,
    `<rect class="${fill}" x="${Math.min(x(1), score)}" y="${y + 7}" width="${Math.max(1, round(Math.abs(score - x(1))))}" height="${ROW - 14}" rx="2"/>`,
    `<line class="whisker" x1="${ends[0]}" x2="${ends[1]}" y1="${middle}" y2="${middle}"/>`,
    `<line class="mark" x1="${target}" x2="${target}" y1="${y + 3}" y2="${y + ROW - 3}"/>`,
    `<text class="dim" x="${WIDTH - RIGHT + 12}" y="${middle + 4}">${escape(text)} (${escape(cellsOf(finding).slice(5, 7).join(', '))})</text>`,
  ].join('')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
