import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMMAND_CLASSES, commandClass, relation, relationTable, SUPERSEDE_MATRIX, type Action } from '../../src/core/model/command.js'

const action = fc.record(
  {
    kind: fc.constantFrom('LOGIN', 'READY', 'NOT_READY', 'LOGOUT'),
    force: fc.boolean(),
    channel: fc.constantFrom('chat', 'voice', 'mail'),
  },
  { requiredKeys: ['kind'] },
) as fc.Arbitrary<Pick<Action, 'kind' | 'force' | 'channel'>>

describe('what a newer command does to an older one', () => {
  it('is defined for every pair, and a table for the stores says the same', () => {
    fc.assert(
      fc.property(action, action, (newer, older) => {
        const scope = older.channel === newer.channel ? 'same' : older.channel === undefined ? 'agent' : 'channel'
        expect(relationTable(newer)[`${commandClass(older)}|${scope}`]).toBe(relation(newer, older))
      }),
    )
  })
  it('a logout of the agent replaces everything but a forced logout', () => {
    fc.assert(
      fc.property(action, (older) => {
        const forcedOlder = older.kind === 'LOGOUT' && older.force === true && older.channel === undefined
        expect(relation({ kind: 'LOGOUT', force: true }, older)).toBe('replaces')
        expect(relation({ kind: 'LOGOUT' }, older)).toBe(forcedOlder ? 'waits' : 'replaces')
      }),
    )
  })
  it('nothing that brings an agent to work overtakes a logout', () => {
    for (const kind of ['READY', 'NOT_READY', 'LOGIN'] as const) {
      expect(relation({ kind }, { kind: 'LOGOUT' })).toBe('waits')
      expect(relation({ kind, channel: 'chat' }, { kind: 'LOGOUT' })).toBe('waits')
      expect(relation({ kind }, { kind: 'LOGOUT', force: true })).toBe(kind === 'LOGIN' ? 'waits' : 'refused')
    }
  })
  it('a channel command never replaces one for the agent or for another channel', () => {
    fc.assert(
      fc.property(action, action, (newer, older) => {
        fc.pre(newer.channel !== undefined && newer.channel !== older.channel)
        expect(relation(newer, older)).not.toBe('replaces')
      }),
    )
  })
  it('the matrix has a row and a column for every class', () => {
    expect(Object.keys(SUPERSEDE_MATRIX).sort()).toEqual([...COMMAND_CLASSES].sort())
    for (const row of Object.values(SUPERSEDE_MATRIX)) expect(Object.keys(row).sort()).toEqual([...COMMAND_CLASSES].sort())
  })
})
