import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Locator, Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface ConsolePage {
  readonly page: Page
  /** What the browser complained of: broken scripts, violations of the content security policy. Answers of the API are none. */
  readonly complaints: readonly string[]
  signIn(key: string): Promise<void>
  /** The row of an agent, sought by its id. */
  row(agentId: string): Promise<Locator>
  /** Opens one agent, and gives its panel. */
  open(agentId: string): Promise<Locator>
  /** What axe has to say of the page as it is, one line each. */
  axe(): Promise<readonly string[]>
}

export interface PageLooks {
  readonly width?: number
  readonly height?: number
  readonly scheme?: 'light' | 'dark'
}

const API_ANSWER = /^Failed to load resource: the server responded with a status of [45]\d\d/

export async function openConsole(browser: Browser, url: string, looks: PageLooks = {}): Promise<ConsolePage> {
  const { width = 1440, height = 900, scheme = 'light' } = looks
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' })
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !API_ANSWER.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => void complaints.push(error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) complaints.push(`asks another origin: ${request.url()}`)
  })
  await page.goto(`${url}/console`)
  const row = async (agentId: string): Promise<Locator> => {
    await page.getByLabel('Search').fill(agentId)
    const found = page.locator('.sizer .row').filter({ hasText: agentId })
    await found.first().waitFor()
    return found.first()
  }
  return {
    page,
    complaints,
    async signIn(key) {
      await page.getByLabel('Key', { exact: true }).fill(key)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.locator('#desk').waitFor({ state: 'visible' })
    },
    row,
    async open(agentId) {
      await (await row(agentId)).click()
      const panel = page.locator('.panel').filter({ hasText: agentId })
      await panel.waitFor()
      return panel
    },
    async axe() {
      // Not as a script of the page: its policy lets none in.
      await page.evaluate(AXE)
      return page.evaluate(async () => {
        interface Result {
          readonly violations: readonly {
            readonly id: string
            readonly help: string
            readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
          }[]
        }
        const { axe } = globalThis as unknown as { axe: { run(): Promise<Result> } }
        const { violations } = await axe.run()
        return violations.flatMap(({ id, help, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`),
        )
      })
    },
  }
}
