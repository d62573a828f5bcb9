import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  FORCED_LOGOUT_REASON,
  INACTIVITY_REASON,
  KEY_BY_ID,
  KEY_BY_NAME,
  keyOf,
  parseReasons,
  SPECIAL_REASONS,
  wireReason,
} from '../../../../src/adapters/expertflow/reasons.js'
import type { Reason } from '../../../../src/core/model/reason.js'
import { conform } from '../../../support/expertflow-schemas.js'

const seed = JSON.parse(readFileSync(new URL('../../../fixtures/expertflow-reasons.json', import.meta.url), 'utf8')) as Record<
  string,
  unknown
>[]

describe('the list of Unified Admin', () => {
  it('comes through without loss: ids, names, types, codes, times, and the documents themselves', () => {
    for (const document of seed) conform('Reason', document)
    const own = parseReasons(seed).filter((reason) => !reason.system)
    expect(
      own.map(({ id, name, description, type, code, createdAt, updatedAt }) => ({
        id,
        name,
        description,
        type,
        code,
        createdAt,
        updatedAt,
      })),
    ).toEqual(
      seed.map(({ id, name, description, type, code, createdAt, updatedAt }) => ({
        id,
        name,
        description,
        type,
        code,
        createdAt,
        updatedAt,
      })),
    )
    expect(own.map((reason) => reason.raw)).toEqual(seed)
    expect(own.map((reason) => reason.key)).toEqual(['OUT_OF_OFFICE', 'BREAK.SHORT'])
    expect(own.map((reason) => reason.source)).toEqual(['GET /unified-admin/reasons', 'GET /unified-admin/reasons'])
  })

  it('is followed by the special reasons, both of code 9 and still two', () => {
    const special = parseReasons(seed).filter((reason) => reason.code === 9)
    expect(special).toEqual(SPECIAL_REASONS)
    expect(special.map(({ id, name, key, system, type }) => ({ id, name, key, system, type }))).toEqual([
      {
        id: '62ffc95cf12b6ccf1594d934',
        name: 'FORCED_LOGOUT_BY_SUPERVISOR',
        key: 'SUPERVISOR.FORCED_LOGOUT',
        system: true,
        type: 'LOGOUT',
      },
      { id: '12ffc95cf12b6ccf1594d948', name: 'SESSION_TIMEOUT_INACTIVITY', key: 'SYSTEM.INACTIVITY', system: true, type: 'LOGOUT' },
    ])
  })

  it('does not double a special reason that a site lists itself, and still calls it the system’s', () => {
    const reasons = parseReasons([{ ...FORCED_LOGOUT_REASON }])
    expect(reasons.map((reason) => [reason.id, reason.system])).toEqual([
      [FORCED_LOGOUT_REASON.id, true],
      [INACTIVITY_REASON.id, true],
    ])
  })

  it.each([
    ['is soft-deleted', { id: 'a', name: 'A', type: 'LOGOUT', isDeleted: true }],
    ['has no id', { name: 'A', type: 'LOGOUT' }],
    ['has no name', { id: 'a', type: 'LOGOUT' }],
    ['is of an unknown type', { id: 'a', name: 'A', type: 'LUNCH' }],
    ['is no object', 'A'],
  ])('leaves out what %s', (_what, document) => {
    expect(parseReasons([document])).toEqual(SPECIAL_REASONS)
  })

  it('understands older builds: label, LOG_OUT, code 0, no times', () => {
    expect(parseReasons([{ id: 'a', label: 'Old', type: 'LOG_OUT', code: 0 }])[0]).toEqual({
      id: 'a',
      name: 'Old',
      type: 'LOGOUT',
      code: 0,
      system: false,
      source: 'GET /unified-admin/reasons',
      raw: { id: 'a', label: 'Old', type: 'LOG_OUT', code: 0 },
    })
  })
})

describe('canonical keys', () => {
  it('are these', () => {
    expect(KEY_BY_ID).toEqual({
      '62ffc95cf12b6ccf1594d781': 'OUT_OF_OFFICE',
      '62ffc9e9f12b6ccf1594d88b': 'BREAK.SHORT',
      '62ffc95cf12b6ccf1594d934': 'SUPERVISOR.FORCED_LOGOUT',
      '12ffc95cf12b6ccf1594d948': 'SYSTEM.INACTIVITY',
    })
    expect(KEY_BY_NAME).toEqual({
      'out of office': 'OUT_OF_OFFICE',
      'short break': 'BREAK.SHORT',
      'lunch break': 'BREAK.LUNCH',
      'end of shift': 'END_OF_SHIFT',
      callback: 'CALLBACK',
      'after call work': 'WRAP_UP',
      'after-call work': 'WRAP_UP',
      'wrap up': 'WRAP_UP',
      'wrap-up': 'WRAP_UP',
      forced_logout_by_supervisor: 'SUPERVISOR.FORCED_LOGOUT',
      session_timeout_inactivity: 'SYSTEM.INACTIVITY',
    })
  })

  it('go by id before name, and by no code', () => {
    expect(keyOf({ id: '62ffc95cf12b6ccf1594d781', name: 'Lunch Break' })).toBe('OUT_OF_OFFICE')
    expect(keyOf({ id: 'x', name: 'Lunch Break' })).toBe('BREAK.LUNCH')
    expect(keyOf({ code: 9 })).toBeUndefined()
  })
})

describe('wireReason', () => {
  const reason: Reason = {
    id: 'i',
    name: 'n',
    type: 'NOT_READY',
    system: false,
    raw: { id: 'i', name: 'n', type: 'NOT_READY', code: 3, extra: true },
  }
  it('sends the least or the whole document', () => {
    expect(wireReason(reason, 'minimal')).toEqual({ id: 'i', name: 'n', type: 'NOT_READY' })
    expect(wireReason(reason, 'document')).toEqual({ id: 'i', name: 'n', type: 'NOT_READY', code: 3, extra: true })
  })
})

it('the special payloads are the seed’s, to the letter', () => {
  expect(FORCED_LOGOUT_REASON).toEqual({
    name: 'FORCED_LOGOUT_BY_SUPERVISOR',
    description: 'Logout by supervisor',
    type: 'LOGOUT',
    code: 9,
    id: '62ffc95cf12b6ccf1594d934',
  })
  expect(INACTIVITY_REASON).toEqual({
    name: 'SESSION_TIMEOUT_INACTIVITY',
    description: 'Logout due to no activity on interface',
    type: 'LOGOUT',
    code: 9,
    id: '12ffc95cf12b6ccf1594d948',
  })
})
