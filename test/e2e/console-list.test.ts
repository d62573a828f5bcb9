import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SECRETS, startApi, testConfig, type Api } from '../support/api.js'
import { openBrowser } from '../support/browser.js'
import { openConsole, type ConsolePage } from '../support/console-page.js'

const AGENTS = 10_000
/** So many rows may be in the document at once; some thirty are in sight. */
const FEW = 80

let api: Api
let browser: Browser
beforeAll(async () => {
  api = await startApi({ config: testConfig({ platforms: [{ id: 'loopback', adapter: 'loopback', options: { agents: AGENTS } }] }) })
  browser = await openBrowser()
}, 60_000)
afterAll(async () => {
  await browser.close()
  await api.stop()
}, 30_000)

/** Scrolls from the top to the end, and gives everybody who was seen, with the greatest number of rows in the document at once. */
const WALK = `(async () => {
  const scroller = document.querySelector('#agents')
  const seen = new Set()
  let most = 0
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  for (scroller.scrollTop = 0; ; scroller.scrollTop += scroller.clientHeight - 40) {
    await frame()
    const rows = document.querySelectorAll('.sizer .row')
    most = Math.max(most, rows.length)
    for (const row of rows) seen.add(row.dataset.agent)
    if (scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1) return { seen: seen.size, most }
  }
})()`

async function signedIn(): Promise<ConsolePage> {
  const console = await openConsole(browser, api.url)
  await console.signIn(SECRETS.supervisor)
  return console
}

it('shows ten thousand agents with few rows in the document, and every one can be reached', async () => {
  // Somebody has to have asked for the agents before a stream can begin with them.
  expect((await api.call('GET', '/v1/platforms/loopback/agents?limit=1')).status).toBe(200)
  const console = await signedIn()
  const { page, complaints } = console
  await expect.poll(() => page.locator('#agent-count').innerText(), { timeout: 60_000 }).toBe(`${AGENTS} of ${AGENTS} agents`)
  const { seen, most } = await page.evaluate<{ seen: number; most: number }>(WALK)
  expect(seen).toBe(AGENTS)
  expect(most).toBeLessThan(FEW)
  await page.locator('#agents').focus()
  await page.keyboard.press('End')
  await expect.poll(() => page.locator('.sizer .row[aria-selected=true]').getAttribute('data-agent')).toBe(`loopback/agent${AGENTS}`)
  await page.keyboard.press('Home')
  await expect.poll(() => page.locator('.sizer .row[aria-selected=true]').getAttribute('data-agent')).toBe('loopback/agent1')
  await page.getByLabel('Search').fill('agent9876')
  await expect.poll(() => page.locator('#agent-count').innerText()).toBe(`1 of ${AGENTS} agents`)
  expect(complaints).toEqual([])
  await page.close()
}, 240_000)

it('shows what a platform or a person wrote as text, whatever it looks like', async () => {
  const console = await openConsole(browser, api.url)
  const { page, complaints } = console
  const nasty = `<img src=x onerror="document.title='caught'"><script>document.title='caught'</script>`
  const agentId = `<b onclick="document.title='caught'">x`
  const state = {
    ...{
      platform: 'loopback',
      agentId,
      state: 'NOT_READY',
      routable: false,
      observedAt: new Date().toISOString(),
      source: 'event',
      stale: false,
    },
    ...{
      reason: { name: nasty },
      vendorState: nasty,
      channels: [{ id: '1', name: nasty, state: 'READY', vendorState: nasty, routable: true }],
    },
  }
  const known = { platform: 'loopback', agentId, seq: 1, at: new Date().toISOString(), state }
  const problem = {
    type: '/docs',
    title: nasty,
    detail: nasty,
    status: 502,
    code: 'VENDOR_ERROR',
    effect: 'none',
    retryable: false,
    vendorMessage: nasty,
  }
  const command = {
    ...{
      id: '00000000-0000-4000-8000-00000000000a',
      platform: 'loopback',
      agentId,
      action: 'LOGOUT',
      force: false,
      reason: nasty,
      status: 'dead',
    },
    ...{ seq: 1, attempts: 1, acceptedAt: new Date().toISOString(), expiresAt: new Date().toISOString(), requestedBy: nasty, problem },
  }
  const stream = `event: snapshot\ndata: ${JSON.stringify({ agents: [known], links: [] })}\n\nid: e.1\nevent: snapshot-end\ndata: {}\n\n`
  await page.route('**/v1/events', (route) => route.fulfill({ contentType: 'text/event-stream', body: stream }))
  await page.route('**/commands?*', (route) => route.fulfill({ json: { commands: [command] } }))
  await console.signIn(SECRETS.supervisor)
  await page.locator('.sizer .row').first().click()
  const panel = page.locator('.panel')
  await panel.locator('.problem').waitFor()
  for (const place of ['.panel h2', '.state-box', '.command', '.problem', '.sizer .row'])
    expect(await page.locator(place).first().innerText(), place).toMatch(/<img src=x|<b onclick/)
  await page.waitForTimeout(300)
  expect(await page.title()).toBe('CTI Gateway console')
  expect(await page.locator('main img, main b, main script').count()).toBe(0)
  expect(complaints).toEqual([])
  await page.close()
}, 60_000)

it('goes on behind the last event when the stream breaks, with growing pauses, and says so', async () => {
  const console = await openConsole(browser, api.url)
  const { page } = console
  const resumed: (string | undefined)[] = []
  await page.route('**/v1/events', async (route) => {
    resumed.push(route.request().headers()['last-event-id'])
    await route.fulfill({
      contentType: 'text/event-stream',
      body: `event: snapshot\ndata: {"agents":[],"links":[]}\n\nid: e.7\nevent: snapshot-end\ndata: {}\n\n: x\nid: e.9\n\n`,
    })
  })
  await console.signIn(SECRETS.supervisor)
  await page.getByText(/^Not live since .+, trying again$/).waitFor()
  await expect.poll(() => resumed.length, { timeout: 20_000 }).toBeGreaterThan(2)
  expect(resumed.slice(0, 3)).toEqual([undefined, 'e.9', 'e.9'])
  await page.unroute('**/v1/events')
  await expect.poll(() => page.locator('#connection').innerText(), { timeout: 30_000 }).toBe('Live')
  await page.close()
}, 90_000)
