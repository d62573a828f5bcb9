import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/core/model/error.js'
import { SECRETS, startApi, type Api } from '../support/api.js'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

it('shows the API and the error catalogue in a browser that signs in with a key, without a complaint', async () => {
  const executablePath = BROWSERS.find((path) => existsSync(path))
  if (executablePath === undefined) throw new Error('no browser; `npm test` installs chromium where it may')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] })
  try {
    const page = await browser.newPage({ httpCredentials: { username: 'anybody', password: SECRETS.crm } })
    const complaints: string[] = []
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
    page.on('pageerror', (error) => void complaints.push(error.message))
    await page.goto(`${api.url}/docs`)
    await page.locator('#operations-commands-postCommand').waitFor({ timeout: 20_000 })
    expect(await page.locator('table tr[id]').count()).toBe(ERROR_CODES.length)
    expect(complaints).toEqual([])
  } finally {
    await browser.close()
  }
}, 60_000)
