import { setTimeout as sleep } from 'node:timers/promises'
import { agentOf, isAction, type Logged, type Seen, type State, type Told, type Witnesses } from './model.js'
import { KEY, type Site } from './site.js'

const OPEN = new Set(['accepted', 'sent', 'retrying'])
const AT_ONCE = 16
const PAGE = 200

/** Waits until every command has ended, at most `settleMs`, then asks all three witnesses. The site must be left in peace. */
export async function gather(site: Site, told: readonly Told[], settleMs: number): Promise<Witnesses> {
  const url = await somebody(site)
  const agents = site.vendors.flatMap(({ platform, agents: ids }) => ids.map((agentId) => ({ platform: platform.id, agentId })))
  const until = Date.now() + settleMs
  let logged = (await inParallel(agents, (agent) => history(url, agent))).flat()
  for (;;) {
    const open = new Set(logged.filter(({ status }) => OPEN.has(status)).map(agentOf))
    if (open.size === 0 || Date.now() > until) break
    await sleep(500)
    const fresh = (
      await inParallel(
        agents.filter((agent) => open.has(agentOf(agent))),
        (agent) => history(url, agent),
      )
    ).flat()
    logged = [...logged.filter((command) => !open.has(agentOf(command))), ...fresh]
  }
  const ids = new Set(told.flatMap(({ commandId }) => (commandId === undefined ? [] : [commandId])))
  const unknown = await inParallel([...ids], async (id) => ((await get(`${url}/v1/commands/${id}`)).status === 404 ? [id] : []))
  const seen: Seen[] = []
  const states = new Map<string, State>()
  for (const vendor of site.vendors) {
    // Others that reach a vendor, such as the gateway's own supervisor, are not what is judged.
    seen.push(...(await vendor.journal()).filter(({ agentId }) => agentId !== undefined && vendor.agents.includes(agentId)))
    for (const [agent, state] of await vendor.states()) states.set(agent, state)
  }
  return { told, logged, seen, states, deeds: site.diary.deeds, unknownIds: new Set(unknown.flat()) }
}

/** Any gateway that is ready. */
async function somebody(site: Site): Promise<string> {
  await Promise.all(site.slots.map((slot) => slot.ready()))
  return site.slots[0]?.url ?? ''
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++
      results[at] = await work(items[at] as T)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}

/** How long a gateway is asked again that does not answer, ms: the only one of an embedded engine may be restarting on a machine with other work. */
const PATIENCE_MS = 60_000

/** The witness must be heard: a busy or restarting gateway is asked again. */
export async function get(url: string): Promise<Response> {
  for (const until = performance.now() + PATIENCE_MS; ;) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${KEY}` }, signal: AbortSignal.timeout(10_000) }).catch(
      () => undefined,
    )
    if (response !== undefined && (response.ok || response.status === 404)) return response
    if (performance.now() >= until)
      throw new Error(`${url}: ${response === undefined ? 'no answer' : `${response.status} ${await response.text()}`}`)
    await sleep(250)
  }
}

async function history(url: string, agent: { platform: string; agentId: string }): Promise<Logged[]> {
  const commands: Logged[] = []
  for (let before: number | undefined; ;) {
    const query = `limit=${PAGE}${before === undefined ? '' : `&before=${before}`}`
    const response = await get(`${url}/v1/platforms/${agent.platform}/agents/${agent.agentId}/commands?${query}`)
    const page = ((await response.json()) as { commands: Record<string, unknown>[] }).commands
    commands.push(...page.map((command) => loggedOf(agent.platform, agent.agentId, command)))
    if (page.length < PAGE) return commands
    before = commands.at(-1)?.seq
  }
}

export function loggedOf(platform: string, agentId: string, command: Readonly<Record<string, unknown>>): Logged {
  const text = (name: string): string | undefined => (typeof command[name] === 'string' ? command[name] : undefined)
  const instant = (name: string): number | undefined => (text(name) === undefined ? undefined : Date.parse(text(name) ?? ''))
  const action = text('action')
  const sentAt = instant('sentAt')
  const settledAt = instant('settledAt')
  const code = (command['problem'] as { code?: string } | undefined)?.code
  return {
    id: text('id') ?? '',
    platform,
    agentId,
    action: isAction(action) ? action : 'LOGIN',
    force: command['force'] === true,
    status: text('status') ?? '',
    attempts: Number(command['attempts']),
    seq: Number(command['seq']),
    acceptedAt: instant('acceptedAt') ?? 0,
    ...(sentAt !== undefined && { sentAt }),
    ...(settledAt !== undefined && { settledAt }),
    ...(text('supersededBy') !== undefined && { supersededBy: text('supersededBy') ?? '' }),
    ...(code !== undefined && { code }),
    ...(text('onBehalfOf') !== undefined && { token: text('onBehalfOf') ?? '' }),
  }
}
