import { describe, expect, it } from 'vitest'
import { BENCHMARK_OF } from '../../../bench/benchmarks/index.js'
import { BENCHMARKS, goalNamed, GOALS, verdictOf, type GoalName } from '../../../bench/goals.js'
import { goalIds, optionsOf, USAGE } from '../../../bench/options.js'
import { judgedFigure } from '../../../bench/types.js'

/** performance.md section 11, copied by hand: floor and target of every criterion. */
const PAPER: Readonly<Record<GoalName, readonly [floor: number | undefined, target: number]>> = {
  P1: [2.0, 3.3],
  P2: [0.5, 0.3],
  'P3 p50': [1.3, 1.0],
  'P3 p99': [15, 5],
  'P3 p99 ratio': [0.5, 0.5],
  P4: [0.4, 0.55],
  P5: [2.0, 3.0],
  P6: [1.5, 3.0],
  'P7 BullMQ': [1.5, 2.2],
  'P7 groupmq': [10, 25],
  'P7 order': [0, 0],
  P8: [0.8, 1.0],
  'P9 late': [250, 150],
  'P9 early': [0, 0],
  'P10 p50': [undefined, 1],
  'P10 p99': [15, 5],
  'P11 heap': [100, 60],
  'P11 Redis': [60, 32],
  P12: [1.3, 1.15],
  P13: [5, 2],
  P14: [400, 220],
  'P15 slow': [0.6, 0.6],
  'P15 fast': [undefined, 0.15],
  'P15 p99': [undefined, 100],
  'P16 frames': [300_000, 800_000],
  'P16 chunks': [60, 60],
}

describe('the table of goals', () => {
  it('has the floors and targets of the paper', () => {
    expect(Object.fromEntries(GOALS.map(({ name, floor, target }) => [name, [floor, target]]))).toEqual(PAPER)
  })
  it('covers P1 to P16', () => {
    expect(goalIds()).toEqual(Array.from({ length: 16 }, (_, index) => `P${index + 1}`))
  })
  it('never asks less of a target than of a floor', () => {
    for (const goal of GOALS) if (goal.floor !== undefined) expect(verdictOf(goal, goal.target), goal.name).toBe('target')
    for (const { name, better, floor, target } of GOALS) {
      if (floor !== undefined) expect(better === 'more' ? target >= floor : target <= floor, name).toBe(true)
    }
  })
  it('has a peer for every ratio', () => {
    for (const goal of GOALS) if (goal.judged === 'ratio') expect(goal.peer, goal.name).not.toBe('')
  })
  it('has a benchmark for every goal, and goals for every benchmark', () => {
    expect(Object.keys(BENCHMARK_OF)).toEqual([...BENCHMARKS])
    expect(new Set(GOALS.map(({ benchmark }) => benchmark))).toEqual(new Set(BENCHMARKS))
    for (const name of BENCHMARKS) expect(BENCHMARK_OF[name].name).toBe(name)
  })
})

describe('the verdict', () => {
  it.each([
    ['P1', 3.3, 'target'],
    ['P1', 3.29, 'floor'],
    ['P1', 2, 'floor'],
    ['P1', 1.99, 'below'],
    ['P2', 0.3, 'target'],
    ['P2', 0.31, 'floor'],
    ['P2', 0.51, 'below'],
    ['P7 order', 0, 'target'],
    ['P7 order', 1, 'below'],
    ['P10 p50', 1.01, 'floor'],
    ['P10 p50', 1, 'target'],
  ] as const)('%s at %d: %s', (name, value, verdict) => {
    expect(verdictOf(goalNamed(name), value)).toBe(verdict)
  })
})

describe('the judged figure', () => {
  it('is ours, or ours by the peer of the same round', () => {
    expect(judgedFigure({ judged: 'figure' }, { ours: 4, peer: 2 })).toBe(4)
    expect(judgedFigure({ judged: 'ratio' }, { ours: 4, peer: 2 })).toBe(2)
    expect(() => judgedFigure({ judged: 'ratio' }, { ours: 4 })).toThrow('peer')
  })
})

describe('the command line', () => {
  it('runs everything in full when it says nothing', () => {
    expect(optionsOf([])).toEqual({ mode: 'full', json: false, write: false, help: false, benchmarks: [...BENCHMARKS] })
  })
  it('takes benchmarks and goals, in any case, several, and runs each once in the usual order', () => {
    expect(optionsOf(['--only', 'codec,p2', '--only', 'P1', '--quick', '--json'])).toEqual({
      mode: 'quick',
      json: true,
      write: false,
      help: false,
      benchmarks: ['http', 'codec'],
    })
    expect(optionsOf(['--only=P13']).benchmarks).toEqual(['scale'])
  })
  it('refuses an unknown name and lists what there is', () => {
    expect(() => optionsOf(['--only', 'P17'])).toThrow(`--only: there is no "P17"; there are ${[...BENCHMARKS, ...goalIds()].join(', ')}`)
  })
  it('refuses options that it does not know', () => {
    expect(() => optionsOf(['--fast'])).toThrow('--fast')
    expect(() => optionsOf(['http'])).toThrow('http')
  })
  it('writes the document from complete runs only', () => {
    expect(() => optionsOf(['--write', '--only', 'P1'])).toThrow('--write needs all benchmarks')
    expect(() => optionsOf(['--write', '--smoke'])).toThrow('--smoke')
    expect(optionsOf(['--write', '--quick']).write).toBe(true)
  })
  it('names every benchmark and every goal in its help', () => {
    for (const name of [...BENCHMARKS, ...goalIds()]) expect(USAGE).toContain(name)
  })
})
