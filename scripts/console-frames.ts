import { performance } from 'node:perf_hooks'
import type { Browser, Page } from 'playwright-core'
import { loopbackOver } from '../src/adapters/loopback/index.js'
import { createLoopbackVendor, type LoopbackVendor } from '../src/adapters/loopback/vendor.js'
import { defineAdapter } from '../src/core/adapter.js'
import { systemClock } from '../src/core/clock.js'
import { SECRETS, startApi, testConfig } from '../test/support/api.js'
import { openBrowser } from '../test/support/browser.js'
import { openConsole } from '../test/support/console-page.js'
import { z } from 'zod'

/**
 * `npx tsx scripts/console-frames.ts [agents] [events a second] [seconds]`: how smoothly the console's list scrolls in a real browser while
 * events come in. Prints the time from frame to frame, what the page's main thread computed for one task (CPU time, which a busy machine does
 * not stretch), and the long tasks.
 */

const [agents = 10_000, perSecond = 200, seconds = 20] = process.argv.slice(2).map(Number)
/** A longer frame is seen as a jerk, ms. */
const LONG_MS = 50
/** Events come in small lots, as from a platform. */
const LOT_MS = 50

/** Scrolls by some rows each frame, from the top to the end and back, now and then by a whole page; gives the times of the frames. */
const SCROLL = `(async (ms) => {
  const scroller = document.querySelector('#agents')
  const times = [], long = []
  new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })
  let step = 90
  const until = performance.now() + ms
  for (let count = 0; performance.now() < until; count += 1) {
    times.push(await new Promise(requestAnimationFrame))
    if (scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1) step = -90
    if (scroller.scrollTop === 0) step = 90
    scroller.scrollTop += count % 60 === 0 ? Math.sign(step) * scroller.clientHeight * 20 : step
  }
  await new Promise((resolve) => setTimeout(resolve, 100))
  return { frames: times.slice(1).map((at, index) => at - times[index]), long }
})`

interface Scrolled {
  readonly frames: readonly number[]
  readonly long: readonly number[]
}

interface TraceEvent {
  readonly name: string
  readonly tid: number
  readonly pid: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

function line(name: string, values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(sorted, share).toFixed(1))
  const slow = sorted.filter((value) => value > LONG_MS).length
  return `| ${name} | ${sorted.length} | ${p50} | ${p95} | ${p99} | ${(sorted.at(-1) ?? 0).toFixed(1)} | ${slow} |`
}

/** CPU time of the tasks of the page's main thread, ms; those that did nothing worth mentioning are left out. */
function mainThreadTasks(trace: Buffer): readonly number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] }
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  )
  return traceEvents
    .filter(({ name, pid, tid }) => name.endsWith('RunTask') && mains.has(`${pid} ${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000)
    .filter((ms) => ms > 0.1)
}

/** Agents begin and end conversations, evenly, until stopped. */
function bustle(vendor: LoopbackVendor): { readonly done: () => number; stop(): void } {
  let told = 0
  const begun = performance.now()
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond)
    for (; told < due; told += 1) {
      const agent = `agent${1 + ((told * 7919) % agents)}`
      if (told % agents < agents / 2 === (Math.floor(told / agents) % 2 === 0)) vendor.talk(agent)
      else vendor.hangUp(agent)
    }
  }, LOT_MS)
  return { done: () => told, stop: () => clearInterval(timer) }
}

async function measure(page: Page, browser: Browser, vendor: LoopbackVendor): Promise<void> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] })
  const busy = bustle(vendor)
  const { frames, long } = await page.evaluate<Scrolled>(`${SCROLL}(${seconds * 1000})`)
  busy.stop()
  const tasks = mainThreadTasks(await browser.stopTracing())
  process.stdout.write(
    [
      `${agents} agents, ${Math.round(busy.done() / seconds)} events/s, ${seconds} s of scrolling`,
      '',
      `| ms | count | p50 | p95 | p99 | max | over ${LONG_MS} |`,
      '|---|---|---|---|---|---|---|',
      line('from frame to frame', frames),
      line('main thread, CPU of one task', tasks),
      line('long tasks (wall clock)', long),
      '',
    ].join('\n'),
  )
}

async function main(): Promise<void> {
  let made: LoopbackVendor | undefined
  const adapter = defineAdapter({
    kind: 'loopback',
    options: z.looseObject({}),
    create: ({ clock }) => loopbackOver((made = createLoopbackVendor({ agents, latencyMs: 0 }, clock)), () => systemClock.now()),
  })
  const config = testConfig({ platforms: [{ id: 'loopback', adapter: 'loopback', options: {} }] })
  const api = await startApi({ config, adapters: { loopback: () => Promise.resolve(adapter) as never } })
  const browser = await openBrowser()
  try {
    if (made === undefined) throw new Error('no platform')
    await api.call('GET', '/v1/platforms/loopback/agents?limit=1')
    const { page, signIn } = await openConsole(browser, api.url)
    await signIn(SECRETS.supervisor)
    await page.getByText(`${agents} of ${agents} agents`, { exact: true }).waitFor({ timeout: 120_000 })
    await measure(page, browser, made)
  } finally {
    await browser.close()
    await api.stop()
  }
}

await main()
