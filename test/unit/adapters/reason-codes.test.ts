import { describe, expect, it } from 'vitest'
import { indexReasons, SYSTEM_REASONS, systemReasons, type CiscoProduct } from '../../../src/adapters/_shared/cisco-reasons.js'
import { causeOf } from '../../../src/adapters/cxone/refusal-causes.js'
import { parseUnavailableCodes, reasonOf } from '../../../src/adapters/cxone/unavailable-codes.js'
import { keyOf, parseReasons, wireReason } from '../../../src/adapters/expertflow/reasons.js'
import { CANONICAL_REASONS, type ReasonType } from '../../../src/core/model/reason.js'
import { matchReason } from '../../../src/core/accept/reason-book.js'
import {
  CCE_LOGOUT,
  CCE_NOT_READY,
  CCX_LOGOUT,
  CCX_NOT_READY,
  CCX_OTHER_STATES,
  CXONE_REFUSALS,
  EXPERTFLOW,
  EXPERTFLOW_NAMES,
  type CodeRow,
} from '../../fixtures/reason-codes.js'

/** The canonical taxonomy against the documents: every code there and back, nothing more, nothing shared that must not be. */
const CISCO: readonly (readonly [CiscoProduct, ReasonType, readonly CodeRow[]])[] = [
  ['CCE', 'LOGOUT', CCE_LOGOUT],
  ['CCE', 'NOT_READY', CCE_NOT_READY],
  ['CCX', 'LOGOUT', CCX_LOGOUT],
  ['CCX', 'NOT_READY', CCX_NOT_READY],
]

describe.each(CISCO)('Unified %s, %s', (product, type, rows) => {
  const listed = systemReasons(product).filter((reason) => reason.type === type)
  const index = indexReasons(product, [])

  it.each(rows)('%i (wire %i) is %s, and comes back as the same code', (code, wire, key) => {
    // Vendor → canonical: what a state event with this code becomes.
    const seen = index.view(type, wire)
    expect(seen).toMatchObject({ code, key, name: expect.stringMatching(/./) as string })
    // Canonical → vendor: the list's record under that id carries the number that goes over the wire.
    const reason = matchReason(listed, String(seen?.id), type)
    expect(reason).toMatchObject({ code, key, system: true, type, raw: { wire } })
    expect(reason.source).toMatch(/./)
    expect(CANONICAL_REASONS).toContain(key)
    expect(listed.filter((each) => each.key === key).map((each) => each.id)).toContain(reason.id)
  })

  it('has these codes and no others', () => {
    expect(listed.map((reason) => reason.code).sort()).toEqual(rows.map(([code]) => code).sort())
  })

  it('keeps a code that no document has as it came', () => {
    for (const wire of [4711, 12, 65_000]) {
      expect(index.view(type, wire)).toEqual({ id: `${type}:${wire}`, code: wire })
      expect(index.cause(type, wire)).toBeUndefined()
    }
  })
})

describe('Unified CCE and CCX', () => {
  it('share no entry: a code of one says nothing in the other unless its own document has it', () => {
    for (const [product, type, rows] of CISCO) {
      const other = indexReasons(product === 'CCE' ? 'CCX' : 'CCE', [])
      const own = new Set(
        CISCO.filter(([each, kind]) => each !== product && kind === type).flatMap(([, , list]) => list.map(([, wire]) => wire)),
      )
      for (const [, wire] of rows) if (!own.has(wire)) expect(other.view(type, wire)).not.toHaveProperty('key')
    }
    expect(SYSTEM_REASONS.CCE.some((reason) => (SYSTEM_REASONS.CCX as readonly unknown[]).includes(reason))).toBe(false)
  })
  it('mean different things by the same number', () => {
    expect(indexReasons('CCE', []).view('NOT_READY', 32_767)).toMatchObject({ key: 'SYSTEM.NO_ANSWER' })
    expect(indexReasons('CCX', []).view('LOGOUT', 32_767)).toMatchObject({ key: 'SYSTEM.TAKEOVER' })
    expect(indexReasons('CCX', []).view('NOT_READY', 32_767)).not.toHaveProperty('key')
  })
  it('codes of CCX on READY and RESERVED are known and in no list that a caller chooses from', () => {
    expect(
      SYSTEM_REASONS.CCX.filter(({ state }) => state === 'READY' || state === 'RESERVED')
        .map(({ code }) => code)
        .sort(),
    ).toEqual([...CCX_OTHER_STATES])
    for (const code of CCX_OTHER_STATES) expect(systemReasons('CCX').some((reason) => reason.code === code)).toBe(false)
  })
})

describe('Expertflow', () => {
  it.each(EXPERTFLOW)('$name ($id) is $key, and comes back with its id', ({ id, name, code, type, key }) => {
    const [reason] = parseReasons([{ id, name, code, type, description: 'd', isDeleted: false }])
    expect(reason).toMatchObject({ id, name, code, type, key })
    expect(keyOf({ id })).toBe(key)
    const back = matchReason(parseReasons([{ id, name, code, type }]), key, type as ReasonType)
    expect(wireReason(back, 'minimal')).toEqual({ id, name, type })
    expect(wireReason(back, 'document')).toMatchObject({ id, name, code, type })
  })
  it('by name alone where the seed has no id', () => {
    for (const [name, key] of Object.entries(EXPERTFLOW_NAMES)) expect(keyOf({ name })).toBe(key)
  })
  it('code 9 is two reasons: it names neither, each id names one', () => {
    const all = parseReasons([])
    expect(() => matchReason(all, '9', 'LOGOUT')).toThrow(/names 2 LOGOUT reasons/)
    for (const { id } of EXPERTFLOW.filter(({ code }) => code === 9)) expect(matchReason(all, id, 'LOGOUT').id).toBe(id)
  })
  it('keeps a reason that nobody knows as it came, without a key', () => {
    const document = { id: 'zz', name: 'Prayer', type: 'NOT_READY', code: 77, extra: { deep: true } }
    const [reason] = parseReasons([document])
    expect(reason).toMatchObject({ id: 'zz', name: 'Prayer', code: 77, system: false, raw: document })
    expect(reason).not.toHaveProperty('key')
  })
})

describe('CXone', () => {
  it.each(Object.entries(CXONE_REFUSALS))('a contact refused for "%s" is %s', (text, cause) => expect(causeOf(text)).toBe(cause))
  it('a cause that nobody knows is OTHER', () => expect(causeOf('Cosmic rays')).toBe('OTHER'))
  it('an unavailable code keeps its id, name and record; a negative one is the platform’s own; an ACW code is wrap-up', () => {
    const rows = [
      { outStateId: 4711, outStateName: 'Prayer', isActive: true, isAcw: false, agentTimeoutMins: 30 },
      { outStateId: -1, outStateName: 'Refused', isActive: true, isAcw: false, agentTimeoutMins: 30 },
      { outStateId: 15, outStateName: 'Paperwork', isActive: true, isAcw: true, agentTimeoutMins: 30 },
    ]
    const [prayer, refused, paperwork] = (parseUnavailableCodes({ unavailableCodes: rows }) ?? []).map((code) =>
      reasonOf(code, undefined, {}),
    )
    expect(prayer).toMatchObject({ id: '4711', code: 4711, name: 'Prayer', system: false, raw: rows[0], source: 'GET unavailable-codes' })
    expect(prayer).not.toHaveProperty('key')
    expect(refused).toMatchObject({ id: '-1', system: true })
    expect(paperwork).toMatchObject({ id: '15', key: 'WRAP_UP', system: false })
  })
})
