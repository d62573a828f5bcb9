import { setTimeout as sleep } from 'node:timers/promises'
import { insist, type Order } from './client.js'
import { pick, type Chair, type Reasons } from './load.js'
import type { Action, Logged, Told } from './model.js'
import type { Site } from './site.js'
import { get, loggedOf } from './witnesses.js'

const TRIES = 60
let serial = 0

/** An order with what the platform needs for it: station, reason. */
export function orderFor(
  { vendor, agentId, at }: Chair,
  action: Action,
  reasons: Reasons,
  more: { force?: boolean; waitMs?: number } = {},
): Order {
  const { platform } = vendor
  const ids = action === 'NOT_READY' || action === 'LOGOUT' ? (reasons.get(`${platform.id}/${agentId} ${action}`) ?? []) : []
  const needed = more.force !== true && (action === 'NOT_READY' || action === 'LOGOUT') && platform.reasons[action] === 'always'
  serial += 1
  return {
    platform: platform.id,
    agentId,
    action,
    ...(more.force === true && { force: true }),
    body: { ...platform.body(action, at), ...(needed && ids.length > 0 && { reason: pick(ids, () => 0) }) },
    waitMs: more.waitMs ?? 0,
    key: `o${serial}`,
  }
}

/** Sends until it is accepted; fails when nobody takes it. */
export async function place(site: Site, order: Order): Promise<Told & { readonly commandId: string }> {
  const urls = site.slots.map(({ url }) => url)
  const told = await insist(urls, order, serial % urls.length, TRIES, () => undefined)
  if (told?.commandId === undefined) throw new Error(`${order.action} of ${order.platform}/${order.agentId}: ${told?.status} ${told?.code}`)
  return { ...told, commandId: told.commandId }
}

/** The command when it has ended, or as it is after `limitMs`. */
export async function ended(site: Site, told: { readonly commandId: string }, limitMs: number): Promise<Logged> {
  const until = Date.now() + limitMs
  for (;;) {
    const body = (await (await get(`${site.slots[0]?.url}/v1/commands/${told.commandId}`)).json()) as Record<string, unknown>
    const command = loggedOf(String(body['platform']), String(body['agentId']), body)
    if (command.settledAt !== undefined || Date.now() > until) return command
    await sleep(200)
  }
}

/** Places one order for each, at most `atOnce` at a time, and waits for their ends. */
export async function settleAll(site: Site, orders: readonly Order[], limitMs: number, atOnce = 20): Promise<Logged[]> {
  const results: Logged[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < orders.length) {
      const at = next++
      results[at] = await ended(site, await place(site, orders[at] as Order), limitMs)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

/** Calls `work` so often a second for so long, whether or not earlier calls have ended, and waits for all. */
export async function paced(perSecond: number, seconds: number, work: (index: number) => Promise<void>): Promise<void> {
  const began = performance.now()
  const running: Promise<void>[] = []
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const wait = began + (index * 1000) / perSecond - performance.now()
    if (wait > 0) await sleep(wait)
    running.push(work(index))
  }
  await Promise.all(running)
}
