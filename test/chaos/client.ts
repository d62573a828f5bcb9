import { setTimeout as sleep } from 'node:timers/promises'
import type { Action, Told } from './model.js'
import { KEY } from './site.js'

/** A client gives up an answer after its wait and this, ms; the gateway's bound is far below. */
export const PATIENCE_MS = 12_000
/** Retry-After is honoured up to this, ms: the storm must go on. */
const LONGEST_PAUSE_MS = 1_000

export interface Order {
  readonly platform: string
  readonly agentId: string
  readonly action: Action
  readonly force?: boolean
  /** Further members of the body. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly waitMs: number
  readonly key: string
}

/** One HTTP request; never throws. */
export async function ask(url: string, gateway: number, order: Order, token: string): Promise<Told> {
  const { platform, agentId, action, force, waitMs, key } = order
  const began = performance.now()
  const base = { token, key, platform, agentId, action, waitMs, gateway, ...(force === true && { force }) }
  const timing = (): { at: number; tookMs: number } => ({ at: Date.now(), tookMs: performance.now() - began })
  try {
    const response = await fetch(`${url}/v1/platforms/${platform}/agents/${agentId}/commands`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${KEY}`,
        'content-type': 'application/json',
        'idempotency-key': key,
        'x-on-behalf-of': token,
        prefer: waitMs === 0 ? 'respond-async' : `wait=${waitMs / 1000}`,
      },
      body: JSON.stringify({ action, ...(force === true && { force }), ...order.body }),
      signal: AbortSignal.timeout(waitMs + PATIENCE_MS),
    })
    const answer = readAnswer(await response.text())
    return { ...base, ...timing(), status: response.status, ...answer }
  } catch {
    return { ...base, ...timing(), status: 0 }
  }
}

/** What an answer's body tells. Fails when it is no JSON. */
export function readAnswer(text: string): Pick<Told, 'commandId' | 'commandStatus' | 'effect' | 'code'> {
  const body = JSON.parse(text === '' ? '{}' : text) as Readonly<Record<string, string | undefined>>
  const commandId = body['id'] ?? body['commandId']
  const commandStatus = body['commandStatus'] ?? (body['id'] === undefined ? undefined : body['status'])
  return {
    ...(commandId !== undefined && { commandId }),
    ...(commandStatus !== undefined && { commandStatus: String(commandStatus) }),
    ...(body['effect'] !== undefined && { effect: body['effect'] }),
    ...(body['code'] !== undefined && { code: body['code'] }),
  }
}

/**
 * Sends as a decent client does: after a broken connection, a 503 that accepted nothing or a 409 of its own first request it
 * asks again with the same Idempotency-Key, at the next gateway, until it knows or has tried often enough.
 */
export async function insist(
  urls: readonly string[],
  order: Order,
  first: number,
  tries: number,
  told: (answer: Told) => void,
): Promise<Told | undefined> {
  let last: Told | undefined
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const gateway = (first + attempt) % urls.length
    last = await ask(urls[gateway] as string, gateway, order, `${order.key}.${attempt + 1}`)
    told(last)
    const again = last.status === 0 || (last.status === 503 && last.commandId === undefined) || last.code === 'IDEMPOTENCY_IN_FLIGHT'
    if (!again) return last
    await sleep(Math.min(LONGEST_PAUSE_MS, 100 * 2 ** attempt))
  }
  return last
}
