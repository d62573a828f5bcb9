import { describe, expect, it } from 'vitest'
import { createCrashWatch, type Trap } from '../../chaos/crash-points.js'

function setUp(): {
  died: string[]
  arm: (trap: Trap) => void
  log: Record<string, (...args: unknown[]) => unknown>
  adapter: { send: (step: object, options: object) => Promise<string> }
} {
  const died: string[] = []
  const watch = createCrashWatch(({ point }) => void died.push(point))
  const log = watch.wrap('log', {
    append: async () => void died.push('append'),
    settle: async (_id: unknown, _change: unknown) => void died.push('settle'),
    finish: async (_id: unknown, _change: unknown) => void died.push('finish'),
    retake: async (_lease: unknown, _id: unknown) => void died.push('retake'),
  })
  const adapter = watch.wrap('adapter', { send: async (_step: object, _options: object) => (died.push('send'), 'ack') })
  return { died, arm: watch.arm, log, adapter }
}

describe('a watched process dies', () => {
  it('after the n-th accept, not before', async () => {
    const { died, arm, log } = setUp()
    arm({ point: 'after-accept', nth: 2 })
    await log['append']?.()
    expect(died).toEqual(['append'])
    await log['append']?.()
    expect(died).toEqual(['append', 'append', 'after-accept'])
  })
  it('before and after an exchange, for one agent and step where it is so ordered', async () => {
    const { died, arm, adapter } = setUp()
    arm({ point: 'before-send', nth: 1, agentId: 'a', step: 'set-ready' })
    await adapter.send({ name: 'set-ready' }, { agentId: 'b' })
    await adapter.send({ name: 'logout' }, { agentId: 'a' })
    expect(died).toEqual(['send', 'send'])
    expect(await adapter.send({ name: 'set-ready' }, { agentId: 'a' })).toBe('ack')
    expect(died).toEqual(['send', 'send', 'before-send', 'send'])
    arm({ point: 'after-answer', nth: 1 })
    await adapter.send({ name: 'logout' }, { agentId: 'a' })
    expect(died.slice(-2)).toEqual(['send', 'after-answer'])
  })
  it('while a command waits for its next attempt, whichever call settles', async () => {
    const { died, arm, log } = setUp()
    arm({ point: 'retry-wait', nth: 1 })
    await log['settle']?.('c1', { status: 'confirmed' })
    await log['finish']?.('c1', { status: 'retrying' })
    await expect.poll(() => died.at(-1)).toBe('retry-wait')
    expect(died).toEqual(['settle', 'finish', 'retry-wait'])
  })
  it('before and after the one step that a retry begins with', async () => {
    const { died, arm, log } = setUp()
    arm({ point: 'after-retake', nth: 1 })
    await log['retake']?.('lease', 'c1')
    expect(died).toEqual(['retake', 'after-retake'])
    const other = setUp()
    other.arm({ point: 'before-retake', nth: 2 })
    await other.log['retake']?.('lease', 'c1')
    await other.log['retake']?.('lease', 'c2')
    expect(other.died).toEqual(['retake', 'before-retake', 'retake'])
  })
})
