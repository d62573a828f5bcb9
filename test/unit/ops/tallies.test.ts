import { Counter, Histogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { countsOf, timingsOf } from '../../../src/ops/tallies.js'

/** The lines of a registry, and the labels in each, in an order of their own. */
async function linesOf(registry: Registry): Promise<string[]> {
  const sorted = (line: string): string => line.replace(/\{(.*)\}/, (_all, labels: string) => `{${labels.split(',').sort().join()}}`)
  return (await registry.metrics()).split('\n').map(sorted).sort()
}

function registries(): { ours: Registry; theirs: Registry } {
  const [ours, theirs] = [new Registry(), new Registry()]
  for (const registry of [ours, theirs]) registry.setDefaultLabels({ process: '7' })
  return { ours, theirs }
}

describe('what is counted in plain numbers', () => {
  it('reads as a counter of prom-client', async () => {
    const { ours, theirs } = registries()
    const described = { name: 'c_total', help: 'Help "it"', labelNames: ['a', 'b'] }
    const counts = countsOf(ours, described)
    const counter = new Counter({ ...described, registers: [theirs] })
    expect(await linesOf(ours)).toEqual(await linesOf(theirs))
    for (const [a, b] of [
      ['x', 'y'],
      ['x', 'z'],
      ['x', 'y'],
      ['"', '\\'],
    ] as const) {
      counts.at(a, b).n += 1
      counter.inc({ a, b })
    }
    expect(await linesOf(ours)).toEqual(await linesOf(theirs))
    expect((await linesOf(ours)).length).toBeGreaterThan(4)
  })
  it('reads as a histogram of prom-client', async () => {
    const { ours, theirs } = registries()
    const described = { name: 'h_seconds', help: 'Help', labelNames: ['a'] }
    const bounds = [0.01, 0.1, 1]
    const timings = timingsOf(ours, described, bounds)
    const histogram = new Histogram({ ...described, buckets: bounds, registers: [theirs] })
    for (const [a, value] of [
      ['x', 0],
      ['x', 0.01],
      ['x', 0.011],
      ['y', 0.5],
      ['y', 1],
      ['x', 7],
      ['x', 7],
    ] as const) {
      timings.at(a).observe(value)
      histogram.observe({ a }, value)
    }
    expect(await linesOf(ours)).toEqual(await linesOf(theirs))
  })
  it('does not take two for one', () => {
    const counts = countsOf(new Registry(), { name: 'c_total', help: 'h', labelNames: ['a', 'b'] })
    expect(counts.at('x', 'y')).not.toBe(counts.at('xy', ''))
    expect(counts.at('x', 'y')).toBe(counts.at('x', 'y'))
  })
})
