import { cxoneSimulator } from '../../../src/simulators/cxone/index.js'
import { runSimulator, type RunningSimulator } from '../../../src/simulators/kit/run.js'

/** The defaults of the simulator's options. */
export const KEY = { id: 'SIMKEY7RJ3VTQ2XW5N4M====', secret: 'SIMSECRET+4Q/ZP6LK2UYB7A====' }
export const CLIENT = { id: 'sim-client@cxone', secret: 'sim+client/secret==' }

export const basic = (id = CLIENT.id, secret = CLIENT.secret) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`

export interface Answer {
  readonly status: number
  readonly description: string | null
  readonly headers: Headers
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface Tenant {
  readonly running: RunningSimulator
  readonly url: string
  token(username?: string, password?: string): Promise<string>
  /** A call of the ACD API; `bearer` is the API user's token unless given. */
  api(method: string, path: string, body?: unknown, bearer?: string): Promise<Answer>
  event(type: string, body?: Record<string, unknown>): unknown
  /** Agent as the control API shows him. */
  agent(id: string): Readonly<Record<string, unknown>>
  /** Waits until the agent is in this state. */
  until(id: string, state: string): Promise<void>
  stop(): Promise<void>
}

export async function fetchAnswer(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init)
  const text = await response.text()
  const body = text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : ({} as Answer['body'])
  return { status: response.status, description: response.headers.get('icStatusDescription'), headers: response.headers, text, body }
}

export async function startTenant(options: Record<string, string> = {}): Promise<Tenant> {
  const running = await runSimulator(cxoneSimulator, { options: { loggedIn: '4', effectMinMs: '5', effectMaxMs: '15', ...options } })
  const url = running.simulator.endpoints['issuer']!
  let own: string | undefined
  const token = async (username = KEY.id, password = KEY.secret) => {
    const answer = await fetchAnswer(`${url}/auth/token`, {
      method: 'POST',
      headers: { authorization: basic() },
      body: new URLSearchParams({ grant_type: 'password', username, password }),
    })
    if (answer.status !== 200) throw new Error(answer.text)
    return String(answer.body['access_token'])
  }
  const agent = (id: string) => running.simulator.agents().find((known) => known['agentId'] === id)!
  return {
    running,
    url,
    token,
    async api(method, path, body, bearer) {
      own ??= await token()
      return fetchAnswer(`${url}/incontactapi/services/v34.0${path}`, {
        method,
        headers: { authorization: `Bearer ${bearer ?? own}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    },
    event: (type, body = {}) => running.simulator.event(type, body),
    agent,
    async until(id, state) {
      const deadline = Date.now() + 3000
      while (agent(id)['state'] !== state) {
        if (Date.now() > deadline) throw new Error(`agent ${id} is ${String(agent(id)['state'])}, not ${state}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    stop: () => running.stop(),
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
