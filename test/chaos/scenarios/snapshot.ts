import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chairsOf, readReasons, type Chair, type Reasons } from '../load.js'
import { agentOf, isAction, type Action, type Seen, type State } from '../model.js'
import { ended, orderFor, place, settleAll } from '../orders.js'
import type { Outcome } from '../report.js'
import type { Scenario } from '../scenario.js'
import { withSite, type Site } from '../site.js'
import { story } from '../story.js'
import { gather } from '../witnesses.js'

/** Long enough for leases to run out, for sweeps, and for the reads that a rolled-back engine asks for. */
const WATCH_MS = 30_000
const LIMIT_MS = 120_000

/**
 * A back-up of the engine with open commands is put back after newer ones have been done: what it wakes must not be sent.
 */
export const snapshot: Scenario = {
  text: 'an old engine snapshot with open commands is restored: none of them may be sent; new commands must work',
  run: (options, say) => withSite({ options }, say, (site) => rollBack(site, say)),
}

/**
 * What is open at the snapshot, and what comes after it: agents end logged in and not ready, so that a READY or a LOGOUT that
 * is sent once more would be taken, and seen.
 */
const olderOf = (at: number): Action => (at % 2 === 0 ? 'READY' : 'LOGOUT')
const newerOf = (at: number): Action => (at % 2 === 0 ? 'NOT_READY' : 'LOGIN')

async function rollBack(site: Site, say: (text: string) => void): Promise<Outcome> {
  const reasons = await readReasons(site)
  const chairs = chairsOf(site)
  await settleAll(
    site,
    chairs.map((chair) => orderFor(chair, 'LOGIN', reasons)),
    LIMIT_MS,
  )
  const copy = join(site.folder, 'snapshot')
  const open = await openCommands(site, chairs, reasons)
  await takeSnapshot(site, copy)
  say(`snapshot taken with ${open} open commands; newer ones follow`)
  for (const { proxies } of site.vendors) for (const proxy of proxies) proxy.refuse(false)
  await settleAll(
    site,
    chairs.map((chair, at) => orderFor(chair, newerOf(at), reasons)),
    LIMIT_MS,
  )
  const before = await states(site)
  await Promise.all(site.slots.map((slot) => slot.stop('SIGKILL')))
  await site.engine.server?.kill()
  await site.engine.restore(copy)
  await site.engine.server?.restart()
  const since = Date.now()
  site.diary.note('the old snapshot is restored')
  for (const slot of site.slots) slot.start()
  await Promise.all(site.slots.map((slot) => slot.ready()))
  say('the old snapshot is restored; watching the vendors')
  await sleep(WATCH_MS)
  const sent = (await journals(site)).filter((entry) => entry.at >= since && isAction(entry.asked) && !ruleOf(site, entry))
  const changed = [...(await states(site))].filter(([agent, state]) => before.get(agent) !== state)
  const seen = await gather(site, [], 5_000)
  const hung = seen.logged.filter(({ settledAt }) => settledAt === undefined)
  const works = await settleAll(
    site,
    chairs.slice(0, 20).map((chair) => orderFor(chair, 'LOGIN', reasons)),
    LIMIT_MS,
  )
  const refused = works.filter(({ status }) => status !== 'confirmed')
  return {
    counts: {
      obsoleteSent: sent.length,
      statesChanged: changed.length,
      hung: hung.length,
      newNotConfirmed: refused.length,
      tooFewOpen: open < chairs.length / 4 ? 1 : 0,
    },
    figures: { openAtSnapshot: open, commands: seen.logged.length },
    findings: [
      ...sent.map((entry) => `obsolete ${entry.asked} reached ${agentOf(entry)} (${entry.effect})`),
      ...changed.map(([agent, state]) => `${agent} is ${state}, was ${before.get(agent)}`),
      ...hung.map((command) => `${agentOf(command)} #${command.seq} ${command.action} is still ${command.status}`),
      ...refused.map((command) => `${agentOf(command)} new ${command.action} is ${command.status} ${command.code}`),
    ],
    stories: [...new Set(sent.map(agentOf))].slice(0, 2).map((agent) => story(agent, '', seen)),
  }
}

/** Vendors are away: what is asked for now stays open. Answers how many commands are. */
async function openCommands(site: Site, chairs: readonly Chair[], reasons: Reasons): Promise<number> {
  for (const { proxies } of site.vendors) for (const proxy of proxies) proxy.refuse(true)
  const placed = []
  for (const [at, chair] of chairs.entries()) placed.push(await place(site, orderFor(chair, olderOf(at), reasons)))
  await sleep(2000)
  const looked = await Promise.all(placed.map((told) => ended(site, told, 0)))
  return looked.filter(({ settledAt }) => settledAt === undefined).length
}

/** The embedded engine stands still only together with its gateway. */
async function takeSnapshot(site: Site, target: string): Promise<void> {
  const embedded = site.engine.server === undefined ? site.slots[0] : undefined
  embedded?.signal('SIGSTOP')
  try {
    await site.engine.snapshot(target)
  } finally {
    embedded?.signal('SIGCONT')
  }
  site.diary.note('snapshot of the engine')
}

async function states(site: Site): Promise<Map<string, State>> {
  const maps = await Promise.all(site.vendors.map((vendor) => vendor.states()))
  const mine = new Set(chairsOf(site).map(({ vendor, agentId }) => `${vendor.platform.id}/${agentId}`))
  return new Map(maps.flatMap((map) => [...map]).filter(([agent]) => mine.has(agent)))
}

async function journals(site: Site): Promise<Seen[]> {
  const all = await Promise.all(
    site.vendors.map(async (vendor) => (await vendor.journal()).filter(({ agentId }) => vendor.agents.includes(agentId ?? ''))),
  )
  return all.flat()
}

const ruleOf = (site: Site, entry: Seen): boolean => site.vendor(entry.platform).platform.upkeep(entry)
