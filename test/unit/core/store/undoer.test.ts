import { expect, it } from 'vitest'
import { GRACE_MS } from '../../../../src/core/run/take-over.js'
import { createUndoer, type Doubtful } from '../../../../src/core/store/deadline.js'
import { createVirtualClock, settle } from '../../../support/process-clocks.js'

const doubtful: Doubtful = { id: 'c1', key: 'p/a', idempotencyKey: undefined }

/** An engine that is away until the test says otherwise; `hangs`: it does not even say no. */
function rig() {
  const clock = createVirtualClock()
  const engine: { state: 'away' | 'hangs' | 'there' } = { state: 'away' }
  const tried: number[] = []
  const undoer = createUndoer(clock, () => {
    tried.push(clock.monotonic())
    if (engine.state === 'hangs') return clock.sleep(5_000).then(() => Promise.reject(new Error('no answer')))
    return engine.state === 'there' ? Promise.resolve() : Promise.reject(new Error('away'))
  })
  return { clock, engine, tried, undoer }
}

it('what was told as failed is taken back at once, and again until the engine has answered, then no more', async () => {
  const { clock, engine, tried, undoer } = rig()
  undoer.add(doubtful)
  expect(tried).toEqual([0])
  await clock.advance(10_000)
  const before = tried.length
  engine.state = 'there'
  await clock.advance(60_000)
  expect(tried.length).toBe(before + 1)
  undoer.stop()
})

it('when the engine is back it does not wait for its time, and when that try fails there are others while the processes beside it wait', async () => {
  const { clock, tried, undoer } = rig()
  undoer.add(doubtful)
  await clock.advance(10_250)
  const began = tried.length
  undoer.kick()
  expect(tried.length).toBe(began + 1)
  await settle()
  await clock.advance(GRACE_MS - 1)
  expect(tried.length).toBeGreaterThanOrEqual(began + 4)
  undoer.stop()
})

it('one that has no answer yet is not doubled', async () => {
  const { clock, engine, tried, undoer } = rig()
  engine.state = 'hangs'
  undoer.add(doubtful)
  undoer.kick()
  await clock.advance(4_900)
  expect(tried).toEqual([0])
  engine.state = 'there'
  await clock.advance(1_000)
  expect(tried.length).toBe(2)
  undoer.stop()
})
