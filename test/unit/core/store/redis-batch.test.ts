import { describe, expect, it } from 'vitest'
import { createBatch, type Call } from '../../../../src/core/store/redis-batch.js'
import type { Argument } from '../../../../src/core/store/redis-script-call.js'

interface Sent {
  readonly script: string
  readonly args: readonly Argument[]
  answer(value: unknown): void
  fail(error: unknown): void
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function rig() {
  const sent: Sent[] = []
  const call: Call = (script, args) => new Promise((answer, fail) => sent.push({ script, args, answer, fail }))
  return { sent, ...createBatch(call, () => undefined) }
}

/** Agents of the steps of a call, in their order. */
const agentsOf = ({ script, args }: Sent): unknown[] =>
  script === 'ctiBatch' ? args.filter((arg) => typeof arg === 'string' && arg.startsWith('agent')) : [args[1]]

describe('steps of one turn', () => {
  it('leave together at its end, each with its own deadline and outcome', async () => {
    const { sent, step } = rig()
    const both = Promise.allSettled([step('ctiRelease', 100, ['agent1', 'o', 1]), step('ctiRenew', 200, ['agent2', 'o', 2, 30])])
    expect(sent).toHaveLength(0)
    await turn()
    expect(sent).toMatchObject([
      { script: 'ctiBatch', args: ['ctiRelease', 4, 100, 'agent1', 'o', 1, 'ctiRenew', 5, 200, 'agent2', 'o', 2, 30] },
    ])
    sent[0]?.answer(['epoch1', 1, 'its text', new Error('LATE'), ''])
    expect(await both).toMatchObject([
      { status: 'fulfilled', value: { answer: 1, text: 'its text', epoch: 'epoch1' } },
      { status: 'rejected', reason: { message: 'LATE' } },
    ])
  })
  it('leave as they are when there is one only', async () => {
    const { sent, step } = rig()
    const one = step('ctiRelease', 100, ['agent1', 'o', 1])
    await turn()
    expect(sent).toMatchObject([{ script: 'ctiRelease', args: [100, 'agent1', 'o', 1] }])
    sent[0]?.answer(['epoch1', 'done', ''])
    expect(await one).toEqual({ answer: 'done', text: '', epoch: 'epoch1' })
  })
  it('leave at once when there are twenty, the others at the end, all in their order', async () => {
    const { sent, step } = rig()
    const names = Array.from({ length: 45 }, (_, index) => `agent${index}`)
    const all = names.map((name) => step('ctiRelease', 100, [name, 'o', 1]))
    expect(sent.map((each) => agentsOf(each).length)).toEqual([20, 20])
    await turn()
    expect(sent.map((each) => agentsOf(each).length)).toEqual([20, 20, 5])
    expect(sent.flatMap(agentsOf)).toEqual(names)
    for (const each of sent) each.answer(['epoch1', ...agentsOf(each).flatMap((name) => [name, ''])])
    expect((await Promise.all(all)).map(({ answer }) => answer)).toEqual(names)
    await turn()
    expect(sent).toHaveLength(3)
  })
  it('leave before a script that is no step and was asked for behind them', async () => {
    const { sent, run, step } = rig()
    void step('ctiRelease', 100, ['agent1', 'o', 1])
    void run('ctiEvents', 100, 'agent2')
    expect(sent.map(({ script }) => script)).toEqual(['ctiRelease', 'ctiEvents'])
    await turn()
    expect(sent).toHaveLength(2)
  })
  it('all fail when their call does', async () => {
    const { sent, step } = rig()
    const all = Promise.allSettled(['agent1', 'agent2'].map((name) => step('ctiRelease', 100, [name, 'o', 1])))
    await turn()
    sent[0]?.fail(new Error('the connection is closed'))
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})
