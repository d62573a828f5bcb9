import { describe, expect, it } from 'vitest'
import { overlay, reasonsOf, STATE_OF, stateOf, viewOf } from '../../../../src/adapters/cisco-finesse/mapping.js'
import { readUser, type FinesseUser } from '../../../../src/adapters/cisco-finesse/user.js'
import { child, parseXml } from '../../../../src/adapters/cisco-finesse/xml.js'

const settings = { product: 'CCE', reasonKeys: { Lunch: 'BREAK.LUNCH', '102': 'BREAK.SHORT' } } as const
const make = (fields: Partial<FinesseUser>): FinesseUser => ({ loginId: '1001', state: 'READY', teams: [], ...fields })
const view = (fields: Partial<FinesseUser>) => viewOf(make(fields), '1001', 'event', 1000, settings)

describe('states', () => {
  it.each([
    ['LOGIN', 'LOGGING_IN'],
    ['LOGOUT', 'LOGGED_OUT'],
    ['NOT_READY', 'NOT_READY'],
    ['READY', 'READY'],
    ['RESERVED', 'RESERVED'],
    ['RESERVED_OUTBOUND', 'RESERVED'],
    ['RESERVED_OUTBOUND_PREVIEW', 'RESERVED'],
    ['TALKING', 'BUSY'],
    ['HOLD', 'HOLD'],
    ['WORK', 'WRAP_UP'],
    ['WORK_READY', 'WRAP_UP'],
    ['UNKNOWN', 'UNKNOWN'],
    ['SOMETHING_NEW', 'UNKNOWN'],
    ['toString', 'UNKNOWN'],
  ])('%s is %s and keeps its own word', (word, state) => {
    expect(stateOf(word)).toBe(state)
    expect(view({ state: word })).toMatchObject({ state, vendorState: word, routable: word === 'READY' })
  })

  it('covers every state of section 4.3', () => {
    expect(Object.keys(STATE_OF)).toHaveLength(12)
  })

  it('tells the pending state, and none for an empty element', () => {
    expect(view({ state: 'TALKING', pendingState: 'NOT_READY' }).pendingState).toBe('NOT_READY')
    expect(view({ state: 'TALKING', pendingState: 'LOGOUT' }).pendingState).toBe('LOGGED_OUT')
    expect(view({ state: 'TALKING', pendingState: '' })).not.toHaveProperty('pendingState')
  })

  it('leaves out a time that is none', () => {
    expect(view({ stateChangeTime: 'yesterday' })).not.toHaveProperty('since')
  })
})

describe('reasons on a state', () => {
  it('gives a configured reason its database id and the configured key, by label or by code', () => {
    expect(view({ state: 'NOT_READY', reasonCodeId: '11', reason: { id: '11', code: 101, label: 'Lunch' } })).toMatchObject({
      reason: { id: '11', code: 101, name: 'Lunch', key: 'BREAK.LUNCH' },
      cause: 'agent',
    })
    expect(view({ state: 'NOT_READY', reason: { id: '12', code: 102, label: 'Pause' } }).reason?.key).toBe('BREAK.SHORT')
  })

  it.each([
    ['LOGOUT', 999, 'LOGOUT:999', 999, 'supervisor'],
    ['LOGOUT', 50004, 'LOGOUT:50004', 50004, 'inactivity'],
    ['LOGOUT', 65535, 'LOGOUT:-1', -1, 'system'],
    ['NOT_READY', 50003, 'NOT_READY:50003', 50003, 'device'],
  ])('%s with system code %i is known without a list', (state, code, id, signed, cause) => {
    expect(view({ state, reasonCodeId: '-1', reason: { code } })).toMatchObject({ reason: { id, code: signed }, cause })
  })

  it('knows 32767 as "not answered" on CCE and as something else on CCX', () => {
    const fields = { state: 'LOGOUT', reason: { code: 32767 } }
    const cce = viewOf(make({ ...fields, state: 'NOT_READY' }), '1', 'read', 0, settings).reason
    const ccx = viewOf(make(fields), '1', 'read', 0, { ...settings, product: 'CCX' }).reason
    expect(cce?.key).toBe('SYSTEM.NO_ANSWER')
    expect(ccx?.key).not.toBe('SYSTEM.NO_ANSWER')
  })

  it('says nothing where -1 stands, and nothing on other states', () => {
    expect(view({ state: 'NOT_READY', reasonCodeId: '-1' })).not.toHaveProperty('reason')
    expect(view({ state: 'READY', reasonCodeId: '11' })).not.toHaveProperty('reason')
    expect(view({ state: 'NOT_READY', reasonCodeId: '-1' })).not.toHaveProperty('cause')
  })
})

describe('readUser', () => {
  it('reads PascalCase ReasonCode and takes the id from the uri', () => {
    const xml =
      '<user><uri>/finesse/api/User/9876</uri><state>NOT_READY</state><ReasonCode><uri>finesse/api/ReasonCode/1</uri><code>10</code></ReasonCode></user>'
    expect(readUser(child(parseXml(xml), 'user') ?? '')).toMatchObject({ loginId: '9876', reason: { id: '1', code: 10 } })
  })

  it.each(['<user><state>READY</state></user>', '<user><loginId>1</loginId></user>', '<user/>'])('is undefined for %s', (xml) => {
    expect(readUser(child(parseXml(xml), 'user') ?? '')).toBeUndefined()
  })

  it('reads the teams of a supervisor', () => {
    const xml =
      '<User><loginId>900</loginId><state>LOGOUT</state><teams><Team><id>1</id></Team><Team><uri>/finesse/api/Team/2</uri></Team></teams></User>'
    expect(readUser(child(parseXml(xml), 'user') ?? '')?.teams).toEqual(['1', '2'])
  })
})

describe('overlay of a team summary', () => {
  const known = make({ state: 'TALKING', stateChangeTime: 't1', pendingState: 'NOT_READY', extension: '2001', teamId: '7' })

  it('keeps what the summary leaves out', () => {
    expect(overlay(make({ state: 'HOLD', stateChangeTime: 't2' }), known)).toMatchObject({
      state: 'HOLD',
      pendingState: 'NOT_READY',
      extension: '2001',
      teamId: '7',
    })
  })

  it('ends the pending state with the call, and the extension with the sign-out', () => {
    expect(overlay(make({ state: 'NOT_READY', stateChangeTime: 't2' }), known)).not.toHaveProperty('pendingState')
    expect(overlay(make({ state: 'LOGOUT', stateChangeTime: 't2' }), known)).not.toHaveProperty('extension')
  })

  it('believes an empty pending state', () => {
    expect(overlay(make({ state: 'TALKING', stateChangeTime: 't1', pendingState: '' }), known).pendingState).toBe('')
  })

  it('keeps the reason of the same state only', () => {
    const before = make({ state: 'NOT_READY', stateChangeTime: 't1', reasonCodeId: '11' })
    expect(overlay(make({ state: 'NOT_READY', stateChangeTime: 't1' }), before).reasonCodeId).toBe('11')
    expect(overlay(make({ state: 'NOT_READY', stateChangeTime: 't2' }), before)).not.toHaveProperty('reasonCodeId')
  })
})

describe('reasonsOf', () => {
  it('skips entries without an id, marks system codes and believes the category of the entry', () => {
    const xml = `<ReasonCodes><ReasonCode><code>5</code></ReasonCode>
      <ReasonCode><uri>/finesse/api/ReasonCode/3</uri><category>LOGOUT</category><code>5</code><label>Home</label><systemCode>true</systemCode></ReasonCode></ReasonCodes>`
    expect(reasonsOf(parseXml(xml), 'NOT_READY', '7', settings)).toMatchObject([
      { id: '3', code: 5, name: 'Home', type: 'LOGOUT', system: true, teams: ['7'] },
    ])
  })

  it('is empty for an empty list', () => {
    expect(reasonsOf(parseXml('<ReasonCodes></ReasonCodes>'), 'LOGOUT', undefined, settings)).toEqual([])
  })
})
