import { setTimeout as sleep } from 'node:timers/promises'
import type { Told } from './verdict.js'

export interface LoadSettings {
  readonly url: string
  readonly key: string
  readonly platform: string
  readonly agents: readonly string[]
  readonly random: () => number
}

/** Clients that send random commands until they are stopped. One client has its own agents, so that an agent's requests are in order. */
export interface Load {
  readonly told: readonly Told[]
  stop(): Promise<void>
}

/** Mixed as a contact center does: mostly breaks and returns, some logins and logouts. */
const ACTIONS = ['LOGIN', 'READY', 'READY', 'NOT_READY', 'NOT_READY', 'LOGOUT', 'LOGIN'] as const

export function startLoad(settings: LoadSettings, clients: number): Load {
  const told: Told[] = []
  let running = true
  let serial = 0
  const client = async (mine: readonly string[]): Promise<void> => {
    while (running) {
      const agentId = mine[Math.floor(settings.random() * mine.length)] as string
      const action = ACTIONS[Math.floor(settings.random() * ACTIONS.length)] as string
      const wait = settings.random() < 0.5 ? 'respond-async' : 'wait=1'
      serial += 1
      const answer = await ask(settings, agentId, action, wait, `t${serial}`)
      told.push(answer)
      // As a client does that reads Retry-After: a gateway that is starting is not hammered.
      await sleep(answer.commandId === undefined ? 250 : 5 + settings.random() * 25)
    }
  }
  const all = Array.from({ length: clients }, (_, index) => client(settings.agents.filter((_agent, at) => at % clients === index)))
  return {
    told,
    async stop() {
      running = false
      await Promise.all(all)
    },
  }
}

async function ask({ url, key, platform }: LoadSettings, agentId: string, action: string, prefer: string, token: string): Promise<Told> {
  try {
    const response = await fetch(`${url}/v1/platforms/${platform}/agents/${agentId}/commands`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', prefer, 'x-on-behalf-of': token },
      body: JSON.stringify({ action }),
      signal: AbortSignal.timeout(15_000),
    })
    const body = (await response.json()) as { id?: string; commandId?: string }
    const commandId = body.id ?? body.commandId
    return { token, agentId, action, status: response.status, at: Date.now(), ...(commandId !== undefined && { commandId }) }
  } catch {
    return { token, agentId, action, status: 0, at: Date.now() }
  }
}
