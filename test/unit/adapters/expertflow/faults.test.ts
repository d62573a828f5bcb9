import { describe, expect, it } from 'vitest'
import {
  callError,
  errorsRefusal,
  handshakeError,
  loginError,
  scrub,
  type Answer,
  type Service,
} from '../../../../src/adapters/expertflow/faults.js'
import type { CtiError } from '../../../../src/core/model/error.js'

const answer = (service: Service, status: number, body: unknown, more: Partial<Answer> = {}): Answer => ({
  service,
  status,
  body,
  secrets: [],
  ...more,
})
const gist = ({ code, effect, retry }: CtiError): string => `${code} ${effect} ${retry}`
const keycloak = (status: number, reason = 'x') => ({ error_message: 'refused', error_detail: { status, reason } })

describe('a refused login (section 3.3)', () => {
  it.each([
    [400, 'VENDOR_REJECTED none never', 'VENDOR_AUTH none park'],
    [401, 'CREDENTIALS_INVALID none never', 'VENDOR_AUTH none park'],
    [403, 'VENDOR_FORBIDDEN none never', 'VENDOR_AUTH none park'],
    [404, 'CREDENTIALS_INVALID none never', 'VENDOR_AUTH none park'],
    [408, 'VENDOR_UNAVAILABLE none park', 'VENDOR_UNAVAILABLE none park'],
    [412, 'LICENSE_REFUSED none never', 'LICENSE_REFUSED none park'],
    [429, 'VENDOR_BUSY none later', 'VENDOR_BUSY none later'],
    [500, 'VENDOR_ERROR none later', 'VENDOR_ERROR none later'],
    [502, 'VENDOR_ERROR none later', 'VENDOR_ERROR none later'],
    [503, 'VENDOR_BUSY none later', 'VENDOR_BUSY none later'],
    [418, 'VENDOR_REJECTED none never', 'VENDOR_REJECTED none never'],
    [302, 'VENDOR_PROTOCOL none later', 'VENDOR_PROTOCOL none later'],
  ])('%i', (status, agent, service) => {
    expect(gist(loginError(answer('agent-manager', status, keycloak(status)), 'agent'))).toBe(agent)
    expect(gist(loginError(answer('agent-manager', status, keycloak(status)), 'service'))).toBe(service)
  })

  it('tells an unknown Keycloak host from an unknown user, both 404', () => {
    const error = loginError(answer('unified-admin', 404, keycloak(404, 'getaddrinfo ENOTFOUND keycloak')), 'agent')
    expect(gist(error)).toBe('VENDOR_UNAVAILABLE none park')
    expect(error.fault).toEqual({
      system: 'unified-admin',
      code: '404',
      message: 'refused: getaddrinfo ENOTFOUND keycloak',
      httpStatus: 404,
    })
  })

  it('reads both shapes, and a body that is none', () => {
    expect(loginError(answer('agent-manager', 412, { statusCode: 412, msg: 'License status is not available' }), 'agent').fault).toEqual({
      system: 'agent-manager',
      code: '412',
      message: 'License status is not available',
      httpStatus: 412,
    })
    expect(loginError(answer('agent-manager', 401, keycloak(401, 'invalid_grant')), 'agent').fault).toMatchObject({
      code: '401',
      message: 'refused: invalid_grant',
    })
    expect(
      loginError(answer('agent-manager', 401, { error_message: 'no', error_detail: { status: 401, reason: { a: 1 } } }), 'agent').fault,
    ).toMatchObject({
      message: 'no: {"a":1}',
    })
    expect(loginError(answer('agent-manager', 401, '<html>'), 'agent').fault).toEqual({
      system: 'agent-manager',
      code: '401',
      httpStatus: 401,
    })
  })
})

describe('a refused call of the routing engine (section 10.2)', () => {
  it.each([
    ['error.resource-not-found', 404, 'AGENT_NOT_FOUND none never'],
    ['error.validation', 400, 'VENDOR_REJECTED none never'],
    ['error.invalid-field-format', 400, 'VENDOR_REJECTED none never'],
    ['error.method-argument-type-mismatch', 400, 'AGENT_NOT_FOUND none never'],
    ['error.illegal-argument', 400, 'VENDOR_REJECTED none never'],
    ['error.illegal-arguments', 400, 'VENDOR_REJECTED none never'],
    ['error.conflict', 409, 'INVALID_TRANSITION none never'],
    ['error.forbidden', 403, 'VENDOR_FORBIDDEN none never'],
    ['error.generic', 500, 'VENDOR_ERROR unknown later'],
  ])('%s', (error, status, expected) => {
    expect(gist(callError(answer('routing-engine', status, { timestamp: 't', error, message: 'm' }), true))).toBe(expected)
  })

  it.each([
    [401, 'VENDOR_AUTH none park', 'VENDOR_AUTH none park'],
    [403, 'VENDOR_FORBIDDEN none never', 'VENDOR_FORBIDDEN none never'],
    [404, 'VENDOR_PROTOCOL none later', 'VENDOR_PROTOCOL none later'],
    [405, 'VENDOR_REJECTED none never', 'VENDOR_REJECTED none never'],
    [408, 'VENDOR_TIMEOUT unknown later', 'VENDOR_TIMEOUT none later'],
    [409, 'INVALID_TRANSITION none never', 'INVALID_TRANSITION none never'],
    [429, 'VENDOR_BUSY none later', 'VENDOR_BUSY none later'],
    [500, 'VENDOR_ERROR unknown later', 'VENDOR_ERROR none later'],
    [502, 'VENDOR_ERROR unknown later', 'VENDOR_ERROR none later'],
    [503, 'VENDOR_BUSY none later', 'VENDOR_BUSY none later'],
    [504, 'VENDOR_ERROR unknown later', 'VENDOR_ERROR none later'],
    [400, 'VENDOR_REJECTED none never', 'VENDOR_REJECTED none never'],
    [301, 'VENDOR_PROTOCOL unknown later', 'VENDOR_PROTOCOL none later'],
  ])('%i without a body: a change, a read', (status, change, read) => {
    expect(gist(callError(answer('routing-engine', status, '<html></html>'), true))).toBe(change)
    expect(gist(callError(answer('routing-engine', status, '<html></html>'), false))).toBe(read)
  })

  it('keeps Retry-After and the request id', () => {
    const error = callError(answer('routing-engine', 429, {}, { retryAfterMs: 4000, requestId: 'c-1' }), true)
    expect(error.retryAfterMs).toBe(4000)
    expect(error.fault?.requestId).toBe('c-1')
  })
})

describe('a refused call of Unified Admin (section 9.3)', () => {
  it.each([
    [409, { error: 'REASON_NAME_CONFLICT', message: 'Name Already Exists' }, 'VENDOR_REJECTED none never'],
    [405, { error: 'NOT_ALLOWED', message: 'no' }, 'VENDOR_REJECTED none never'],
    [400, { code: 400, message: 'bad' }, 'VENDOR_REJECTED none never'],
    [404, { code: 404, message: 'Not found' }, 'VENDOR_PROTOCOL none later'],
    [401, {}, 'VENDOR_AUTH none park'],
  ])('%i %j', (status, body, expected) => {
    expect(gist(callError(answer('unified-admin', status, body), true))).toBe(expected)
  })
})

describe('a refused handshake (sections 4.1 and 15.4)', () => {
  it('is the licence manager by its key', () => {
    const error = handshakeError('login-failed', { content: { key: 'LM', msg: 'no seats', licStatus: 'EXPIRED' } }, [])
    expect(gist(error)).toBe('LICENSE_REFUSED none never')
    expect(error.fault).toEqual({ system: 'agent-manager', code: 'LM', name: 'login-failed', message: 'no seats' })
  })

  it('ends a login by its word, and keeps any other word', () => {
    expect(gist(handshakeError('login-failed', undefined, []))).toBe('CREDENTIALS_INVALID none never')
    const other = handshakeError('invalid agent data', { key: 'X' }, [])
    expect(gist(other)).toBe('VENDOR_REJECTED none never')
    expect(other.fault).toEqual({ system: 'agent-manager', code: 'X', name: 'invalid agent data' })
    expect(handshakeError('odd', null, []).fault).toEqual({ system: 'agent-manager', code: 'odd' })
  })
})

describe('an errors event (sections 5.2 and 15.4)', () => {
  it.each([
    [
      { task: 'changeAgentState', msg: 'engine down', statusCode: 500 },
      'VENDOR_ERROR',
      { code: '500', name: 'changeAgentState', message: 'engine down', httpStatus: 500 },
    ],
    [
      { task: 'changeAgentState', msg: 'not permitted', statusCode: '403' },
      'VENDOR_FORBIDDEN',
      { code: '403', name: 'changeAgentState', message: 'not permitted', httpStatus: 403 },
    ],
    [{ task: 'changeAgentState' }, 'VENDOR_ERROR', { code: 'changeAgentState', name: 'changeAgentState' }],
    [undefined, 'VENDOR_ERROR', { code: 'errors' }],
  ])('%j', (payload, code, fault) => {
    expect(errorsRefusal(payload, [])).toMatchObject({ code, fault: { system: 'agent-manager', ...fault } })
    expect(Object.keys(errorsRefusal(payload, []).fault ?? {}).sort()).toEqual(['system', ...Object.keys(fault)].sort())
  })
})

describe('scrub', () => {
  it('removes every secret and bounds the length', () => {
    expect(scrub('a secret and a secret, token', ['secret', 'token', ''])).toBe('a *** and a ***, ***')
    expect(scrub('x'.repeat(400), [])).toBe(`${'x'.repeat(300)}…`)
    expect(scrub('x'.repeat(300), [])).toBe('x'.repeat(300))
  })

  it('is applied to every text of a fault', () => {
    const body = { error: 'E pw', message: 'M pw' }
    const error = callError(answer('routing-engine', 400, body, { secrets: ['pw'], requestId: 'R pw' }), true)
    expect(JSON.stringify(error.fault)).not.toContain('pw')
    expect(JSON.stringify(errorsRefusal({ task: 'pw', msg: 'pw', statusCode: 'pw' }, ['pw']))).not.toContain('pw')
    expect(JSON.stringify(handshakeError('pw', { content: { key: 'pw', msg: 'pw' } }, ['pw']).fault)).not.toContain('pw')
  })
})
