import { describe, expect, it } from 'vitest'
import { asyncVerdict, faultOf, restVerdict } from '../../../../src/adapters/cisco-finesse/faults.js'

describe('restVerdict', () => {
  it.each([
    [400, { type: 'Parameter Missing', message: 'finesse.api.reasoncode.require_reasoncode' }, 'agent', 'REASON_REQUIRED'],
    [400, { type: 'Parameter Missing', data: 'reasonCodeId' }, 'agent', 'REASON_REQUIRED'],
    [400, { type: 'Parameter Missing', data: 'extension' }, 'agent', 'DEVICE_INVALID'],
    [400, { type: 'Invalid Input', message: 'finesse.api.reasoncode.not_allowed' }, 'supervisor', 'REASON_INVALID'],
    [400, { type: 'Invalid Input', data: 'reasonCodeId' }, 'agent', 'REASON_INVALID'],
    [400, { type: 'Invalid Input', data: 'state' }, 'agent', 'VENDOR_REJECTED'],
    [400, { type: 'Invalid State', data: '257' }, 'agent', 'INVALID_TRANSITION'],
    [400, { type: 'Invalid Device' }, 'agent', 'DEVICE_INVALID'],
    [400, { type: 'Device Busy' }, 'agent', 'DEVICE_IN_USE'],
    [400, { type: 'Generic Error' }, 'agent', 'VENDOR_REJECTED'],
    [401, { type: 'Authorization Failure' }, 'agent', 'CREDENTIALS_INVALID'],
    [401, { type: 'Authorization Failure' }, 'supervisor', 'VENDOR_AUTH'],
    [401, {}, 'supervisor', 'VENDOR_AUTH'],
    [401, { type: 'Authorization Failure', message: 'account is locked' }, 'agent', 'ACCOUNT_LOCKED'],
    [401, { type: 'Authorization Failure', message: 'account is locked' }, 'supervisor', 'VENDOR_AUTH'],
    [401, { type: 'Invalid Authorization User Specified' }, 'agent', 'CREDENTIALS_INVALID'],
    [401, { type: 'Invalid Authorization User Specified' }, 'supervisor', 'VENDOR_FORBIDDEN'],
    [401, { type: 'Invalid Supervisor' }, 'supervisor', 'VENDOR_FORBIDDEN'],
    [401, { type: 'Invalid State' }, 'supervisor', 'INVALID_TRANSITION'],
    [403, {}, 'supervisor', 'VENDOR_FORBIDDEN'],
    [404, { type: 'User Not Found' }, 'supervisor', 'AGENT_NOT_FOUND'],
    [416, {}, 'supervisor', 'VENDOR_REJECTED'],
    [429, {}, 'supervisor', 'VENDOR_BUSY'],
    [500, {}, 'supervisor', 'VENDOR_ERROR'],
    [502, {}, 'supervisor', 'VENDOR_ERROR'],
    [503, {}, 'supervisor', 'VENDOR_UNAVAILABLE'],
    [302, {}, 'supervisor', 'VENDOR_REJECTED'],
  ] as const)('%i %j as %s is %s', (status, error, as, code) => {
    expect(restVerdict(status, error, as).code).toBe(code)
  })
})

describe('asyncVerdict', () => {
  it.each([
    ['captured error-invalid-state', { type: 'Invalid State', message: 'CF_INVALID_OBJECT_STATE', data: '22' }, 'INVALID_TRANSITION'],
    ['captured error-invalid-line', { type: 'Invalid Device', data: '260', peripheralCode: '10125' }, 'DEVICE_INVALID'],
    ['LOGOUT to NOT_READY: 257 with this type is no wrong password', { type: 'Invalid State', data: '257' }, 'NOT_LOGGED_IN'],
    ['257 by itself', { data: '257' }, 'CREDENTIALS_INVALID'],
    [
      'already logged out: the peripheral code, not the type',
      { type: 'Invalid State', data: '22', peripheralCode: '10101' },
      'NOT_LOGGED_IN',
    ],
    ['already signed on', { type: 'Invalid State', data: '259', peripheralCode: '10102' }, 'ALREADY_LOGGED_IN'],
    ['reserved', { type: 'Invalid State', data: '22', peripheralCode: '10106' }, 'OFFER_PENDING'],
    ['logout from the wrong state', { type: 'Invalid State', data: '22', peripheralCode: '10112' }, 'INVALID_TRANSITION'],
    ['router did not approve', { data: '22', peripheralCode: '10104' }, 'VENDOR_BUSY'],
    ['a peripheral code that nobody knows', { type: 'Device Busy', data: '283', peripheralCode: '19999' }, 'DEVICE_IN_USE'],
    ['reason required', { type: 'Generic Error', data: '281' }, 'REASON_REQUIRED'],
    ['reason not accepted', { data: '266' }, 'REASON_INVALID'],
    ['account locked', { data: '289' }, 'ACCOUNT_LOCKED'],
    ['busy', { data: '33' }, 'VENDOR_BUSY'],
    ['out of service', { data: '34' }, 'VENDOR_UNAVAILABLE'],
    ['time-out', { data: '78' }, 'VENDOR_TIMEOUT'],
    ['internal', { type: 'Internal Server Error' }, 'VENDOR_ERROR'],
    ['nothing known', { type: 'New', data: '4711' }, 'VENDOR_REJECTED'],
    ['nothing at all', {}, 'VENDOR_REJECTED'],
  ] as const)('%s', (_title, error, code) => {
    expect(asyncVerdict(error)).toBe(code)
  })
})

describe('faultOf', () => {
  it('keeps raw numbers and names, bounded', () => {
    const fault = faultOf(
      { type: 'T', message: 'm'.repeat(1000), data: '260', peripheralCode: '10125', peripheralMessage: 'P' },
      { requestId: 'r' },
    )
    expect(fault).toMatchObject({ system: 'finesse', code: '260/10125', name: 'T', requestId: 'r' })
    expect(fault.message?.length).toBe(300)
  })

  it('falls back to the HTTP status', () => {
    expect(faultOf({}, { status: 502 })).toEqual({ system: 'finesse', code: '502', httpStatus: 502 })
  })
})
