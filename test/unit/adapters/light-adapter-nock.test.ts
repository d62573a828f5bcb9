import nock from 'nock'
import { afterEach, describe, expect, it } from 'vitest'
import { createVendorHttp } from '../../../src/adapters/_shared/http.js'

/* Apart from the other tests of the adapter: once loaded, nock stands between every request and its socket, and keeps none alive. */

const signal = (): AbortSignal => AbortSignal.timeout(5000)

describe('nock', () => {
  afterEach(() => {
    nock.cleanAll()
    nock.enableNetConnect()
  })
  it('intercepts it: answers, errors, delays, matching of headers and bodies', async () => {
    nock.disableNetConnect()
    const http = createVendorHttp({ system: 'test', baseURL: 'https://vendor.test/base' })
    nock('https://vendor.test', { reqheaders: { authorization: 'Bearer t' } })
      .put('/base/x', { a: 1 })
      .query({ q: 'ä b' })
      .reply(201, { ok: true }, { 'X-Id': '7' })
    const answer = await http.request({
      method: 'PUT',
      url: '/x',
      data: { a: 1 },
      params: { q: 'ä b' },
      headers: { Authorization: 'Bearer t' },
      signal: signal(),
    })
    expect(answer).toMatchObject({ status: 201, data: { ok: true } })
    expect(answer.headers['x-id']).toBe('7')

    nock('https://vendor.test')
      .get('/base/broken')
      .replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    await expect(http.request({ url: '/broken', signal: signal() })).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE' })

    nock('https://vendor.test').get('/base/slow').delay(5000).reply(200)
    await expect(http.request({ url: '/slow', signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT' })
  })
})
