import { readdirSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEYS, SECRETS, startApi, type Api } from '../support/api.js'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const FILES = readdirSync('src/console')
const SERVED = FILES.filter((name) => !name.endsWith('.d.ts'))

describe('the files of the console', () => {
  it.each(['/console', ...SERVED.map((name) => `/console/${name}`)])('%s needs no key, and comes with the strict policy', async (path) => {
    const response = await fetch(`${api.url}${path}`)
    expect(response.status).toBe(200)
    const policy = response.headers.get('content-security-policy') ?? ''
    for (const directive of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"])
      expect(policy.split('; ')).toContain(directive)
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:|blob:/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    await response.arrayBuffer()
  })

  it('are asked for again, and not sent again when nothing has changed', async () => {
    const first = await fetch(`${api.url}/console/app.js`)
    await first.arrayBuffer()
    // Not with fetch: by its standard it adds `no-cache` to a condition of our own.
    const again = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'if-modified-since': first.headers.get('last-modified') ?? '' }
      get(`${api.url}/console/app.js`, { headers }, (response) => resolve(response.resume().statusCode)).on('error', reject)
    })
    expect(again).toBe(304)
  })

  it.each(['/console/types.d.ts', '/console/../gateway.ts', '/console/%2e%2e/gateway.ts', '/console/nothing.js', '/console/app.js.map'])(
    '%s is not there',
    async (path) => {
      const response = await fetch(`${api.url}${path}`)
      expect([401, 404]).toContain(response.status)
      expect(await response.text()).not.toContain('import')
    },
  )

  it('have nothing inline and nothing from elsewhere, keep nothing, and never make markup or program text out of text', () => {
    const html = readFileSync('src/console/index.html', 'utf8')
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:\/\//)
    for (const name of SERVED.filter((file) => file.endsWith('.js'))) {
      const text = readFileSync(`src/console/${name}`, 'utf8')
      expect(text, name).not.toMatch(
        /localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/,
      )
    }
  })
})

describe('GET /v1/me', () => {
  it.each(KEYS)('tells $name what it is, and no secret', async (key) => {
    const secret = SECRETS[key.name as keyof typeof SECRETS]
    const { status, body, text } = await api.call('GET', '/v1/me', { key: secret })
    expect(status).toBe(200)
    expect(body).toMatchObject({ name: key.name, scopes: key.scopes })
    expect(body['agent']).toBe(key.agent)
    expect(text).not.toContain(secret)
    expect(text).not.toContain(key.sha256)
  })

  it('tells nothing without a key', async () => {
    expect((await api.call('GET', '/v1/me', { key: null })).status).toBe(401)
  })
})
