import { setTimeout as sleep } from 'node:timers/promises'
import { chairsOf, NO_REASONS, type Chair } from '../load.js'
import type { Logged } from '../model.js'
import { ended, orderFor, place } from '../orders.js'
import { platformNamed, withoutReasons, type ChaosPlatform } from '../platforms.js'
import { createAllowance, startRateLimitedFront, type Allowance } from '../rate-limited-front.js'
import { quantile, tally, type Outcome } from '../report.js'
import type { Scenario } from '../scenario.js'
import { withSite, type Site, type SiteSettings } from '../site.js'
import { startVendor } from '../vendors.js'
import { get } from '../witnesses.js'

const PLATFORM = calmly(withoutReasons(platformNamed('cisco-finesse')))
const AGENTS = 1_000
const PER_SECOND = 2
/** After so long the gateway must have learned the rate from the 429s. */
const WARM_UP_MS = 10_000
/** All logins must have ended after so many times what the vendor's rate alone would take (1,000 at 2 a second: 500 s); then the run goes on. */
const PATIENCE = 3
const LINK_LIMIT_MS = 60_000
const FORCED_EVERY_MS = 5_000
const FORCED_BOUND_MS = 1_000
/** A flapping client: so many agents, so many commands each, so far apart. */
const FLAPS = { agents: 10, commands: 20, everyMs: 100 } as const
const FLAP_LIMIT_MS = 120_000
const SAVED = 0.3
/** Nobody is in a hurry here: what is asked for at the start of the shift is worth doing until the last one is in. */
const EXPIRY_MS = 7_200_000

/**
 * Everybody logs in at once at a vendor that takes two calls a second and answers 429 beyond. Forced logouts must not queue
 * behind the logins; then a client changes its mind faster than the vendor can follow.
 */
export const shiftStart: Scenario = {
  text: 'a vendor with 2 calls a second (--rate) and 429 beyond: --agents N (1000) log in at once, forced logouts between, then a flapping client',
  async run(options, say) {
    const perSecond = options.rate ?? PER_SECOND
    const allowance = createAllowance(perSecond, Math.max(1, perSecond))
    const expiryMs = { LOGIN: EXPIRY_MS, READY: EXPIRY_MS, NOT_READY: EXPIRY_MS, LOGOUT: EXPIRY_MS }
    const settings: SiteSettings = {
      options,
      platforms: [PLATFORM],
      agents: options.agents ?? AGENTS,
      config: { expiryMs },
      vendor: (platform, agents, seed) =>
        startVendor(platform, agents, seed, {
          front: async (endpoint, behind) => (endpoint.protocol === 'http:' ? startRateLimitedFront(allowance, behind.port) : undefined),
        }),
    }
    return withSite(settings, say, (site) => shift(site, allowance, perSecond, say))
  },
}

/** With the adapter's own times: the storms' short ones would use up the vendor's allowance for the upkeep of the link. */
function calmly(platform: ChaosPlatform): ChaosPlatform {
  return {
    ...platform,
    configure: (endpoints, agents) => {
      const { options, ...rest } = platform.configure(endpoints, agents)
      const { pollMs: _pollMs, reconnectMinMs: _min, reconnectMaxMs: _max, confirmWithinMs: _within, ...own } = options
      return { ...rest, options: own }
    },
  }
}

async function shift(site: Site, allowance: Allowance, perSecond: number, say: (text: string) => void): Promise<Outcome> {
  const chairs = chairsOf(site)
  await linksUp(site)
  allowance.begin()
  const began = Date.now()
  const limitMs = Math.max(120_000, (chairs.length / perSecond) * 1000 * PATIENCE)
  const logins = []
  for (const chair of chairs) logins.push(await place(site, orderFor(chair, 'LOGIN', NO_REASONS)))
  say(`${logins.length} logins accepted in ${Date.now() - began} ms`)
  let over = false
  const forced = forcedLogouts(site, chairs, () => over)
  const done: Logged[] = []
  for (const [at, told] of logins.entries()) {
    done.push(await ended(site, told, Math.max(0, began + limitMs - Date.now())))
    if (at % 50 === 49) say(`${at + 1} logins have ended, ${Math.round((Date.now() - began) / 1000)} s`)
  }
  over = true
  const waits = await forced
  const loginsOverAt = Date.now()
  const flapping = await flap(site, chairs.slice(-FLAPS.agents), allowance)
  const late429 = allowance.calls.filter(({ at, refused }) => refused && at > began + WARM_UP_MS && at <= loginsOverAt)
  const notIn = done.filter(({ status }) => status !== 'confirmed')
  const lateForced = waits.filter((ms) => ms > FORCED_BOUND_MS)
  return {
    counts: {
      loginsNotConfirmed: notIn.length,
      forcedLogoutLate: lateForced.length,
      refused429AfterWarmUp: late429.length,
      flappingNotSettled: flapping.open,
      savedTooLittle: flapping.saved < SAVED ? 1 : 0,
      gatewayEnded: site.slots.reduce((sum, { deaths }) => sum + deaths, 0),
    },
    figures: {
      agents: chairs.length,
      loginSeconds: Math.round((loginsOverAt - began) / 1000),
      vendorCalls: allowance.calls.length,
      refused429: allowance.calls.filter(({ refused }) => refused).length,
      forcedLogouts: waits.length,
      forcedWaitMsWorst: Math.round(Math.max(0, ...waits)),
      forcedWaitMsMedian: Math.round(quantile(waits, 0.5)),
      flappingCommands: flapping.commands,
      flappingCalls: flapping.calls,
      flappingSaved: `${Math.round(flapping.saved * 100)} %`,
      statuses: tally(done.map(({ status }) => status)),
    },
    findings: [
      ...notIn.slice(0, 10).map(({ agentId, status, code }) => `LOGIN of ${agentId} is ${status} ${code ?? ''}`),
      ...lateForced.slice(0, 10).map((ms) => `a forced logout reached the vendor after ${Math.round(ms)} ms`),
      ...late429.slice(0, 10).map(({ at, text }) => `429 after the warm-up: ${text}, ${at - began} ms after the first login`),
      ...(flapping.saved < SAVED ? [`${flapping.calls} vendor calls for ${flapping.commands} commands of the flapping client`] : []),
    ],
    stories: [],
  }
}

/** The shift begins at a site that works: every gateway has its notifications. */
async function linksUp(site: Site): Promise<void> {
  const until = Date.now() + LINK_LIMIT_MS
  for (const { url } of site.slots) {
    for (;;) {
      const platform = (await (await get(`${url}/v1/platforms/${PLATFORM.id}`)).json()) as { link: { status: string } }
      if (platform.link.status === 'up') break
      if (Date.now() > until) throw new Error(`the link of ${url} is ${platform.link.status}`)
      await sleep(200)
    }
  }
}

/** Now and then somebody who is in is logged out by force. Answers ms from each request to its arrival at the vendor. */
async function forcedLogouts(site: Site, chairs: readonly Chair[], over: () => boolean): Promise<number[]> {
  const asked: { agentId: string; at: number }[] = []
  const vendor = site.vendor(PLATFORM.id)
  while (!over()) {
    await sleep(FORCED_EVERY_MS)
    const states = await vendor.states()
    const gone = new Set(asked.map(({ agentId }) => agentId))
    const chair = chairs.find(({ agentId }) => !gone.has(agentId) && states.get(`${PLATFORM.id}/${agentId}`) === 'NOT_READY')
    if (chair === undefined || over()) continue
    asked.push({ agentId: chair.agentId, at: Date.now() })
    await place(site, orderFor(chair, 'LOGOUT', NO_REASONS, { force: true }))
  }
  await sleep(2 * FORCED_BOUND_MS)
  const journal = await vendor.journal()
  return asked.map(({ agentId, at }) => {
    const arrived = journal.find((entry) => entry.agentId === agentId && entry.asked === 'LOGOUT' && entry.at >= at)
    return arrived === undefined ? Number.MAX_SAFE_INTEGER : arrived.at - at
  })
}

async function flap(
  site: Site,
  chairs: readonly Chair[],
  allowance: Allowance,
): Promise<{ commands: number; calls: number; saved: number; open: number }> {
  const before = allowance.calls.length
  const placed = await Promise.all(
    chairs.map(async (chair) => {
      const mine = []
      for (let turn = 0; turn < FLAPS.commands; turn += 1) {
        mine.push(await place(site, orderFor(chair, turn % 2 === 0 ? 'READY' : 'NOT_READY', NO_REASONS)))
        await sleep(FLAPS.everyMs)
      }
      return mine
    }),
  )
  const until = Date.now() + FLAP_LIMIT_MS
  const commands: Logged[] = []
  // One agent's after the other: hundreds of questions at once would be a load of their own.
  await Promise.all(
    placed.map(async (mine) => {
      for (const told of mine) commands.push(await ended(site, told, Math.max(0, until - Date.now())))
    }),
  )
  const calls = allowance.calls.slice(before).filter(({ text }) => chairs.some(({ agentId }) => text.includes(`/User/${agentId}`))).length
  return {
    commands: commands.length,
    calls,
    saved: 1 - calls / commands.length,
    open: commands.filter(({ settledAt }) => settledAt === undefined).length,
  }
}
