import { describe, expect, it } from 'vitest'
import type { Step } from '../../../src/core/adapter.js'
import type { Run } from '../../../src/core/gate/vendor-calls.js'
import { SendFailure } from '../../../src/core/gate/vendor-calls.js'
import type { Command } from '../../../src/core/model/command.js'
import { CtiError } from '../../../src/core/model/error.js'
import { perhapsAnothers } from '../../../src/core/run/late-effects.js'
import { draft } from '../../support/drafts.js'

const NOW = 1_000_000

const step = (resend: Step['resend']): Step => ({ name: 'set', request: {}, expect: { states: ['READY'], withinMs: 1 }, resend })
const refusal = (unnamed: boolean, resend: Step['resend'] = 'safe'): SendFailure =>
  new SendFailure(new CtiError('INVALID_TRANSITION'), step(resend), unnamed)
const command = (change: Partial<Command>): Command => ({
  ...draft({ agentId: 'agent1' }).command,
  status: 'sent',
  seq: 9,
  attempts: 1,
  ...change,
})

function doubted(error: SendFailure, older: readonly Partial<Command>[], change: Partial<Command> = {}, requests = 1): Promise<boolean> {
  const log = { history: () => Promise.resolve(older.map((one, at) => command({ seq: 8 - at, ...one }))) }
  const run = { command: command(change), requests } as Run
  return perhapsAnothers(run, error, { log, clock: { now: () => NOW } } as unknown as Parameters<typeof perhapsAnothers>[2], () => ({
    deadline: NOW,
  }))
}

describe('a refusal may be the answer to another request', () => {
  const replaced = { status: 'superseded', sentAt: NOW - 1_000 } as const

  it('when it names none, and an older one was sent a moment ago and has no answer', async () => {
    expect(await doubted(refusal(true), [replaced])).toBe(true)
    expect(await doubted(refusal(true), [{ status: 'unconfirmed', sentAt: NOW - 4_999 }])).toBe(true)
  })
  it('when it names none, and an earlier step of the same attempt was sent: three times', async () => {
    expect(await doubted(refusal(true), [], {}, 2)).toBe(true)
    expect(await doubted(refusal(true), [], { attempts: 3 }, 2)).toBe(true)
    expect(await doubted(refusal(true), [], { attempts: 4 }, 2)).toBe(false)
  })
  it('not when it names ours, or ours must not be sent twice', async () => {
    expect(await doubted(refusal(false), [replaced], {}, 2)).toBe(false)
    expect(await doubted(refusal(true, 'never'), [replaced], {}, 2)).toBe(false)
  })
  it('not when all older ones were answered, were never sent, or were sent long ago', async () => {
    expect(await doubted(refusal(true), [])).toBe(false)
    const others: Partial<Command>[] = [
      { status: 'confirmed', sentAt: NOW - 100, settledAt: NOW },
      { status: 'rejected', sentAt: NOW - 100, settledAt: NOW },
      { status: 'superseded' },
      { status: 'superseded', sentAt: NOW - 5_000 },
    ]
    expect(await doubted(refusal(true), others)).toBe(false)
  })
})
