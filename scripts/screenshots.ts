import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { expertflowId } from '../src/sandbox/platforms.js'
import { openBrowser } from '../test/support/browser.js'
import { openConsole, type ConsolePage, type PageLooks } from '../test/support/console-page.js'
import { startConsoleSite, type ConsoleSite } from '../test/support/console-site.js'

/** `npm run screenshots` (after `npm run build`): the pictures of the console, from the running product with its sandbox. */

const FOLDER = 'docs/images'
const LOOKS: Readonly<Record<string, PageLooks>> = {
  light: { width: 1360, height: 900 },
  dark: { width: 1360, height: 900, scheme: 'dark' },
  narrow: { width: 360, height: 740 },
}
/** Has a conversation with a second agent. */
const CONSULTING = expertflowId(4)
/** Was asked for something while its platform was away. */
const RETRIED = '1004'
/** Long enough for everything on the page to have come to rest, ms. */
const SETTLE_MS = 900

/** Asks for something until the platform, which may still be starting, has taken it. */
async function ask(site: ConsoleSite, agent: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  const [platform, agentId = ''] = agent.split('/')
  const { status, body: answer } = await site.call('POST', `/v1/platforms/${platform}/agents/${agentId}/commands`, body)
  if (status >= 400) throw new Error(`${agent}: ${JSON.stringify(answer)}`)
}

async function press(site: ConsoleSite, place: string, agentId?: string): Promise<void> {
  const { status, body } = await site.call('POST', `/v1/sandbox/${place}`, agentId === undefined ? {} : { agentId })
  if (status >= 400) throw new Error(`${place}: ${JSON.stringify(body)}`)
}

/** A usual morning: some are ready, some talk, some have a break. */
async function morning(site: ConsoleSite): Promise<void> {
  for (const id of [1001, 1002, 1003, 1006, 1008]) await ask(site, `cisco-cti/${id}`, { action: 'READY' })
  for (const id of [1001, 1002, 1005]) await ask(site, `cisco-finesse/${id}`, { action: 'READY' })
  for (const at of [1, 2, 3, 6]) await ask(site, `expertflow/${expertflowId(at)}`, { action: 'READY' })
  await press(site, 'cisco-cti/call-answered', '1002')
  await press(site, 'cisco-cti/call-arrives', '1003')
  await press(site, 'cisco-finesse/call-answered', '1002')
  await press(site, 'expertflow/consult-starts', CONSULTING)
  await ask(site, 'cisco-cti/1002', { action: 'NOT_READY' })
  await ask(site, 'loopback/agent1', { action: 'LOGIN' })
  await ask(site, 'loopback/agent1', { action: 'NOT_READY', reason: 'BREAK.LUNCH' })
  await ask(site, 'loopback/agent2', { action: 'LOGIN' })
  await ask(site, 'loopback/agent2', { action: 'READY' })
}

/** One platform is away, another does not answer: something to see under Operations. */
async function trouble(site: ConsoleSite): Promise<void> {
  await press(site, 'cisco-finesse/silent')
  await ask(site, 'cisco-finesse/1007', { action: 'READY' })
  await sleep(6_000)
  await press(site, 'cisco-finesse/recovers')
  await press(site, 'cisco-cti/down')
  await sleep(1_000)
  await ask(site, `cisco-cti/${RETRIED}`, { action: 'READY' })
  await ask(site, 'cisco-cti/1005', { action: 'LOGOUT' })
}

async function shoot({ page }: ConsolePage, view: string, look: string): Promise<void> {
  // Neither a cursor nor a pointer is part of the picture.
  if (view !== 'preview') await page.evaluate('document.activeElement?.blur()')
  await page.mouse.move(0, 0)
  await sleep(SETTLE_MS)
  await page.screenshot({ path: `${FOLDER}/console-${view}-${look}.png` })
}

async function calm(browser: Browser, site: ConsoleSite, look: string): Promise<void> {
  const console = await openConsole(browser, site.url, LOOKS[look])
  const { page } = console
  if (look === 'light') await shoot(console, 'sign-in', look)
  await console.signIn(site.keys.admin)
  await page.getByLabel('Order').selectOption('state')
  await page.locator('.sizer .row').first().waitFor()
  await shoot(console, 'agents', look)
  await console.open(CONSULTING)
  if (look !== 'narrow') await page.getByLabel('Search').fill('')
  await page.locator('[data-action=FORCE]').click()
  await page.locator('.consequence').first().waitFor()
  await shoot(console, 'preview', look)
  await page.close()
}

async function troubled(browser: Browser, site: ConsoleSite, look: string): Promise<void> {
  const console = await openConsole(browser, site.url, LOOKS[look])
  const { page } = console
  await console.signIn(site.keys.admin)
  await console.open(RETRIED)
  if (look !== 'narrow') await page.getByLabel('Search').fill('')
  await page.locator('.command').first().waitFor()
  await shoot(console, 'agent', look)
  await page.getByRole('link', { name: 'Operations' }).click()
  await page.locator('.letters .command').first().waitFor()
  // As high as there is something to see.
  const { width = 0, height = 0 } = page.viewportSize() ?? {}
  const more = await page.evaluate<number>("((box) => box.scrollHeight - box.clientHeight)(document.querySelector('.operations'))")
  if (look !== 'narrow') await page.setViewportSize({ width, height: height + more })
  await shoot(console, 'operations', look)
  await page.close()
}

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  const site = await startConsoleSite({ retry: { maxAttempts: 2, baseMs: 200, capMs: 5_000 }, limits: { sendTimeoutMs: 1_500 } })
  const browser = await openBrowser()
  try {
    await morning(site)
    for (const look of Object.keys(LOOKS)) await calm(browser, site, look)
    await trouble(site)
    for (const look of Object.keys(LOOKS)) await troubled(browser, site, look)
  } finally {
    await browser.close()
    await site.stop()
  }
}

await main()
