import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import { createKeyring } from '../../../src/http/keyring.js'
import type { Principal } from '../../../src/http/principal.js'
import { refuseStrangeOptions } from '../../../src/http/free-form.js'
import { compileOperations } from '../../../src/http/hot-schema.js'
import { requestIdFor } from '../../../src/http/request-id.js'
import { securityHeaders } from '../../../src/http/security-headers.js'
import { createVerifiedKeys } from '../../../src/http/verified-keys.js'
import { hashKey } from '../../../src/keys/dev-keys.js'

function fakeClock(): typeof systemClock & { at: number } {
  const clock = { ...systemClock, at: 0, monotonic: () => clock.at }
  return clock
}

describe('keys that were verified', () => {
  it('are few, serve for a while, and the longest unused goes first', () => {
    const clock = fakeClock()
    const keys = createVerifiedKeys<string>(clock, 2, 100)
    keys.put('a', 'A')
    keys.put('b', 'B')
    expect(keys.get('a')).toBe('A')
    keys.put('c', 'C')
    expect([keys.get('a'), keys.get('b'), keys.get('c')]).toEqual(['A', undefined, 'C'])
    clock.at = 99
    expect(keys.get('a')).toBe('A')
    clock.at = 100
    expect([keys.get('a'), keys.get('c')]).toEqual([undefined, undefined])
  })
  it('are kept by digest, and unknown ones not at all', () => {
    const kept = new Map<string, Principal>()
    const verified = {
      get: (digest: string) => kept.get(digest),
      put: (digest: string, principal: Principal) => void kept.set(digest, principal),
      clear: () => kept.clear(),
    }
    const { authenticate } = createKeyring([{ name: 'one', sha256: hashKey('s1'), scopes: ['agent:read'] }], systemClock, verified)
    authenticate({ authorization: 'Bearer s1' })
    expect(() => authenticate({ authorization: 'Bearer unknown' })).toThrow()
    expect([...kept.keys()]).toEqual([hashKey('s1')])
  })
  it('authenticate the same principal each time, and nobody else', () => {
    const { authenticate } = createKeyring(
      [
        { name: 'one', sha256: hashKey('s1'), scopes: ['agent:read'] },
        { name: 'two', sha256: hashKey('s2'), scopes: ['agent:self'], agent: 'p/a' },
      ],
      systemClock,
    )
    for (let turn = 0; turn < 3; turn += 1) {
      expect(authenticate({ authorization: 'Bearer s1' }).name).toBe('one')
      expect(authenticate({ 'x-api-key': 's2' })).toMatchObject({ name: 'two', agent: 'p/a', platforms: new Set(['p']) })
      expect(authenticate({ authorization: `Basic ${Buffer.from('x:s2').toString('base64')}` }).name).toBe('two')
      for (const headers of [
        {},
        { authorization: 'Bearer s3' },
        { authorization: 'Bearer' },
        { authorization: 'Digest s1' },
        { 'x-api-key': '' },
      ]) {
        expect(() => authenticate(headers)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }) as Error)
      }
    }
  })
})

describe('request ids', () => {
  it('are all different, and harmless themselves', () => {
    const ids = Array.from({ length: 1000 }, () => requestIdFor({}))
    expect(new Set(ids).size).toBe(1000)
    for (const id of ids) expect(requestIdFor({ 'x-request-id': id })).toBe(id)
  })
  it.each(['', 'a b', 'a\nb', '<x>', 'x'.repeat(129), 'ü'])('of the caller are not taken over when they could do harm: %j', (given) => {
    expect(requestIdFor({ 'x-request-id': given })).not.toBe(given)
  })
})

it('the security headers are there', () => {
  expect(securityHeaders()).toMatchObject({
    'Content-Security-Policy': expect.stringContaining("default-src 'self'") as string,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'SAMEORIGIN',
    'Strict-Transport-Security': expect.stringContaining('max-age') as string,
  })
})

describe('members that nobody has described', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
  it.each([{}, { a: 1 }, { a: { b: [{ c: null }] } }, nested(16)])('may be there: %j', (options) => {
    expect(() => refuseStrangeOptions(options)).not.toThrow()
  })
  it.each([JSON.parse('{"__proto__":1}') as unknown, { a: { constructor: 1 } }, [{ prototype: 1 }], nested(17)])(
    'may not: %j',
    (options) => {
      expect(() => refuseStrangeOptions(options)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }) as Error)
    },
  )
})

it('an operation that is not in the API description is a defect at the start', () => {
  expect(() => compileOperations({ paths: {} })('get', '/nowhere')).toThrow('not in the API description')
})
