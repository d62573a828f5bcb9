import axios, { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios'
import { Agent } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lightAdapter } from '../../../src/adapters/_shared/light-adapter.js'
import { startHttpVendor, type HttpVendor } from '../../support/http-vendor.js'

/* The same request through axios' own adapter and through ours. */

let vendor: HttpVendor
let agent: Agent
let stock: AxiosInstance
let light: AxiosInstance
beforeAll(async () => {
  vendor = await startHttpVendor()
  agent = new Agent({ keepAlive: true })
  const settings = {
    baseURL: vendor.url,
    allowAbsoluteUrls: false,
    httpAgent: agent,
    maxRedirects: 0,
    proxy: false,
    maxContentLength: 100_000,
    maxBodyLength: 2000,
    validateStatus: () => true,
    headers: { 'Accept-Encoding': 'identity' },
  } as const
  stock = axios.create({ ...settings, adapter: 'http' })
  light = axios.create({ ...settings, adapter: lightAdapter })
})
afterAll(async () => {
  agent.destroy()
  await vendor.close()
})

interface Seen {
  readonly status?: number
  readonly statusText?: string
  readonly headers?: unknown
  readonly data?: unknown
  readonly code?: string | undefined
  readonly isAxiosError?: boolean | undefined
  readonly answered?: boolean
  readonly canceled?: boolean
}

async function outcome(client: AxiosInstance, config: AxiosRequestConfig): Promise<Seen> {
  try {
    const answer: AxiosResponse<unknown> = await client.request({ signal: AbortSignal.timeout(2000), ...config })
    const { date: _date, ...headers } = answer.headers as Record<string, unknown>
    const data = config.responseType === 'stream' ? await text(answer.data as Readable) : answer.data
    return { status: answer.status, statusText: answer.statusText, headers: { ...headers }, data }
  } catch (error) {
    const { code, isAxiosError, request } = error as { code?: string; isAxiosError?: boolean; request?: unknown }
    return { code, isAxiosError, canceled: axios.isCancel(error), answered: request !== undefined }
  }
}

const CASES: readonly [string, AxiosRequestConfig][] = [
  ['GET', { url: '/echo' }],
  ['without slash', { url: 'echo' }],
  ['GET with a query', { url: '/echo?a=1' }],
  [
    'parameters',
    { url: '/echo', params: { a: 'x y', list: [1, 2], nested: { k: 'v' }, none: undefined, empty: null, apos: "it's", u: 'ü' } },
  ],
  ['parameters after a query', { url: '/echo?z=0', params: { a: 1 } }],
  ['URLSearchParams as parameters', { url: '/echo', params: new URLSearchParams([['a', '1 2']]) }],
  ['a parameter serializer', { url: '/echo', params: { a: 1 }, paramsSerializer: { serialize: () => 'own=1' } }],
  ['characters in the path', { url: '/echo/../echo?q=ä b' }],
  ['a fragment', { url: '/echo#there' }],
  ['an encoded path', { url: '/echo?path=%2F%20' }],
  ['POST of an object', { method: 'POST', url: '/echo', data: { a: [1, { b: 'ü' }] } }],
  ['POST of text', { method: 'POST', url: '/echo', data: '<a>ü</a>', headers: { 'Content-Type': 'application/xml' } }],
  ['POST of a form', { method: 'POST', url: '/echo', data: new URLSearchParams({ a: '1 2', b: '&' }) }],
  [
    'POST of an object as a form',
    { method: 'POST', url: '/echo', data: { a: '1' }, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
  ],
  ['POST of bytes', { method: 'POST', url: '/echo', data: Buffer.from('bytes') }],
  ['POST of a typed array', { method: 'POST', url: '/echo', data: new Uint8Array([65, 66]) }],
  ['POST of nothing', { method: 'POST', url: '/echo' }],
  ['POST of null', { method: 'POST', url: '/echo', data: null }],
  ['POST without a content type', { method: 'POST', url: '/echo', headers: { 'Content-Type': false } }],
  ['PUT', { method: 'PUT', url: '/echo', data: '{}' }],
  ['PATCH', { method: 'PATCH', url: '/echo', data: { a: 1 } }],
  ['DELETE', { method: 'DELETE', url: '/echo' }],
  ['DELETE with a body', { method: 'DELETE', url: '/echo', data: { a: 1 } }],
  ['HEAD', { method: 'HEAD', url: '/long' }],
  ['HEAD of something too large', { method: 'HEAD', url: '/long', maxContentLength: 10 }],
  ['OPTIONS', { method: 'OPTIONS', url: '/echo' }],
  ['headers of any case', { url: '/echo', headers: { 'x-CUSTOM': 'v', AUTHORIZATION: 'Bearer t' } }],
  ['a header as a list', { url: '/echo', headers: { 'X-Custom': ['a', 'b'] } }],
  ['a header with line breaks', { url: '/echo', headers: { 'X-Custom': 'a\r\nX-Evil: 1' } }],
  ['basic credentials', { url: '/echo', auth: { username: 'u:ü', password: 'p' }, headers: { Authorization: 'Bearer t' } }],
  ['own user agent', { url: '/echo', headers: { 'User-Agent': 'me' } }],
  ['no user agent', { url: '/echo', headers: { 'User-Agent': false } }],
  ['text', { url: '/text', responseType: 'text' }],
  ['JSON wanted, text given', { url: '/text', responseType: 'json' }],
  ['bytes', { url: '/text', responseType: 'arraybuffer' }],
  ['a stream', { url: '/long-chunked', responseType: 'stream' }],
  ['another encoding', { url: '/text', responseType: 'text', responseEncoding: 'latin1' }],
  ['a byte order mark', { url: '/bom' }],
  ['broken JSON', { url: '/bad-json' }],
  ['broken JSON, JSON wanted', { url: '/bad-json', responseType: 'json' }],
  ['cookies', { url: '/cookies' }],
  ['headers twice', { url: '/duplicate-headers' }],
  ['204', { url: '/empty' }],
  ['304', { url: '/not-modified' }],
  ['302', { url: '/moved' }],
  ['307 of a POST', { method: 'POST', url: '/moved-307', data: { a: 1 } }],
  ['401', { url: '/unauthorized' }],
  ['404', { url: '/nothing-here' }],
  ['500 and its text', { url: '/failing' }],
  ['503', { url: '/busy' }],
  ['a status that is refused', { url: '/failing', validateStatus: (status) => status < 500 }],
  ['a status that is refused, 4xx', { url: '/unauthorized', validateStatus: (status) => status < 400 }],
  ['early hints', { url: '/early-hints' }],
  ['chunks', { url: '/long-chunked' }],
  ['an answer until the connection closes', { url: '/until-close' }],
  ['as large as allowed', { url: '/long', maxContentLength: 5000 }],
  ['too large', { url: '/long', maxContentLength: 4999 }],
  ['too large in chunks', { url: '/long-chunked', maxContentLength: 4999 }],
  ['too large as a stream', { url: '/long-chunked', maxContentLength: 4999, responseType: 'stream' }],
  ['too much to send', { method: 'POST', url: '/echo', data: 'x'.repeat(2001) }],
  ['too many bytes to send', { method: 'POST', url: '/echo', data: 'ü'.repeat(1001) }],
  ['as much as may be sent', { method: 'POST', url: '/echo', data: 'x'.repeat(2000) }],
  ['a body that is none', { method: 'POST', url: '/echo', data: 42, transformRequest: (data: unknown) => data }],
  ['a reset', { url: '/reset' }],
  ['a connection that ends', { url: '/hang-up' }],
  ['an answer that breaks off', { url: '/short' }],
  ['chunks that break off', { url: '/short-chunk' }],
  ['more than its length says', { url: '/lies-short' }],
  ['something that is not HTTP', { url: '/garbage' }],
  ['nobody there', { url: '/echo', baseURL: 'http://127.0.0.1:1' }],
  ['a host that does not exist', { url: '/echo', baseURL: 'http://nowhere.invalid' }],
  ['another protocol', { url: '/echo', baseURL: 'ftp://127.0.0.1' }],
  ['credentials in the address', { url: '/echo', baseURL: 'http://us%40er:p%3Aw@HOST' }],
  ['its time is over', { url: '/never', timeout: 60 }],
  ['its time is over, said clearly', { url: '/never', timeout: 60, transitional: { clarifyTimeoutError: true } }],
  ['its time is over while the answer comes', { url: '/never-ends', timeout: 60 }],
]

describe('ours and the one of axios', () => {
  it.each(CASES)('agree on %s', async (_name, config) => {
    const placed = {
      ...config,
      ...(config.baseURL !== undefined && { baseURL: config.baseURL.replace('HOST', `127.0.0.1:${vendor.port}`) }),
    }
    const theirs = await outcome(stock, placed)
    const ours = await outcome(light, placed)
    expect(ours).toEqual(theirs)
    expect(theirs).not.toEqual({})
  })

  it('agree on a request that is cancelled', async () => {
    for (const client of [stock, light]) {
      const stop = new AbortController()
      const pending = outcome(client, { url: '/never', signal: stop.signal })
      await expect.poll(() => vendor.seen.at(-1)?.url).toBe('/never')
      stop.abort()
      expect(await pending).toMatchObject({ code: 'ERR_CANCELED', canceled: true, isAxiosError: true })
      vendor.seen.length = 0
      expect(await outcome(client, { url: '/echo', signal: stop.signal })).toMatchObject({ code: 'ERR_CANCELED', canceled: true })
      expect(vendor.seen).toEqual([])
    }
  })

  it('agree on the absolute address where there is no base', async () => {
    for (const client of [
      axios.create({ adapter: 'http', httpAgent: agent, headers: { 'Accept-Encoding': 'identity' } }),
      axios.create({ adapter: lightAdapter, httpAgent: agent }),
    ]) {
      expect(await outcome(client, { url: `${vendor.url}/echo?x=1` })).toMatchObject({ status: 200, data: { url: '/echo?x=1' } })
    }
  })
})
