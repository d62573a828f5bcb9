import axios, { type AxiosRequestConfig } from 'axios'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sendDirectly } from '../../../src/adapters/_shared/direct-request.js'
import { lightAdapter } from '../../../src/adapters/_shared/light-adapter.js'
import { startHttpVendor, type HttpVendor } from '../../support/http-vendor.js'

let vendor: HttpVendor
beforeAll(async () => {
  vendor = await startHttpVendor()
})
afterAll(() => vendor.close())
afterEach(() => void (vendor.seen.length = 0))

const shared = () => ({ baseURL: vendor.url, allowAbsoluteUrls: false, maxContentLength: 100_000, validateStatus: () => true })

/** What the vendor saw, and what the caller got. */
async function exchange(send: Promise<{ status: number; statusText: string; data: unknown; headers: unknown }> | undefined) {
  if (send === undefined) return undefined
  const { status, statusText, data, headers } = await send
  const { date: _date, ...plain } = JSON.parse(JSON.stringify(headers)) as Record<string, unknown>
  const [request] = vendor.seen.splice(0)
  return { status, statusText, data, headers: plain, request }
}
const byAxios = (config: AxiosRequestConfig) => exchange(axios.create({ ...shared(), adapter: lightAdapter }).request(config))
const directly = (config: AxiosRequestConfig) => exchange(sendDirectly(shared(), config))

const echo = { url: '/echo' }
const PLAIN: readonly (readonly [string, AxiosRequestConfig])[] = [
  ['a GET', echo],
  ['a query', { ...echo, params: { q: 'ä b', list: [1, 2], none: undefined } }],
  ['an object', { ...echo, method: 'POST', data: { a: 1, b: [{ c: 'ä' }], d: undefined } }],
  ['a list', { ...echo, method: 'put', data: [1, 'x'] }],
  ['JSON of another kind', { ...echo, method: 'PATCH', data: { a: 1 }, headers: { 'content-type': 'application/json; charset=utf-8' } }],
  ['text with its type', { ...echo, method: 'PUT', data: '<User/>', headers: { 'Content-Type': 'application/xml' } }],
  ['a POST of nothing', { ...echo, method: 'POST' }],
  ['a POST of nothing, typed', { ...echo, method: 'POST', headers: { 'Content-Type': 'application/json' } }],
  ['a DELETE', { ...echo, method: 'DELETE', data: undefined }],
  ['a HEAD', { url: '/text', method: 'HEAD' }],
  ['headers', { ...echo, headers: { Authorization: 'Bearer t', accept: 'text/xml', 'X-Custom': 'c', 'user-agent': 'u' } }],
  ['an answer wanted as text', { ...echo, responseType: 'text' }],
  ['an answer wanted as JSON', { ...echo, responseType: 'json' }],
  ['text that is no JSON', { url: '/text' }],
  ['JSON that breaks off', { url: '/bad-json' }],
  ['JSON behind a mark', { url: '/bom' }],
  ['nothing', { url: '/empty' }],
  ['not modified', { url: '/not-modified' }],
  ['a redirect', { url: '/moved' }],
  ['a refusal', { url: '/unauthorized' }],
  ['an error', { url: '/failing' }],
  ['cookies', { url: '/cookies' }],
]

/** Where axios does something of its own: such a request must not be taken. */
const NOT_PLAIN: readonly (readonly [string, AxiosRequestConfig])[] = [
  ['text without a type', { ...echo, method: 'POST', data: 'a=1' }],
  ['text as JSON', { ...echo, method: 'POST', data: '{"a":1}', headers: { 'Content-Type': 'application/json' } }],
  ['a form', { ...echo, method: 'POST', data: { a: 1 }, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }],
  ['URL parameters', { ...echo, method: 'POST', data: new URLSearchParams({ a: '1' }) }],
  ['bytes', { ...echo, method: 'POST', data: Buffer.from('a') }],
  ['null', { ...echo, method: 'POST', data: null }],
  ['a number', { ...echo, method: 'POST', data: 1 }],
  ['an answer in bytes', { ...echo, responseType: 'arraybuffer' }],
  ['an answer as a stream', { ...echo, responseType: 'stream' }],
  ['a header in two lines', { ...echo, headers: { 'X-Custom': 'a\r\nX-Other: b' } }],
  ['a header with letters beyond ASCII', { ...echo, headers: { 'X-Custom': 'ä' } }],
  ['a header that is no text', { ...echo, headers: { 'X-Custom': 7 } }],
  ['a header with blanks around it', { ...echo, headers: { 'X-Custom': ' c ' } }],
  ['a transform', { ...echo, transformResponse: (data: unknown) => data }],
  ['a login', { ...echo, auth: { username: 'u', password: 'p' } }],
  ['a method of its own', { ...echo, method: 'PURGE' }],
]

describe('a request that goes directly to the adapter', () => {
  it.each(PLAIN)('is what axios makes of it: %s', async (_name, config) => {
    const direct = await directly(config)
    expect(direct).toBeDefined()
    expect(direct).toEqual(await byAxios(config))
  })
  it.each(NOT_PLAIN)('is left to axios: %s', (_name, config) => {
    expect(sendDirectly(shared(), config)).toBeUndefined()
    expect(vendor.seen).toEqual([])
  })
  it.each([
    ['/short', 'ERR_BAD_RESPONSE'],
    ['/reset', 'ECONNRESET'],
    ['http://192.0.2.1/x', 'ERR_INVALID_URL'],
  ])('fails as it does behind axios: %s', async (url, code) => {
    await expect(directly({ url })).rejects.toMatchObject({ code, isAxiosError: true })
    await expect(byAxios({ url })).rejects.toMatchObject({ code, isAxiosError: true })
  })
  it('is not sent when its signal has been aborted, and ends when it is', async () => {
    await expect(directly({ ...echo, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_CANCELED' })
    expect(vendor.seen).toEqual([])
    await expect(directly({ url: '/never', signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ code: 'ERR_CANCELED' })
  })
})
