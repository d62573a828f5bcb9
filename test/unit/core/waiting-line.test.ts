import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createWaitingLine, type Place } from '../../../src/core/gate/waiting-line.js'

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), priority: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('shift' as const) }) },
)

it('serves as a sorted list would, whoever leaves', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const line = createWaitingLine<number>(6)
      const places: Place<number>[] = []
      let model: { priority: number; value: number }[] = []
      for (const what of steps) {
        if (what.do === 'add') {
          const value = places.length
          places.push(line.add(what.priority, value))
          model = [...model, { priority: what.priority, value }].sort((a, b) => a.priority - b.priority || a.value - b.value)
        } else if (what.do === 'leave') {
          const place = places[what.which]
          if (place === undefined) continue
          expect(line.leave(place)).toBe(model.some(({ value }) => value === place.value))
          model = model.filter(({ value }) => value !== place.value)
        } else expect(line.shift()).toBe(model.shift()?.value)
        expect([line.size, line.first()?.value]).toEqual([model.length, model[0]?.value])
        for (let priority = 1; priority <= 6; priority += 1) {
          expect(line.upTo(priority)).toBe(model.filter((one) => one.priority <= priority).length)
        }
      }
    }),
    { numRuns: 500 },
  )
})

it('takes a priority that is none for the nearest one', () => {
  const line = createWaitingLine<string>(6)
  line.add(99, 'last')
  line.add(0, 'first')
  line.add(2.5, 'second')
  expect([line.shift(), line.shift(), line.shift(), line.shift()]).toEqual(['first', 'second', 'last', undefined])
})
