import { describe, expect, it } from 'vitest'
import {
  BY_CALL,
  BY_STATUS,
  BY_TEXT,
  CALLS,
  errorText,
  faultOf,
  meaningOf,
  READ_CALLS,
  type Call,
} from '../../../../src/adapters/cxone/faults.js'
import type { ErrorCode, RetryClass } from '../../../../src/core/model/error.js'

const fault = (call: Call, status: number, body: unknown = undefined, header: unknown = undefined, retryAfterMs?: number) =>
  faultOf({ call, status, body, icStatusDescription: header, retryAfterMs, redact: (text) => text.replaceAll('s3cret', '***') })

describe('by status', () => {
  it.each<[number, ErrorCode]>([
    [400, 'INVALID_REQUEST'],
    [401, 'VENDOR_AUTH'],
    [403, 'VENDOR_FORBIDDEN'],
    [404, 'VENDOR_REJECTED'],
    [409, 'INVALID_TRANSITION'],
    [418, 'VENDOR_REJECTED'],
    [429, 'VENDOR_BUSY'],
    [499, 'VENDOR_REJECTED'],
    [500, 'VENDOR_ERROR'],
    [502, 'VENDOR_ERROR'],
    [503, 'VENDOR_BUSY'],
    [504, 'VENDOR_ERROR'],
    [304, 'VENDOR_PROTOCOL'],
    [399, 'VENDOR_PROTOCOL'],
  ])('%i is %s', (status, code) => expect(meaningOf('unavailable-codes', status, undefined).code).toBe(code))

  it('lists seven statuses', () => expect(Object.keys(BY_STATUS)).toHaveLength(7))
})

describe('by call (section 5.2)', () => {
  const table: [Call, number, ErrorCode, RetryClass | undefined][] = [
    ['token', 400, 'VENDOR_AUTH', undefined],
    ['token', 401, 'VENDOR_AUTH', undefined],
    ['token', 403, 'VENDOR_AUTH', undefined],
    ['token', 404, 'VENDOR_UNAVAILABLE', undefined],
    ['discovery', 400, 'VENDOR_UNAVAILABLE', undefined],
    ['discovery', 404, 'VENDOR_UNAVAILABLE', undefined],
    ['set-state', 404, 'NOT_LOGGED_IN', undefined],
    ['set-state', 409, 'INVALID_TRANSITION', undefined],
    ['logout', 404, 'AGENT_NOT_FOUND', undefined],
    ['start-session', 403, 'VENDOR_FORBIDDEN', undefined],
    ['start-session', 409, 'ALREADY_LOGGED_IN', 'later'],
    ['join-session', 400, 'AGENT_NOT_FOUND', undefined],
    ['join-session', 409, 'NOT_LOGGED_IN', undefined],
    ['session-state', 404, 'NOT_LOGGED_IN', 'later'],
    ['session-state', 409, 'INVALID_TRANSITION', undefined],
    ['end-session', 404, 'NOT_LOGGED_IN', 'later'],
    ['end-session', 409, 'INVALID_TRANSITION', undefined],
    ['next-event', 404, 'NOT_LOGGED_IN', undefined],
    ['next-event', 409, 'NOT_LOGGED_IN', undefined],
    ['read-agent', 404, 'AGENT_NOT_FOUND', undefined],
    ['agent-details', 404, 'AGENT_NOT_FOUND', undefined],
    ['list-states', 409, 'VENDOR_FORBIDDEN', undefined],
    ['data-download', 409, 'VENDOR_REJECTED', undefined],
  ]
  it.each(table)('%s %i is %s', (call, status, code, retry) => {
    expect(meaningOf(call, status, undefined)).toMatchObject({ code, ...(retry && { retry }) })
    expect(meaningOf(call, status, undefined).retry).toBe(retry)
  })
  it('has no row that is not tested here', () => {
    const rows = Object.entries(BY_CALL).flatMap(([call, meanings]) => Object.keys(meanings).map((status) => `${call} ${status}`))
    expect(rows.toSorted()).toEqual(table.map(([call, status]) => `${call} ${status}`).toSorted())
  })
  it.each<[Call, number, RegExp]>([
    ['token', 404, /issuer/],
    ['discovery', 400, /tenant id/],
    ['discovery', 404, /tenant/],
    ['start-session', 403, /impersonate/],
    ['end-session', 409, /contacts are open/],
    ['list-states', 409, /trust check/],
    ['data-download', 409, /file of this name/],
  ])('%s %i says what to do', (call, status, text) => expect(fault(call, status).detail).toMatch(text))
  it('asks to wait before a start is tried again', () => expect(fault('start-session', 409).retryAfterMs).toBe(1500))
})

describe('by words', () => {
  it.each<[Call, number, string, ErrorCode]>([
    ['start-session', 400, 'The phone number is already used by Jo Doe', 'DEVICE_IN_USE'],
    ['start-session', 400, 'Phone in use', 'DEVICE_IN_USE'],
    ['start-session', 400, 'already in use: phone', 'DEVICE_IN_USE'],
    ['start-session', 400, 'Station license exceeded', 'LICENSE_REFUSED'],
    ['start-session', 400, 'No licence', 'LICENSE_REFUSED'],
    ['start-session', 400, 'Too many concurrent agents', 'LICENSE_REFUSED'],
    ['start-session', 400, 'station limit reached', 'LICENSE_REFUSED'],
    ['start-session', 400, 'inactivityTimeout must be 0', 'INVALID_REQUEST'],
    ['start-session', 400, 'timeout out of range', 'INVALID_REQUEST'],
    ['start-session', 400, 'Invalid agent ID: 7', 'AGENT_NOT_FOUND'],
    ['start-session', 400, 'bad asAgentId', 'AGENT_NOT_FOUND'],
    ['start-session', 400, 'Invalid station', 'DEVICE_INVALID'],
    ['start-session', 400, 'bad phone', 'DEVICE_INVALID'],
    ['start-session', 400, 'something else', 'INVALID_REQUEST'],
    ['session-state', 409, 'The session has ended', 'NOT_LOGGED_IN'],
    ['session-state', 409, 'Session not started', 'NOT_LOGGED_IN'],
    ['session-state', 409, 'session not active', 'NOT_LOGGED_IN'],
    ['session-state', 409, 'ACW code off contact', 'INVALID_TRANSITION'],
    ['end-session', 409, 'Session ended', 'NOT_LOGGED_IN'],
    ['end-session', 409, 'session is not active', 'NOT_LOGGED_IN'],
    ['set-state', 409, 'Session ended', 'INVALID_TRANSITION'],
    ['start-session', 409, 'phone in use', 'ALREADY_LOGGED_IN'],
  ])('%s %i "%s" is %s', (call, status, text, code) => {
    expect(meaningOf(call, status, text).code).toBe(code)
  })
  it('an ended session may be tried again after a read', () => {
    expect(meaningOf('session-state', 409, 'session ended').retry).toBe('later')
    expect(meaningOf('end-session', 409, 'session ended').retry).toBe('later')
  })
  it('the name of another user is left out', () => {
    const error = fault('start-session', 400, { error_description: 'The phone number is already used by Jo Doe' })
    expect(JSON.stringify([error.detail, error.fault, error.message])).not.toContain('Jo Doe')
    expect(error.fault).toEqual({ system: 'cxone', code: '400', httpStatus: 400 })
  })
  it('has seven patterns', () => expect(BY_TEXT).toHaveLength(7))
})

describe('the vendor’s text (section 5.1)', () => {
  it.each<[unknown, unknown, string | undefined]>([
    [{ error_description: 'a', Message: 'b' }, 'h', 'a'],
    [{ error_Description: 'a' }, 'h', 'a'],
    [{ errorDescription: 'a' }, undefined, 'a'],
    [{ error: 'e' }, 'h', 'h'],
    [undefined, 'h', 'h'],
    [{ error_description: '' }, 'h', 'h'],
    [{ Message: 'm', error: 'e' }, undefined, 'm'],
    [{ errorMessage: 'm' }, undefined, 'm'],
    [{ error: 'e' }, '', 'e'],
    [undefined, undefined, undefined],
    ['<html>', undefined, undefined],
  ])('%j with header %j says %j', (body, header, text) => expect(errorText(body, header)).toBe(text))
  it('is cut', () => expect(errorText({ error: 'x'.repeat(900) }, undefined)).toHaveLength(500))
})

describe('the error', () => {
  it('keeps code, name and text of the vendor, without secrets', () => {
    const error = fault('set-state', 409, { error: 'bad s3cret', error_description: 'no s3cret' })
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', effect: 'none', retry: 'never', detail: 'no ***' })
    expect(error.fault).toEqual({ system: 'cxone', code: '409', httpStatus: 409, name: 'bad ***', message: 'no ***' })
  })
  it('does not say the same text twice', () =>
    expect(fault('set-state', 409, { error: 'e' }).fault).toEqual({ system: 'cxone', code: '409', httpStatus: 409, message: 'e' }))
  it('the vendor’s own wish to wait comes first', () => {
    expect(fault('start-session', 409, undefined, undefined, 7).retryAfterMs).toBe(7)
    expect(fault('set-state', 503, undefined, undefined, 9)).toMatchObject({ retryAfterMs: 9, effect: 'none', retry: 'later' })
  })
  it('a failing read has no effect, a failing write may have one', () => {
    for (const call of CALLS) expect(fault(call, 500).effect).toBe(READ_CALLS.has(call) ? 'none' : 'unknown')
    expect([...READ_CALLS].toSorted()).toEqual([
      'agent-details',
      'data-download',
      'discovery',
      'list-states',
      'next-event',
      'read-agent',
      'saved-file',
      'server-time',
      'token',
      'unavailable-codes',
    ])
  })
})
