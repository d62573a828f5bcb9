import axios, { AxiosHeaders, type AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { buffer } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createVendorHttp, transportError, type VendorHttp } from '../../../src/adapters/_shared/http.js'
import { lightAdapter } from '../../../src/adapters/_shared/light-adapter.js'
import { startHttpVendor, type HttpVendor } from '../../support/http-vendor.js'

let vendor: HttpVendor
let http: VendorHttp
beforeAll(async () => {
  vendor = await startHttpVendor()
})
afterAll(() => vendor.close())

function open(more: Partial<Parameters<typeof createVendorHttp>[0]> = {}): VendorHttp {
  http = createVendorHttp({ system: 'test', baseURL: vendor.url, maxResponseBytes: 100_000, ...more })
  return http
}
afterEach(() => {
  http?.close()
  vendor.seen.length = 0
})

const signal = (): AbortSignal => AbortSignal.timeout(5000)
const failure = async (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error as AxiosError,
  )
const get = (url: string, more: AxiosRequestConfig = {}): Promise<{ data: unknown; headers: unknown; status: number }> =>
  http.axios.request({ url, signal: signal(), ...more })

describe('the size of an answer', () => {
  it.each([
    ['announced', '/long', 4999],
    ['in chunks', '/long-chunked', 4999],
    ['until the connection ends', '/until-close', 4999],
    ['compressed', '/gzip', 10],
    ['compressed a thousandfold', '/bomb', 100_000],
    ['without end', '/endless', 100_000],
  ])('is bounded when it comes %s', async (_name, url, limit) => {
    open({ maxResponseBytes: limit })
    const error = await failure(get(url))
    expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE', isAxiosError: true, message: `maxContentLength size of ${limit} exceeded` })
    expect(transportError('test', error).code).toBe('VENDOR_PROTOCOL')
    const stream = await failure(get(url, { responseType: 'stream' }).then(({ data }) => buffer(data as Readable)))
    expect(stream.code).toBe('ERR_BAD_RESPONSE')
    if (url === '/endless') await expect.poll(() => vendor.open()).toBe(0)
  })
  it('that is more than its length says is not believed', async () => {
    open()
    const error = await failure(get('/lies-short'))
    expect(error.code).toMatch(/^HPE_/)
    expect(transportError('test', error).code).toBe('VENDOR_PROTOCOL')
  })
  it.each(['/short', '/short-chunk'])('that breaks off (%s) is no answer, whole or as a stream', async (url) => {
    open()
    expect((await failure(get(url))).code).toBe('ERR_BAD_RESPONSE')
    const stream = await get(url, { responseType: 'stream' })
    await expect(buffer(stream.data as Readable)).rejects.toThrow('aborted')
  })
})

describe('a compressed answer', () => {
  it('is not asked for', async () => {
    open()
    await get('/text')
    expect(vendor.seen[0]?.headers['accept-encoding']).toBe('identity')
  })
  it.each(['/gzip', '/deflate', '/br'])('is read all the same (%s), and the headers do not speak of it any more', async (url) => {
    open()
    const { data, headers } = await get(url)
    expect(data).toEqual({ packed: true })
    expect(headers).not.toHaveProperty('content-encoding')
    expect(headers).not.toHaveProperty('content-length')
    const stream = await get(url, { responseType: 'stream' })
    expect((await buffer(stream.data as Readable)).toString()).toBe('{"packed":true}')
  })
  it.each(['/gzip-broken', '/gzip-short', '/zip-unknown'])('that cannot be read (%s) is a bad answer', async (url) => {
    open()
    expect((await failure(get(url))).code).toBe('ERR_BAD_RESPONSE')
    expect(await failure(get(url, { responseType: 'stream' }).then(({ data }) => buffer(data as Readable)))).toBeInstanceOf(Error)
  })
  it('in name only, or whose decoding is not wanted, is left alone', async () => {
    open()
    expect((await get('/identity')).data).toBe('abc')
    expect((await get('/zip-unknown', { decompress: false })).data).toBe('abc')
    expect((await get('/zip-unknown', { method: 'HEAD' })).status).toBe(200)
  })
})

describe('a request stays with its vendor', () => {
  it.each(['http://192.0.2.1/x', '//192.0.2.1/x', 'HTTPS://192.0.2.1', 'data://x', 'file:///etc/passwd'])(
    'an absolute address is refused where there is a base: %s',
    async (url) => {
      open()
      const error = await failure(get(url))
      expect(error).toMatchObject({ code: 'ERR_INVALID_URL', isAxiosError: true })
      expect(transportError('test', error)).toMatchObject({ code: 'INTERNAL', effect: 'none', retry: 'never' })
      expect(vendor.seen).toEqual([])
    },
  )
  it.each(['data:text/plain,x', 'file:///etc/passwd', 'ftp://127.0.0.1/', 'ws://127.0.0.1/'])('only over HTTP: %s', async (url) => {
    http = createVendorHttp({ system: 'test' })
    expect(await failure(get(url))).toMatchObject({ code: 'ERR_BAD_REQUEST' })
  })
  it('a redirect is an answer', async () => {
    open()
    expect(await get('/moved')).toMatchObject({ status: 302, data: 'elsewhere' })
    expect(vendor.seen.map(({ url }) => url)).toEqual(['/moved'])
  })
  it('a proxy of the environment is not used', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'] as const
    const before = names.map((name) => process.env[name])
    for (const name of names) process.env[name] = 'http://127.0.0.1:1'
    try {
      open()
      expect((await get('/text')).status).toBe(200)
    } finally {
      names.forEach((name, at) => {
        if (before[at] === undefined) delete process.env[name]
        else process.env[name] = before[at]
      })
    }
  })
  it('options that come from a polluted prototype have no effect', async () => {
    const prototype = Object.prototype as Record<string, unknown>
    prototype['socketPath'] = '/nowhere.sock'
    prototype['insecureHTTPParser'] = true
    try {
      open()
      expect((await get('/text')).status).toBe(200)
      expect((await failure(get('/lenient'))).code).toMatch(/^HPE_/)
    } finally {
      delete prototype['socketPath']
      delete prototype['insecureHTTPParser']
    }
  })
})

describe('headers', () => {
  it('cannot be split, wherever the line break comes from', async () => {
    open()
    await get('/echo', { headers: { 'X-Custom': 'a\r\nX-Evil: 1' } }).catch(() => undefined)
    // Past the cleaning that axios does.
    const headers = Object.assign(new AxiosHeaders(), { 'X-Custom': 'a\r\nX-Evil: secret' })
    const error = await failure(lightAdapter({ url: `${vendor.url}/echo`, headers }))
    expect(error.code).toBe('ERR_BAD_REQUEST')
    expect(error.message).not.toContain('secret')
    expect(vendor.seen).toHaveLength(1)
    for (const { headers } of vendor.seen) expect(headers).not.toHaveProperty('x-evil')
  })
  it('that describe the body follow from the body', async () => {
    open()
    await get('/echo', { method: 'POST', data: 'four', headers: { 'Content-Length': '2', 'Transfer-Encoding': 'chunked', Host: 'evil' } })
    expect(vendor.seen[0]).toMatchObject({ body: 'four', headers: { 'content-length': '4', host: `127.0.0.1:${vendor.port}` } })
    expect(vendor.seen[0]?.headers).not.toHaveProperty('transfer-encoding')
  })
  it('of the connection are left to the agent', async () => {
    open()
    for (let call = 0; call < 3; call += 1) await get('/echo')
    expect(vendor.seen.map(({ headers }) => headers.connection)).toEqual(['keep-alive', 'keep-alive', 'keep-alive'])
  })
  it('of answers are found in any case', async () => {
    open()
    const answer = await http.request({ url: '/echo', signal: signal() })
    expect([answer.headers['x-odd-case'], (answer.headers as { get(name: string): unknown }).get('X-ODD-CASE')]).toEqual(['yes', 'yes'])
  })
})

describe('an exchange ends', () => {
  const states: readonly [string, string, AxiosRequestConfig][] = [
    ['before the answer', '/never', {}],
    ['in the middle of the answer', '/never-ends', {}],
    ['while it has a time limit', '/never', { timeout: 60_000 }],
  ]
  it.each(states)('at once when it is cancelled %s', async (_name, url, more) => {
    open()
    const stop = new AbortController()
    const pending = failure(get(url, { ...more, signal: stop.signal }))
    await expect.poll(() => vendor.seen.length).toBe(1)
    stop.abort()
    const first = await Promise.race([pending, new Promise((resolve) => setTimeout(resolve, 50))])
    expect(first).toMatchObject({ code: 'ERR_CANCELED' })
    expect(transportError('test', await pending).code).toBe('VENDOR_TIMEOUT')
    await expect.poll(() => vendor.open()).toBe(0)
  })
  it('also while it waits for a socket, and takes none', async () => {
    open({ maxSockets: 1 })
    const stop = new AbortController()
    const blocker = new AbortController()
    const first = failure(get('/never', { signal: blocker.signal }))
    await expect.poll(() => vendor.seen.length).toBe(1)
    const second = failure(get('/echo?second', { signal: stop.signal }))
    const third = get('/echo?third')
    stop.abort()
    expect((await second).code).toBe('ERR_CANCELED')
    blocker.abort()
    await first
    expect((await third).status).toBe(200)
    expect(vendor.seen.map(({ url }) => url)).toEqual(['/never', '/echo?third'])
  })
  it('also while somebody reads it as a stream, or nobody does', async () => {
    open()
    for (const url of ['/never-ends', '/endless']) {
      for (const read of [true, false]) {
        const stop = new AbortController()
        const { data } = await get(url, { responseType: 'stream', signal: stop.signal, maxContentLength: -1 })
        const reading = read ? failure(buffer(data as Readable)) : undefined
        stop.abort()
        if (reading !== undefined) expect((await reading).code).toBe('ERR_CANCELED')
        await expect.poll(() => vendor.open()).toBe(0)
      }
    }
  })
  it('in time when the answer is whole; a stream may take longer than to its head', async () => {
    open()
    expect((await failure(get('/late-end', { timeout: 60 }))).code).toBe('ECONNABORTED')
    const { data } = await get('/late-end', { timeout: 60, responseType: 'stream' })
    expect((await buffer(data as Readable)).toString()).toBe('begin and end')
  })
  it('when the reader of a stream leaves', async () => {
    open({ maxResponseBytes: 100_000_000 })
    const { data } = await get('/endless', { responseType: 'stream' })
    for await (const _chunk of data as Readable) break
    await expect.poll(() => vendor.open()).toBe(0)
  })
  it('when the vendor switches to another protocol', async () => {
    open()
    expect((await failure(get('/upgrade'))).code).toBe('ECONNRESET')
  })
  it('when a small stream is left unread, and the end of its time does not end the process', async () => {
    open()
    for (const url of ['/text', '/gzip', '/gzip-short', '/short']) {
      const stop = new AbortController()
      await get(url, { responseType: 'stream', signal: stop.signal })
      await new Promise((resolve) => setTimeout(resolve, 20))
      stop.abort()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  it('and leaves no listener on the signal, however it went', async () => {
    open()
    let listeners = 0
    const watched = {
      aborted: false,
      addEventListener: () => void (listeners += 1),
      removeEventListener: () => void (listeners -= 1),
    }
    for (const url of ['/echo', '/reset', '/short', '/endless', '/upgrade', '/zip-unknown', '/empty']) {
      await http.axios.request({ url, signal: watched }).catch(() => undefined)
      expect([url, listeners]).toEqual([url, 0])
    }
    const { data } = await http.axios.request<Readable>({ url: '/long', signal: watched, responseType: 'stream' })
    expect(listeners).toBe(1)
    await buffer(data)
    await expect.poll(() => listeners).toBe(0)
  })
})

describe('a socket', () => {
  it('is used again', async () => {
    open({ maxSockets: 2 })
    const before = vendor.made()
    await Promise.all(Array.from({ length: 20 }, () => get('/echo')))
    expect(vendor.made() - before).toBe(2)
  })
  it('that is reset is known as used before or new; the request may have been read either way', async () => {
    let answered = 0
    const server = createTcpServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', () => {
          answered += 1
          // The second request on a connection meets a reset.
          if (answered === 2) socket.resetAndDestroy()
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')
        })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    open({ baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    await get('/first')
    const error = await failure(get('/second'))
    expect(error).toMatchObject({ code: 'ECONNRESET', request: { reusedSocket: true } })
    expect(transportError('test', error)).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'unknown' })
    const fresh = await failure(createVendorHttp({ system: 'test', baseURL: vendor.url }).axios.request({ url: '/reset' }))
    expect(fresh).toMatchObject({ code: 'ECONNRESET', request: { reusedSocket: false } })
    expect(transportError('test', fresh)).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'unknown' })
    server.close()
  })
  it('over TLS is trusted by the given authority only', async () => {
    const file = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`../../fixtures/cti-tls/${name}`, import.meta.url)))
    const secure = await startHttpVendor({ key: file('server.key'), cert: file('server.pem') })
    try {
      open({ baseURL: secure.url, ca: file('ca.pem').toString() })
      expect((await get('/text')).data).toBe('plain ✓')
      expect((await get('/text')).data).toBe('plain ✓')
      expect(secure.made()).toBe(1)
      http.close()
      open({ baseURL: secure.url })
      const untrusted = await failure(get('/text'))
      expect(untrusted.code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
      expect(transportError('test', untrusted)).toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
      http.close()
      open({ baseURL: secure.url.replace('127.0.0.1', '127.0.0.2'), ca: file('ca.pem').toString() })
      expect(['ECONNREFUSED', 'ERR_TLS_CERT_ALTNAME_INVALID']).toContain((await failure(get('/text'))).code)
    } finally {
      await secure.close()
    }
  })
})

describe('what axios offers around it', () => {
  const client = (): AxiosInstance =>
    axios.create({ adapter: lightAdapter, baseURL: vendor.url, httpAgent: new Agent(), httpsAgent: new HttpsAgent() })
  it('interceptors and transforms', async () => {
    const instance = client()
    instance.interceptors.request.use((config) => {
      config.headers.set('X-Custom', 'from interceptor')
      return config
    })
    instance.interceptors.response.use((response) => ({ ...response, data: { wrapped: response.data as unknown } }))
    const answer = await instance.post('/echo', { a: 1 }, { transformResponse: (data: string) => JSON.parse(data) as unknown })
    expect(answer.data).toMatchObject({ wrapped: { custom: 'from interceptor', body: '{"a":1}', type: 'application/json' } })
  })
  it('its own judgement of statuses, with the answer on the error', async () => {
    const error = await failure(client().get('/unauthorized'))
    expect(error).toMatchObject({ status: 401, code: 'ERR_BAD_REQUEST', response: { status: 401, data: { error: 'no' } } })
  })
  it('no message of an error holds a body, a header or an address', async () => {
    open()
    const secret = 'canary-0815'
    const messages = await Promise.all(
      [
        get(`http://${secret}/x`),
        get('/never', { timeout: 20, data: secret, headers: { Authorization: secret } }),
        get('/reset', { method: 'POST', data: { secret }, headers: { Authorization: secret } }),
        get('/short', { headers: { Authorization: secret }, params: { secret } }),
        get('/echo', { method: 'POST', data: secret.repeat(100_000) }),
        get('/echo', { method: `BAD ${'\n'}`, data: secret }),
        createVendorHttp({ system: 'test' }).axios.request({ url: `http://u:${secret}@[broken` }),
        createVendorHttp({ system: 'test' }).axios.request({ url: `http://u:${secret}@127.0.0.1:1/${secret}` }),
      ].map(failure),
    )
    for (const { message, code } of messages) expect([message, code]).not.toContainEqual(expect.stringContaining(secret))
    expect(messages.map((error) => transportError('test', error).fault?.message).join()).not.toContain(secret)
  })
})
