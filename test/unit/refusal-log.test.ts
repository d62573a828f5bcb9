import { describe, expect, it } from 'vitest'
import { CORRELATION_MS, createCorrelator, precedingOf } from '../../src/core/agents/refusal-log.js'
import type { ActionKind, Command } from '../../src/core/model/command.js'

const AT = Date.parse('2026-03-02T10:00:00Z')
const MINUTE = 60_000

function command(kind: ActionKind, acceptedAt: number): Command {
  return {
    id: `${kind}@${acceptedAt - AT}`,
    platform: 'cxone',
    agentId: '1001',
    action: { kind },
    origin: { principal: 'crm', requestId: 'r' },
    status: 'confirmed',
    seq: acceptedAt,
    attempts: 1,
    acceptedAt,
    expiresAt: acceptedAt + 1,
  }
}
const newestFirst = (...commands: Command[]): Command[] => commands.toSorted((a, b) => b.acceptedAt - a.acceptedAt)

describe('the command before a refusal', () => {
  it.each([
    ['the newest before it', [command('LOGIN', AT - 20_000), command('READY', AT - 4000)], 0, 'READY@-4000', true],
    ['at the very moment', [command('READY', AT)], 0, 'READY@0', true],
    ['at the limit', [command('READY', AT - CORRELATION_MS)], 0, `READY@-${CORRELATION_MS}`, true],
    ['none beyond the limit', [command('READY', AT - CORRELATION_MS - 1)], 0, undefined, undefined],
    ['none after it', [command('READY', AT + 1)], 0, undefined, undefined],
    [
      'a READY within the minute of a coarse time',
      [command('LOGIN', AT - 5000), command('READY', AT + 30_000)],
      MINUTE,
      'READY@30000',
      false,
    ],
    ['the newest of two within it', [command('READY', AT + 1), command('READY', AT + 2)], MINUTE, 'READY@2', false],
    ['nothing else within the minute', [command('NOT_READY', AT + 30_000)], MINUTE, undefined, undefined],
    ['before the minute, whatever came in it', [command('READY', AT - 4000), command('NOT_READY', AT + 9000)], MINUTE, 'READY@-4000', true],
    ['not the READY of the next minute', [command('READY', AT + MINUTE)], MINUTE, undefined, undefined],
  ] as const)('%s', (_what, commands, withinMs, id, certain) => {
    const found = precedingOf(newestFirst(...commands), AT, withinMs)
    expect([found?.command.id, found?.certain]).toEqual([id, certain])
  })

  it('tells seconds only where the order is known, and asks for a history once', async () => {
    let asked = 0
    const history = async (): Promise<readonly Command[]> => {
      asked += 1
      return newestFirst(command('READY', AT - 4000), command('READY', AT + MINUTE + 7000))
    }
    const correlate = createCorrelator({ history }, 'cxone', AT)
    const row = { agentId: '1001', cause: 'NO_ANSWER', rawCause: 'NoAnswer', occurrences: 1, raw: {}, withinMs: MINUTE }
    expect((await correlate({ ...row, at: AT })).precededBy).toEqual({
      commandId: 'READY@-4000',
      action: 'READY',
      principal: 'crm',
      seconds: 4,
    })
    const later = (await correlate({ ...row, at: AT + MINUTE })).precededBy
    expect(later).toEqual({ commandId: `READY@${MINUTE + 7000}`, action: 'READY', principal: 'crm' })
    expect((await correlate(row)).precededBy).toBeUndefined()
    expect(asked).toBe(1)
  })

  it('is left out when the store is away', async () => {
    const correlate = createCorrelator({ history: () => Promise.reject(new Error('away')) }, 'cxone', AT)
    expect(await correlate({ agentId: '1001', at: AT, cause: 'BUSY', rawCause: 'Busy', occurrences: 1, raw: {} })).not.toHaveProperty(
      'precededBy',
    )
  })
})
