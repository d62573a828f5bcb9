import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CISCO_REASON_SOURCES } from '../../../../src/adapters/_shared/cisco-reason-tables.js'
import {
  indexReasons,
  mergeReasons,
  reasonId,
  signedCode,
  SYSTEM_REASONS,
  systemReason,
  systemReasons,
  wireCode,
} from '../../../../src/adapters/_shared/cisco-reasons.js'
import { matchReason } from '../../../../src/core/accept/reason-book.js'

const squash = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** The descriptions of the article's table: everything between its heading and the list of reports. */
function articleRows(): string[] {
  const text = readFileSync(new URL('../../../fixtures/cisco-agent-logout-reason-codes.txt', import.meta.url), 'utf8')
  const table = text.slice(text.indexOf('Reason CodeDescription'), text.indexOf('Reports that show'))
  return table
    .split(/\n\s*\n/)
    .map(squash)
    .filter((line) => /^(The|An|A|Forces|Not Ready) .*\.$|already in use\.$/.test(line))
}

describe('predefined reason codes', () => {
  it('has every description of the article', () => {
    const known = SYSTEM_REASONS.CCE.flatMap((reason) => (reason.article === undefined ? [] : [squash(reason.article)]))
    const rows = articleRows()
    expect(rows).toHaveLength(13)
    for (const row of rows) expect(known).toContain(row)
    expect(known).toHaveLength(13)
  })

  it.each([20001, 20002, 20003])('flags %i as a code of Cisco Agent Desktop, in both lists', (code) => {
    expect(systemReason('CCE', 'LOGOUT', code)?.appliesTo).toBe('CAD')
    expect(systemReason('CCE', 'NOT_READY', code)?.appliesTo).toBe('CAD')
  })

  it('cites a known document and a confidence on every row', () => {
    for (const reason of [...SYSTEM_REASONS.CCE, ...SYSTEM_REASONS.CCX]) {
      for (const letter of reason.source.split(' ')) expect(CISCO_REASON_SOURCES).toHaveProperty(letter)
      expect(['A', 'B', 'C']).toContain(reason.confidence)
    }
  })

  it('has unique ids per product', () => {
    for (const product of ['CCE', 'CCX'] as const) {
      const ids = systemReasons(product).map((reason) => reason.id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.length).toBeGreaterThan(20)
    }
  })

  it('never shares a meaning between CCE and CCX', () => {
    expect(systemReason('CCE', 'NOT_READY', 32767)?.key).toBe('SYSTEM.NO_ANSWER')
    expect(systemReason('CCX', 'LOGOUT', 32767)?.key).toBe('SYSTEM.TAKEOVER')
    expect(systemReason('CCE', 'LOGOUT', 32767)).toBeUndefined()
    expect(systemReason('CCX', 'LOGOUT', 50002)).toBeUndefined()
  })

  it.each([
    [-1, 65535],
    [-2, 65534],
    [-3, 65533],
    [999, 999],
    [50042, 50042],
    [65532, 65532],
  ])('code %i goes over the wire as %i and comes back', (code, wire) => {
    expect(wireCode(code)).toBe(wire)
    expect(signedCode(wire)).toBe(code)
  })

  it('finds the wire form and the signed form alike', () => {
    expect(systemReason('CCE', 'LOGOUT', 65535)).toBe(systemReason('CCE', 'LOGOUT', -1))
    expect(reasonId('LOGOUT', 65534)).toBe('LOGOUT:-2')
  })
})

describe('site lists', () => {
  const site = [
    { code: 7, name: 'Lunch', type: 'NOT_READY', key: 'BREAK.LUNCH' },
    { code: 255, name: 'Fire drill', type: 'LOGOUT' },
    { code: 901, name: 'Supervisor Logout', type: 'LOGOUT' },
  ] as const

  it('come first, and a number that the site uses is the site’s', () => {
    const merged = mergeReasons('CCE', site)
    expect(merged.slice(0, 3).map((reason) => reason.id)).toEqual(['NOT_READY:7', 'LOGOUT:255', 'LOGOUT:901'])
    expect(merged.filter((reason) => reason.id === 'LOGOUT:255')).toMatchObject([{ name: 'Fire drill', system: false }])
    expect(merged).toHaveLength(systemReasons('CCE').length + 2)
  })

  it('treat the labels that the old Agent Desktop reserves as system codes', () => {
    expect(mergeReasons('CCE', site).find((reason) => reason.id === 'LOGOUT:901')).toMatchObject({
      system: true,
      key: 'SUPERVISOR.FORCED_LOGOUT',
    })
  })

  it('can be named by key, name and code', () => {
    const merged = mergeReasons('CCE', site).filter((reason) => reason.type === 'NOT_READY')
    for (const selector of ['BREAK.LUNCH', 'lunch', '7', 'NOT_READY:7']) {
      expect(matchReason(merged, selector, 'NOT_READY').code).toBe(7)
    }
  })

  it('0 is no reason, a known one has its name, an unknown one keeps its number', () => {
    const index = indexReasons('CCE', site)
    expect(index.view('LOGOUT', 0)).toBeUndefined()
    expect(index.view('LOGOUT', 65535)).toEqual({ id: 'LOGOUT:-1', code: -1, name: 'System reinitialized', key: 'SYSTEM.RESTART' })
    expect(index.view('NOT_READY', 4711)).toEqual({ id: 'NOT_READY:4711', code: 4711 })
    expect(index.cause('LOGOUT', 50004)).toBe('inactivity')
    expect(index.cause('LOGOUT', 255)).toBe('agent')
    expect(index.cause('NOT_READY', 4711)).toBeUndefined()
  })
})
