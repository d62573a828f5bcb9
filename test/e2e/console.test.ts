import type { Browser, Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expertflowId } from '../../src/sandbox/platforms.js'
import { openBrowser } from '../support/browser.js'
import { openConsole, type ConsolePage } from '../support/console-page.js'
import { startConsoleSite, type ConsoleSite } from '../support/console-site.js'

/** A supervisor's day, in a browser, against the started product; what the page says is held against the simulators' journals. */

/** Everything in which a page can keep something. */
const KEPT =
  'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.documentElement.outerHTML])'
/** What can be scrolled sideways, but for what is made for that. */
const TOO_WIDE = `[...document.querySelectorAll('html, main, main *, dialog')]
  .filter((box) => box.scrollWidth > box.clientWidth + 1 && !/^(visible|hidden|clip)$/.test(getComputedStyle(box).overflowX))
  .filter((box) => !box.matches('.filter-chips, .table-box, input'))
  .map((box) => box.tagName + '.' + box.className)`
const SLOW = 90_000
const PATIENT = { timeout: 30_000 }

let site: ConsoleSite
let browser: Browser
let console: ConsolePage
beforeAll(async () => {
  // Two attempts, so that a dead letter is not long in coming.
  site = await startConsoleSite({ retry: { maxAttempts: 2, baseMs: 200, capMs: 400 }, limits: { sendTimeoutMs: 1_500 } })
  browser = await openBrowser()
}, 120_000)
afterAll(async () => {
  await browser.close()
  await site.stop()
}, 60_000)
beforeEach(async () => {
  console = await openConsole(browser, site.url)
})
afterEach(async () => {
  const { complaints, page } = console
  await page.close()
  expect(complaints).toEqual([])
})

/** What was asked of the platform for this agent, reads left out. */
async function asked(platform: string, agentId: string): Promise<readonly string[]> {
  const journal = await site.journal(platform, { agentId })
  return journal.flatMap(({ asked, effect }) => (asked === undefined || effect === 'read' ? [] : [`${asked} ${effect}`]))
}

const press = async (platform: string, button: string): Promise<void> => {
  const { page } = console
  await page.getByLabel('At', { exact: true }).selectOption(platform)
  await page.locator(`[data-sandbox="${platform}/${button}"]`).click()
}

const state = (panel: Locator): Locator => panel.locator('.state-box .badge.big')
const newest = (panel: Locator): Locator => panel.locator('.command').first()
const textOf = (locator: Locator): Promise<string> => locator.innerText()

describe('signing in', () => {
  it(
    'says so when the key is wrong, and keeps a good one in memory only',
    async () => {
      const { page } = console
      await page.getByLabel('Key', { exact: true }).fill('not-a-key')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('The gateway does not know this key.').waitFor()
      await console.signIn(site.keys.supervisor)
      await page.locator('.sizer .row').first().waitFor()
      const kept = await page.evaluate<string>(KEPT)
      expect(kept).not.toContain(site.keys.supervisor)
      expect(await page.locator('#key').inputValue()).toBe('')
      await page.reload()
      await page.getByLabel('Key', { exact: true }).waitFor()
    },
    SLOW,
  )

  it(
    'shows what the key may do: no operations and no sandbox without ops, no forced logout without its scope',
    async () => {
      const { page } = console
      await console.signIn(site.keys.crm)
      const panel = await console.open('1002')
      const force = panel.locator('[data-action=FORCE]')
      expect(await force.getAttribute('aria-disabled')).toBe('true')
      const why = await force.getAttribute('aria-describedby')
      expect(await textOf(panel.locator(`#${why}`))).toContain('supervisor:logout')
      expect(await page.getByRole('link', { name: 'Operations' }).count()).toBe(0)
      expect(await page.locator('.sandbox').count()).toBe(0)
      await force.click({ force: true })
      expect(await page.locator('dialog').count()).toBe(0)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('Key', { exact: true }).waitFor()
      expect(await page.locator('.row').count()).toBe(0)
    },
    SLOW,
  )
})

describe('finding an agent', () => {
  it(
    'filters by state, platform and text; the counts say what each button would show',
    async () => {
      const { page } = console
      await console.signIn(site.keys.supervisor)
      const count = page.locator('#agent-count')
      await page.getByLabel('Platform').selectOption('cisco-finesse')
      await expect.poll(() => textOf(count), PATIENT).toMatch(/^30 of \d+ agents$/)
      const out = page.getByRole('button', { name: /^Logged out/ })
      const number = Number(/\d+/.exec(await textOf(out))?.[0])
      expect(number).toBeGreaterThan(0)
      await out.click()
      await expect.poll(() => textOf(count)).toBe(`${number} of ${(await textOf(count)).split(' ')[2]} agents`)
      expect(new Set(await page.locator('.sizer .row .word').allInnerTexts())).toEqual(new Set(['Logged out']))
      await out.click()
      await page.getByLabel('Search').fill('1007')
      await expect.poll(() => page.locator('.sizer .row').count()).toBe(1)
      await page.getByLabel('Search').fill('nobody is called this')
      await page.getByText('No agent fits the filters.').waitFor()
    },
    SLOW,
  )

  it(
    'goes by keys alone',
    async () => {
      const { page } = console
      await console.signIn(site.keys.supervisor)
      await page.locator('.sizer .row').first().waitFor()
      await page.locator('#agents').focus()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('ArrowDown')
      const chosen = page.locator('.sizer .row[aria-selected=true]')
      const agent = await chosen.getAttribute('data-agent')
      expect(await page.locator('#agents').getAttribute('aria-activedescendant')).toBe(await chosen.getAttribute('id'))
      await page.keyboard.press('Enter')
      await page.locator('.panel h2').waitFor()
      expect(agent).toBe(`${await textOf(page.locator('.panel .platform').first())}/${await textOf(page.locator('.panel h2'))}`)
      await page.keyboard.press('Escape')
      await expect.poll(() => page.locator('.panel').count()).toBe(0)
      expect(await page.evaluate<string>('document.activeElement.id')).toBe('agents')
      await page.keyboard.press('End')
      const last = await page.locator('.sizer .row[aria-selected=true]').getAttribute('aria-rowindex')
      expect(last).toBe(await page.locator('#agents').getAttribute('aria-rowcount'))
    },
    SLOW,
  )
})

describe('an agent', () => {
  it(
    'is logged out with a reason; the time line has the evidence, the journal one LOGOUT',
    async () => {
      const { page } = console
      await console.signIn(site.keys.supervisor)
      const agentId = expertflowId(3)
      const panel = await console.open(agentId)
      await expect.poll(() => textOf(state(panel)), PATIENT).toMatch(/^(Not ready|Ready)$/)
      await panel.locator('[data-action=LOGOUT]').click()
      const reason = page.getByLabel('Reason')
      await expect.poll(() => textOf(page.locator('dialog')), PATIENT).toContain('Out Of Office')
      await reason.selectOption({ label: 'Out Of Office (1)' })
      await page.locator('dialog').getByRole('button', { name: 'Log out' }).click()
      await expect.poll(() => newest(panel).getAttribute('data-status'), PATIENT).toBe('confirmed')
      await expect.poll(() => textOf(state(panel))).toBe('Logged out')
      expect(await textOf(newest(panel))).toMatch(/proved by/)
      expect(await textOf(page.locator('#live'))).toContain(`Log out for ${agentId}: confirmed`)
      expect((await asked('expertflow', agentId)).filter((one) => one.startsWith('LOGOUT'))).toEqual(['LOGOUT applied'])
      const login = panel.locator('[data-action=LOGOUT]')
      expect(await login.getAttribute('aria-disabled')).toBe('true')
      expect(await textOf(panel.locator('#why-LOGOUT'))).toBe('The agent is not logged in.')
    },
    SLOW,
  )

  it(
    'is forced out by a button that changes while it is pressed',
    async () => {
      const { page } = console
      const agentId = expertflowId(5)
      await console.signIn(site.keys.admin)
      const panel = await console.open(agentId)
      const button = panel.locator('[data-action=FORCE]')
      const ready = panel.locator('[data-action=READY]')
      await expect.poll(() => ready.getAttribute('aria-disabled'), PATIENT).toBe(null)
      const { x, y } = (await button.boundingBox()) ?? { x: 0, y: 0 }
      await page.mouse.move(x + 8, y + 8)
      await page.mouse.down()
      // What the buttons may do is another thing now: the agent is READY.
      expect((await site.call('POST', '/v1/sandbox/expertflow/chat-arrives', { agentId })).status).toBe(200)
      await expect.poll(() => textOf(state(panel)), PATIENT).toBe('Ready')
      await page.mouse.up()
      await page.locator('dialog').waitFor(PATIENT)
      await expect.poll(() => ready.getAttribute('aria-disabled'), PATIENT).toBe('true')
      await page.locator('dialog').getByRole('button', { name: 'Cancel' }).click()
      expect((await site.call('POST', '/v1/sandbox/expertflow/chat-ends', { agentId })).status).toBe(200)
    },
    SLOW,
  )

  it(
    'is forced out of a conversation: preview, a change in between, the new preview, the end in the time line',
    async () => {
      const { page } = console
      const agentId = expertflowId(4)
      await console.signIn(site.keys.admin)
      const panel = await console.open(agentId)
      await press('expertflow', 'chat-arrives')
      await page.getByText(`A chat arrives (${agentId})`).first().waitFor(PATIENT)
      // A chat leaves room for more: the vendor's agent stays READY, its channel is ACTIVE.
      await expect.poll(() => textOf(panel.locator('.channel-table tr').filter({ hasText: 'CHAT' })), PATIENT).toMatch(/Ready\s*ACTIVE/)
      expect(await textOf(state(panel))).toBe('Ready')
      await panel.locator('[data-action=FORCE]').click()
      const dialog = page.locator('dialog')
      await expect.poll(() => textOf(dialog), PATIENT).toContain('Back to its queue')
      const words = await textOf(dialog)
      expect(words).toContain('One conversation is affected.')
      expect(words).toMatch(/priority 11/)
      expect(words).toContain('Documented')
      expect(await dialog.locator('svg.picture').getAttribute('aria-label')).toMatch(/^Now: .+ Afterwards: .+/)
      // Behind the supervisor's back the chat ends.
      expect((await site.call('POST', '/v1/sandbox/expertflow/chat-ends', { agentId })).status).toBe(200)
      await dialog.getByRole('button', { name: 'Force logout' }).click()
      await dialog.getByText(/changed in the meantime\. Nothing was done/).waitFor(PATIENT)
      expect(await textOf(dialog)).toContain('No conversation is affected.')
      expect((await asked('expertflow', agentId)).filter((one) => one.startsWith('LOGOUT'))).toEqual([])
      await dialog.getByRole('button', { name: 'Force logout' }).click()
      await expect.poll(() => page.locator('dialog').count(), PATIENT).toBe(0)
      await expect.poll(() => newest(panel).getAttribute('data-status'), PATIENT).toBe('confirmed')
      // Who else did something here, and from when on states are known.
      await expect.poll(() => textOf(panel.locator('.timeline')), PATIENT).toMatch(/admin looked at what a forced logout would do/)
      expect(await textOf(panel.locator('.begins'))).toMatch(/^States are known to this page since \d\d:\d\d:\d\d/)
      expect(await textOf(newest(panel))).toContain('Force logout')
      await expect.poll(() => textOf(state(panel)), PATIENT).toBe('Logged out')
      expect((await asked('expertflow', agentId)).filter((one) => one.startsWith('LOGOUT'))).toEqual(['LOGOUT applied'])
    },
    SLOW,
  )
})

describe('trouble', () => {
  it(
    'shows a platform that is away and comes back: stale at once, the command retried and then done once',
    async () => {
      const { page } = console
      await console.signIn(site.keys.admin)
      const { page: view } = console
      await view.getByLabel('Platform').selectOption('cisco-cti')
      const panel = await console.open('1005')
      await press('cisco-cti', 'down')
      await panel.getByText(/Stale: the link was lost/).waitFor(PATIENT)
      await expect.poll(() => page.locator('.sizer .row.stale').count()).toBeGreaterThan(0)
      await panel.locator('[data-action=READY]').click()
      await expect.poll(() => newest(panel).getAttribute('data-status'), PATIENT).toMatch(/accepted|retrying/)
      expect((await asked('cisco-cti', '1005')).filter((one) => one.startsWith('READY'))).toEqual([])
      await page.getByRole('link', { name: 'Operations' }).click()
      const card = page.locator('.link-card[data-platform=cisco-cti]')
      await expect.poll(() => textOf(card.locator('.badge')), PATIENT).toMatch(/Down|Connecting/)
      await expect.poll(() => textOf(page.locator('.table-box')), PATIENT).toContain('1005')
      await press('cisco-cti', 'recovers')
      await expect.poll(() => textOf(card.locator('.badge')), PATIENT).toBe('Up')
      await page.getByRole('link', { name: 'Agents' }).click()
      const again = await console.open('1005')
      await expect.poll(() => newest(again).getAttribute('data-status'), { timeout: 60_000 }).toBe('confirmed')
      await expect.poll(() => textOf(state(again)), PATIENT).toBe('Ready')
      await expect.poll(() => page.locator('.sizer .row.stale').count(), PATIENT).toBe(0)
      expect((await asked('cisco-cti', '1005')).filter((one) => one.startsWith('READY'))).toEqual(['READY applied'])
    },
    SLOW,
  )

  it(
    'replays a dead letter, and says why it does not replay an obsolete one',
    async () => {
      const { page } = console
      await console.signIn(site.keys.admin)
      await page.getByLabel('Platform').selectOption('cisco-finesse')
      await press('cisco-finesse', 'silent')
      for (const agentId of ['1006', '1007']) {
        const panel = await console.open(agentId)
        await panel.locator('[data-action=READY]').click()
        await expect.poll(() => newest(panel).getAttribute('data-status'), { timeout: 60_000 }).toBe('dead')
        expect(await textOf(newest(panel).locator('.problem'))).toMatch(/VENDOR_TIMEOUT/)
      }
      await press('cisco-finesse', 'recovers')
      const seven = await console.open('1007')
      await seven.locator('[data-action=READY]').click()
      await expect.poll(() => newest(seven).getAttribute('data-status'), { timeout: 60_000 }).toBe('confirmed')
      await page.getByRole('link', { name: 'Operations' }).click()
      const letters = page.locator('.letters > li')
      const obsolete = letters.filter({ hasText: '1007' })
      await obsolete.getByRole('button', { name: 'Replay' }).click()
      await obsolete.getByText(/^Not replayed/).waitFor(PATIENT)
      const good = letters.filter({ hasText: '1006' })
      const before = (await asked('cisco-finesse', '1006')).filter((one) => one === 'READY applied')
      expect(before).toEqual([])
      await good.getByRole('button', { name: 'Replay' }).click()
      await expect
        .poll(async () => (await asked('cisco-finesse', '1006')).filter((one) => one === 'READY applied'), PATIENT)
        .toHaveLength(1)
      await page
        .getByText(/Ready for 1006, sent anew/)
        .first()
        .waitFor(PATIENT)
      await good.getByRole('button', { name: 'Replayed' }).waitFor(PATIENT)
    },
    SLOW,
  )
})

describe.each([
  { title: 'light', looks: {}, agent: 8 },
  { title: 'dark', looks: { scheme: 'dark' }, agent: 9 },
  { title: 'narrow', looks: { width: 360, height: 740 }, agent: 10 },
] as const)('looks: $title', ({ looks, agent }) => {
  it(
    'axe finds no fault in any view, and nothing is wider than the window',
    async () => {
      await console.page.close()
      console = await openConsole(browser, site.url, looks)
      const { page } = console
      const faults: string[] = []
      const look = async (view: string): Promise<void> => {
        for (const fault of await console.axe()) faults.push(`${view}: ${fault}`)
        for (const wide of await page.evaluate<string[]>(TOO_WIDE)) faults.push(`${view}: ${wide} is wider than its place`)
      }
      await look('sign-in')
      await console.signIn(site.keys.admin)
      await page.locator('.sizer .row').first().waitFor()
      await look('agents')
      const agentId = expertflowId(agent)
      const panel = await console.open(agentId)
      await panel.locator('[data-action=NOT_READY]').click()
      await page
        .locator('dialog select option')
        .nth(1)
        .waitFor({ ...PATIENT, state: 'attached' })
      await look('reasons')
      await page.keyboard.press('Escape')
      await panel.locator('[data-action=FORCE]').click()
      await page.locator('.consequence').first().waitFor(PATIENT)
      await look('preview')
      await page.keyboard.press('Escape')
      await panel.locator('[data-action=READY]').click()
      await panel.locator('.command').first().waitFor(PATIENT)
      await look('agent')
      await page.getByRole('link', { name: 'Operations' }).click()
      await page.locator('.link-card').first().waitFor(PATIENT)
      await look('operations')
      expect(faults).toEqual([])
    },
    SLOW,
  )
})
