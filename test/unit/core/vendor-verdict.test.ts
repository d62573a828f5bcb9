import { expect, it } from 'vitest'
import { CtiError, type ErrorCode } from '../../../src/core/model/error.js'
import { verdictOf } from '../../../src/core/gate/vendor-verdict.js'

const fault = (httpStatus?: number) => ({ system: 'vendor', code: 'x', ...(httpStatus !== undefined && { httpStatus }) })

it.each<[ErrorCode, number | undefined | 'ours', number | undefined, string]>([
  ['VENDOR_UNAVAILABLE', 'ours', undefined, 'absent'],
  ['VENDOR_TIMEOUT', 'ours', undefined, 'absent'],
  ['VENDOR_ERROR', 500, undefined, 'absent'],
  ['VENDOR_BUSY', 503, undefined, 'absent'],
  ['VENDOR_BUSY', 503, 30_000, 'absent'],
  ['VENDOR_BUSY', 429, undefined, 'limited'],
  ['VENDOR_ERROR', 429, undefined, 'limited'],
  ['VENDOR_BUSY', undefined, 2_000, 'limited'],
  ['VENDOR_BUSY', undefined, undefined, 'answered'],
  ['VENDOR_BUSY', 'ours', 2_000, 'nothing'],
  ['VENDOR_PROTOCOL', 200, undefined, 'nothing'],
  ['INTERNAL', 'ours', undefined, 'nothing'],
  ['CIRCUIT_OPEN', 'ours', 2_000, 'nothing'],
  ['VENDOR_AUTH', 401, undefined, 'answered'],
  ['VENDOR_REJECTED', 400, undefined, 'answered'],
  ['INVALID_TRANSITION', 409, undefined, 'answered'],
  ['AGENT_NOT_FOUND', 404, undefined, 'answered'],
])('%s, status %s, Retry-After %s: %s', (code, status, retryAfterMs, verdict) => {
  const outcome = new CtiError(code, {
    ...(status !== 'ours' && { fault: fault(status) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
  expect(verdictOf(outcome)).toBe(verdict)
})

it('no failure is an answer; a pass that was not used says nothing', () => {
  expect([verdictOf(undefined), verdictOf('unused')]).toEqual(['answered', 'nothing'])
})
