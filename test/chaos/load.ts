import { setTimeout as sleep } from 'node:timers/promises'
import { mulberry32 } from '../../src/simulators/kit/faults.js'
import { insist, type Order } from './client.js'
import type { Action, Told } from './model.js'
import type { ChaosPlatform } from './platforms.js'
import type { Site } from './site.js'
import type { Vendor } from './vendors.js'
import { get } from './witnesses.js'

/** How often a client repeats a request: long enough for a gateway to come back, short enough for the storm to go on. */
const TRIES = 9

/** Clients that send random commands until they are stopped. One client has its own agents, so that an agent's requests are in order. */
export interface Load {
  readonly told: readonly Told[]
  readonly accepted: number
  stop(): Promise<void>
}

/** Mixed as a contact center does: mostly breaks and returns, some logins and logouts. */
const MIX: readonly { readonly action: Action; readonly force?: true; readonly weight: number }[] = [
  { action: 'READY', weight: 6 },
  { action: 'NOT_READY', weight: 6 },
  { action: 'LOGIN', weight: 5 },
  { action: 'LOGOUT', weight: 2 },
  { action: 'LOGOUT', force: true, weight: 1 },
]

export interface Chair {
  readonly vendor: Vendor
  readonly agentId: string
  readonly at: number
}

/** One of them, seeded. */
export const pick = <T>(items: readonly T[], random: () => number): T => items[Math.floor(random() * items.length)] as T

/** Reason ids by platform, agent and action, as the gateway lists them: a platform may have lists of its own for each team. */
export type Reasons = ReadonlyMap<string, readonly string[]>

export const NO_REASONS: Reasons = new Map()

export async function readReasons(site: Site): Promise<Reasons> {
  const reasons = new Map<string, readonly string[]>()
  for (const { platform, agents } of site.vendors) {
    for (const type of ['NOT_READY', 'LOGOUT'] as const) {
      if (platform.reasons[type] === 'never') continue
      for (const agentId of agents) reasons.set(`${platform.id}/${agentId} ${type}`, await reasonIds(site, platform.id, agentId, type))
    }
  }
  return reasons
}

async function reasonIds(site: Site, platform: string, agentId: string, type: string): Promise<readonly string[]> {
  const response = await get(`${site.slots[0]?.url}/v1/platforms/${platform}/reasons?type=${type}&agentId=${agentId}`)
  const { reasons } = (await response.json()) as { reasons: { id: string; name: string; system: boolean; key?: string }[] }
  // Codes for the time after a contact stand for a state of their own, and a call-back gives the agent's contacts away.
  return reasons.filter(({ system, key, name }) => !system && key !== 'WRAP_UP' && !/acw|after|callback/i.test(name)).map(({ id }) => id)
}

export function chairsOf(site: Site): Chair[] {
  return site.vendors.flatMap((vendor) => vendor.agents.map((agentId, at): Chair => ({ vendor, agentId, at })))
}

export interface LoadSettings {
  readonly clients: number
  readonly seed: number
  /** Agents whom the load leaves alone, as `platform/agentId`. */
  readonly except?: ReadonlySet<string>
}

export async function startLoad(site: Site, settings: LoadSettings): Promise<Load> {
  const reasons = await readReasons(site)
  const told: Told[] = []
  const urls = site.slots.map(({ url }) => url)
  const chairs = chairsOf(site).filter(({ vendor, agentId }) => settings.except?.has(`${vendor.platform.id}/${agentId}`) !== true)
  let running = true
  let accepted = 0

  const client = async (number: number): Promise<void> => {
    const mine = chairs.filter((_chair, at) => at % settings.clients === number)
    const random = mulberry32(settings.seed * 7919 + number)
    const keep = (answer: Told): void => void told.push(answer)
    for (let serial = 1; running && mine.length > 0; serial += 1) {
      const key = `c${number}-${serial}`
      // A shift begins with everybody's login.
      const newcomer = mine[serial - 1]
      const chair = newcomer ?? pick(mine, random)
      const order = newcomer === undefined ? randomOrder(chair, key, random, reasons) : loginOf(newcomer, key)
      const answer = await insist(urls, order, Math.floor(random() * urls.length), TRIES, keep)
      if (answer?.commandId !== undefined) accepted += 1
      await sleep(5 + random() * 40)
    }
  }
  const all = Array.from({ length: settings.clients }, (_, number) => client(number))
  return {
    told,
    get accepted() {
      return accepted
    },
    async stop() {
      running = false
      await Promise.all(all)
    },
  }
}

export function loginOf({ vendor, agentId, at }: Chair, key: string): Order {
  return { platform: vendor.platform.id, agentId, action: 'LOGIN', body: vendor.platform.body('LOGIN', at), waitMs: 0, key }
}

export function randomOrder({ vendor, agentId, at }: Chair, key: string, random: () => number, reasons: Reasons): Order {
  const { platform } = vendor
  let draw = random() * MIX.reduce((sum, { weight }) => sum + weight, 0)
  const drawn = MIX.find(({ weight }) => (draw -= weight) < 0) ?? MIX[0]!
  const waits = random()
  return {
    platform: platform.id,
    agentId,
    action: drawn.action,
    ...(drawn.force && { force: true }),
    body: { ...platform.body(drawn.action, at), ...reasonOf(drawn.action, drawn.force === true, agentId, platform, random, reasons) },
    waitMs: waits < 0.5 ? 0 : waits < 0.9 ? 1000 : 3000,
    key,
  }
}

function reasonOf(
  action: Action,
  force: boolean,
  agentId: string,
  { id, reasons: rule }: ChaosPlatform,
  random: () => number,
  reasons: Reasons,
) {
  if ((action !== 'NOT_READY' && action !== 'LOGOUT') || force || rule[action] === 'never') return {}
  if (rule[action] === 'sometimes' && random() < 0.5) return {}
  const ids = reasons.get(`${id}/${agentId} ${action}`) ?? []
  return ids.length === 0 ? {} : { reason: pick(ids, random) }
}
