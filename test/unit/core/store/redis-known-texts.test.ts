import { describe, expect, it } from 'vitest'
import { readAgentText } from '../../../../src/core/store/redis-agent-text.js'
import type { StepAnswer } from '../../../../src/core/store/redis-batch.js'
import { createAgentSteps } from '../../../../src/core/store/redis-known-texts.js'

const QUIET = '7 3 0 85'
const BUSY = `8 4 0 85 1700000000000 me 2\n8 id8 sent 1 1700000000000 READY =voice e1 1700000000001    4 \n["R"]`

function rig() {
  const asked: { answer(told: StepAnswer): void; fail(error: Error): void }[] = []
  const steps = createAgentSteps(() => new Promise((answer, fail) => asked.push({ answer, fail })))
  const ask = (agent: string, after?: () => ReturnType<typeof readAgentText>): Promise<unknown> =>
    steps.run({ agent, script: 'ctiTake', deadline: 1, args: [], ...(after && { after }) }, (answer) => answer)
  return { asked, steps, ask }
}

describe('an agent of whom a process knows', () => {
  it('is as its last step has left it', async () => {
    const { asked, steps, ask } = rig()
    expect(steps.known('a')).toBeUndefined()
    const one = ask('a')
    asked[0]?.answer({ answer: 'x', text: BUSY, epoch: 'e1' })
    expect(await one).toBe('x')
    expect(steps.known('a')).toMatchObject({
      epoch: 'e1',
      agent: {
        text: BUSY,
        seq: 8,
        token: 4,
        lo: '0',
        d: '85',
        till: '1700000000000',
        owner: 'me 2',
        open: { head: { id: 'id8', seq: 8 }, body: '["R"]' },
      },
    })
    expect(steps.known('b')).toBeUndefined()
  })
  it('is not known while a step is on its way, nor after one that failed or that left nothing', async () => {
    const { asked, steps, ask } = rig()
    const first = ask('a')
    const second = ask('a')
    asked[0]?.answer({ answer: 1, text: QUIET, epoch: 'e1' })
    await first
    expect(steps.known('a')).toBeUndefined()
    asked[1]?.answer({ answer: 2, text: QUIET, epoch: 'e1' })
    await second
    expect(steps.known('a')?.agent.text).toBe(QUIET)
    const third = ask('a')
    asked[2]?.fail(new Error('LATE'))
    await expect(third).rejects.toThrow('LATE')
    expect(steps.known('a')).toBeUndefined()
    const fourth = ask('a')
    asked[3]?.answer({ answer: 'held', text: '', epoch: 'e1' })
    await fourth
    expect(steps.known('a')).toBeUndefined()
  })
  it('is what was worked out, when the step was done so', async () => {
    const { asked, steps, ask } = rig()
    const one = ask('a', () => readAgentText(QUIET))
    asked[0]?.answer({ answer: 1, text: '', epoch: 'e1' })
    await one
    expect(steps.known('a')?.agent).toMatchObject({ text: QUIET, open: undefined, till: '' })
  })
  it('is forgotten when it is one of too many, and not kept when its text is long', async () => {
    const { asked, steps, ask } = rig()
    for (let agent = 0; agent < 10_000; agent += 1) {
      const one = ask(`a${agent}`)
      asked.pop()?.answer({ answer: 1, text: QUIET, epoch: 'e1' })
      await one
    }
    expect(steps.known('a0')).toBeUndefined()
    expect(steps.known('a9999')).toBeDefined()
    const long = ask('a9999', () => readAgentText(`${QUIET}\n${'x'.repeat(600)}\n[]`))
    asked.pop()?.answer({ answer: 1, text: '', epoch: 'e1' })
    await long
    expect(steps.known('a9999')).toBeUndefined()
  })
  it('has a text that can be read, of one open command at most, or is not known', () => {
    for (const text of ['', 'x', '1 2 3', `${BUSY}\n9 id9\n[]`]) expect(readAgentText(text)).toBeUndefined()
  })
})
