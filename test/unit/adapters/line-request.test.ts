import type { AxiosRequestConfig } from 'axios'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import nodeHttp from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createVendorHttp, type VendorHttp } from '../../../src/adapters/_shared/http.js'
import { startHttpVendor, type HttpVendor } from '../../support/http-vendor.js'

/* Requests that go over connections of our own: `request`, as long as nobody has asked for `axios`. */

let vendor: HttpVendor
let http: VendorHttp
beforeAll(async () => {
  vendor = await startHttpVendor()
})
afterAll(() => vendor.close())
afterEach(() => {
  http?.close()
  vendor.seen.length = 0
})

function open(more: Partial<Parameters<typeof createVendorHttp>[0]> = {}): VendorHttp {
  http = createVendorHttp({ system: 'test', baseURL: vendor.url, maxResponseBytes: 100_000, ...more })
  return http
}
const get = (url: string, more: AxiosRequestConfig = {}) =>
  http.request({ url, ...more, signal: (more.signal ?? AbortSignal.timeout(5000)) as AbortSignal })
const codeOf = (sent: Promise<unknown>): Promise<unknown> =>
  sent.then(
    () => 'answered',
    ({ code }: { code: unknown }) => code,
  )

/** A vendor that says of each request, with its number and socket, what it likes. */
async function crudeVendor(
  answer: (socket: Socket, request: number) => void,
): Promise<{ readonly url: string; readonly made: () => number; close(): void }> {
  let requests = 0
  let made = 0
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    made += 1
    sockets.add(socket)
    socket.on('error', () => undefined).on('data', () => answer(socket, (requests += 1)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    made: () => made,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'

describe('a connection', () => {
  it('carries one exchange after the other; no more are made than allowed', async () => {
    open({ maxSockets: 2 })
    const before = vendor.made()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => get(`/echo?${at}`)))
    expect(answers.map(({ data }) => (data as { url: string }).url)).toEqual(Array.from({ length: 20 }, (_, at) => `/echo?${at}`))
    expect(vendor.made() - before).toBe(2)
  })
  it.each(['/short', '/short-chunk', '/reset', '/hang-up', '/garbage', '/lies-short', '/upgrade', '/until-close'])(
    'is not used again after %s',
    async (url) => {
      open({ maxSockets: 1 })
      await get('/text')
      const before = vendor.made()
      await get(url).catch(() => undefined)
      expect((await get('/text')).status).toBe(200)
      expect(vendor.made() - before).toBe(1)
    },
  )
  it('that is closed while it is free is not used', async () => {
    const crude = await crudeVendor((socket) => socket.end(ANSWER))
    open({ baseURL: crude.url, maxSockets: 1 })
    for (let request = 1; request <= 3; request += 1) {
      expect((await get('/x')).status).toBe(200)
      await expect.poll(crude.made).toBe(request)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    crude.close()
  })
  it('on which the vendor speaks unasked is not used, and nobody gets what it said', async () => {
    const crude = await crudeVendor((socket, request) => {
      socket.write(ANSWER)
      if (request === 1) setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'), 10)
    })
    open({ baseURL: crude.url, maxSockets: 1 })
    await get('/x')
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect((await get('/x')).data).toEqual({})
    expect(crude.made()).toBe(2)
    crude.close()
  })
  it.each([
    ['is not used when the vendor is about to close it', 1, 2],
    ['is used as long as the vendor keeps it', 60, 1],
  ])('%s', async (_name, seconds, made) => {
    const crude = await crudeVendor((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nKeep-Alive: timeout=${seconds}\r\nContent-Length: 2\r\n\r\n{}`),
    )
    open({ baseURL: crude.url, maxSockets: 1 })
    await get('/x')
    await get('/x')
    expect(crude.made()).toBe(made)
    crude.close()
  })
  it('over TLS is trusted by the given authority only', async () => {
    const file = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`../../fixtures/cti-tls/${name}`, import.meta.url)))
    const secure = await startHttpVendor({ key: file('server.key'), cert: file('server.pem') })
    try {
      open({ baseURL: secure.url, ca: file('ca.pem').toString(), maxSockets: 1 })
      expect((await get('/text')).data).toBe('plain ✓')
      expect((await get('/text')).data).toBe('plain ✓')
      expect(secure.made()).toBe(1)
      await get('/hang-up').catch(() => undefined)
      expect((await get('/text')).data).toBe('plain ✓')
      http.close()
      secure.seen.length = 0
      open({ baseURL: secure.url })
      await expect(get('/text')).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
      http.close()
      open({ baseURL: secure.url.replace('127.0.0.1', '127.0.0.2'), ca: file('ca.pem').toString() })
      await expect(get('/text')).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
      expect(secure.seen).toEqual([])
    } finally {
      await secure.close()
    }
  })
})

describe('a failure', () => {
  it.each([
    ['/reset', 'VENDOR_TIMEOUT', 'unknown'],
    ['/hang-up', 'VENDOR_TIMEOUT', 'unknown'],
    ['/short', 'VENDOR_PROTOCOL', 'unknown'],
    ['/short-chunk', 'VENDOR_PROTOCOL', 'unknown'],
    ['/garbage', 'VENDOR_PROTOCOL', 'unknown'],
    ['/lies-short', 'VENDOR_PROTOCOL', 'unknown'],
    ['/endless', 'VENDOR_PROTOCOL', 'unknown'],
    ['/gzip-broken', 'VENDOR_PROTOCOL', 'unknown'],
    ['/zip-unknown', 'VENDOR_PROTOCOL', 'unknown'],
    ['/bomb', 'VENDOR_PROTOCOL', 'unknown'],
  ])('after the request was sent leaves its effect open: %s', async (url, code, effect) => {
    open()
    await expect(get(url, { method: 'POST', data: { a: 1 } })).rejects.toMatchObject({ code, effect })
    expect(vendor.seen).toHaveLength(1)
  })
  it('before it was sent had none', async () => {
    open({ baseURL: 'http://127.0.0.1:1' })
    await expect(get('/x')).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
    open({ baseURL: 'http://nowhere.invalid' })
    await expect(get('/x')).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
  })
  it('is told by no word of the request', async () => {
    open()
    for (const url of ['/reset', '/garbage', '/zip-unknown']) {
      const error: unknown = await get(url, { headers: { Authorization: 'canary' }, params: { q: 'canary' } }).catch(
        (given: unknown) => given,
      )
      expect(JSON.stringify(error) + String((error as Error).cause)).not.toContain('canary')
    }
  })
})

describe('an exchange that is cancelled', () => {
  it('ends at once with its connection, before the answer and in the middle of it', async () => {
    open()
    for (const url of ['/never', '/never-ends']) {
      const stop = new AbortController()
      const pending = codeOf(get(url, { signal: stop.signal }))
      await expect.poll(() => vendor.seen.length).toBe(1)
      stop.abort()
      expect(await pending).toBe('VENDOR_TIMEOUT')
      await expect.poll(() => vendor.open()).toBe(0)
      vendor.seen.length = 0
    }
  })
  it('while it waits for a connection is never sent, and the next one goes on', async () => {
    open({ maxSockets: 1 })
    const [blocker, stop] = [new AbortController(), new AbortController()]
    const first = codeOf(get('/never', { signal: blocker.signal }))
    await expect.poll(() => vendor.seen.length).toBe(1)
    const second = codeOf(get('/echo?second', { signal: stop.signal }))
    const third = get('/echo?third')
    stop.abort()
    expect(await second).toBe('VENDOR_TIMEOUT')
    blocker.abort()
    await first
    expect((await third).status).toBe(200)
    expect(vendor.seen.map(({ url }) => url)).toEqual(['/never', '/echo?third'])
  })
  it('leaves no listener on its signal, however it went', async () => {
    open()
    let listeners = 0
    const watched = { aborted: false, addEventListener: () => void (listeners += 1), removeEventListener: () => void (listeners -= 1) }
    for (const url of ['/echo', '/reset', '/short', '/gzip', '/zip-unknown', '/empty']) {
      await get(url, { signal: watched as unknown as AbortSignal }).catch(() => undefined)
      expect([url, listeners]).toEqual([url, 0])
    }
  })
  it('by the end of the client fails, also while it waits; a later one is sent', async () => {
    open({ maxSockets: 1 })
    const both = [codeOf(get('/never')), codeOf(get('/echo'))]
    await expect.poll(() => vendor.seen.length).toBe(1)
    http.close()
    expect(await Promise.all(both)).toEqual(['VENDOR_TIMEOUT', 'VENDOR_TIMEOUT'])
    expect((await get('/text')).status).toBe(200)
  })
})

describe('who stands between Node and the wire', () => {
  it('sees every request, from then on and as long as he does', async () => {
    open()
    const own = nodeHttp.request
    const seen: unknown[] = []
    const before = vendor.made()
    await get('/text')
    nodeHttp.request = new Proxy(own, {
      apply(target, self, given: Parameters<typeof own>) {
        seen.push((given[0] as { path?: string }).path)
        return Reflect.apply(target, self, given)
      },
    })
    try {
      expect((await get('/text?watched')).status).toBe(200)
    } finally {
      nodeHttp.request = own
    }
    await get('/text')
    expect(seen).toEqual(['/text?watched'])
    // The connection of ours was kept meanwhile; Node's client made another one.
    expect(vendor.made() - before).toBe(2)
  })
})
