import { expect } from 'vitest'
import { SECRETS, type Answer, type Api } from './api.js'

/** The API of one platform as its tests use it. */
export interface PlatformApi {
  readonly api: Api
  /** A command, waiting up to 15 s for its end. */
  ask(agentId: string, body: object, key?: string): Promise<Answer>
  /** A command, answered at once. */
  later(agentId: string, body: object, key?: string): Promise<Answer>
  state(agentId: string, query?: string): Promise<Answer['body']>
  command(answer: Answer): Promise<Answer['body']>
  /** The command once it has ended. */
  ended(answer: Answer, timeoutMs?: number): Promise<Answer['body']>
  link(): Promise<Record<string, unknown>>
  up(timeoutMs?: number): Promise<void>
}

export function platformApi(api: Api, platform: string): PlatformApi {
  const base = `/v1/platforms/${platform}`
  const post = (agentId: string, body: object, prefer: string, key: string): Promise<Answer> =>
    api.call('POST', `${base}/agents/${agentId}/commands`, { body, key, headers: { prefer } })
  const command = async (answer: Answer): Promise<Answer['body']> =>
    (await api.call('GET', String(answer.headers.get('location')), { key: SECRETS.admin })).body
  const link = async (): Promise<Record<string, unknown>> =>
    (await api.call('GET', base)).body['link'] as unknown as Record<string, unknown>
  return {
    api,
    ask: (agentId, body, key = SECRETS.supervisor) => post(agentId, body, 'wait=15', key),
    later: (agentId, body, key = SECRETS.supervisor) => post(agentId, body, 'respond-async', key),
    state: async (agentId, query = '') => (await api.call('GET', `${base}/agents/${agentId}/state${query}`)).body,
    command,
    async ended(answer, timeoutMs = 20_000) {
      await expect.poll(async () => (await command(answer))['settledAt'], { timeout: timeoutMs, interval: 50 }).toBeDefined()
      return command(answer)
    },
    link,
    async up(timeoutMs = 15_000) {
      await expect.poll(async () => (await link())['status'], { timeout: timeoutMs, interval: 20 }).toBe('up')
    },
  }
}
