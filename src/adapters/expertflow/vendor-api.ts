import { CtiError } from '../../core/model/error.js'
import { callError, type Answer, type Service } from './faults.js'
import { harmless, type Call, type HttpClient } from './http-client.js'
import { parsePresence, type Presence } from './presence.js'
import type { ServiceToken } from './service-token.js'

/** The REST calls of sections 9 and 10, with the gateway's own token. */
export interface VendorApi {
  presence(agentId: string, signal: AbortSignal): Promise<Presence>
  presences(signal: AbortSignal): Promise<readonly Presence[]>
  reasonDocuments(signal: AbortSignal): Promise<readonly unknown[]>
  taskDocuments(agentId: string, signal: AbortSignal): Promise<readonly unknown[]>
  /** A document of the conversation manager; its failures say nothing of the platform's health, which works without it. */
  conversation(path: string, signal: AbortSignal): Promise<unknown>
  /** One exchange that changes something; never repeated, not even with a new token. */
  change(method: 'PUT' | 'POST', path: string, body: unknown, signal: AbortSignal): Promise<void>
}

/**
 * Guarantees: reads log in anew once when the token is refused; their failures have no effect. A successful status with
 * something else than JSON of the right kind is VENDOR_PROTOCOL.
 */
export function createVendorApi(http: HttpClient, token: ServiceToken | undefined, onOutcome: (reached: boolean) => void): VendorApi {
  const once = async (call: Call, signal: AbortSignal): Promise<Answer> => {
    const tells = call.service !== 'conversation-manager'
    try {
      const answer = await http.exchange(call, signal)
      if (tells) onOutcome(answer.status < 500)
      return answer
    } catch (error) {
      if (tells && !signal.aborted) onOutcome(false)
      throw error
    }
  }

  const read = async (service: Service, path: string, signal: AbortSignal, params?: Readonly<Record<string, string>>): Promise<unknown> => {
    const call: Call = { service, method: 'GET', path, ...(params !== undefined && { params }) }
    try {
      let bearer = (await token?.get(signal))?.token
      let answer = await once({ ...call, token: bearer }, signal)
      if (answer.status === 401 && bearer !== undefined) {
        token?.refused(bearer)
        bearer = (await token?.get(signal))?.token
        answer = await once({ ...call, token: bearer }, signal)
      }
      if (answer.status < 200 || answer.status > 299) throw callError(answer, false)
      return answer.body
    } catch (error) {
      throw harmless(error)
    }
  }

  const list = async (
    service: Service,
    path: string,
    signal: AbortSignal,
    params?: Readonly<Record<string, string>>,
  ): Promise<readonly unknown[]> => {
    const body = await read(service, path, signal, params)
    if (Array.isArray(body)) return body as unknown[]
    throw strange(service, 'a list was expected', 'none')
  }

  return {
    async presence(agentId, signal) {
      const presence = parsePresence(await read('routing-engine', `/agents/${encodeURIComponent(agentId)}/states`, signal))
      if (presence === undefined) throw strange('routing-engine', 'an agent presence was expected', 'none')
      return presence
    },
    async presences(signal) {
      const all = await list('routing-engine', '/agents/states', signal)
      return all.map(parsePresence).filter((presence) => presence !== undefined)
    },
    reasonDocuments: (signal) => list('unified-admin', '/reasons', signal),
    taskDocuments: (agentId, signal) => list('routing-engine', '/tasks', signal, { agentId }),
    conversation: (path, signal) => read('conversation-manager', path, signal),
    async change(method, path, body, signal) {
      const bearer = (
        await token?.get(signal).catch((error: unknown) => {
          throw harmless(error)
        })
      )?.token
      const answer = await once({ service: 'routing-engine', method, path, body, token: bearer }, signal)
      if (answer.status === 401 && bearer !== undefined) {
        token?.refused(bearer)
        throw new CtiError('VENDOR_AUTH', { effect: 'none', retry: 'later', detail: 'the token has expired; a new one is made' })
      }
      if (answer.status < 200 || answer.status > 299) throw callError(answer, true)
      if (typeof answer.body === 'string' && answer.body.trimStart().startsWith('<')) {
        throw strange('routing-engine', 'JSON was expected, markup came', 'unknown')
      }
    },
  }
}

function strange(system: Service, detail: string, effect: 'none' | 'unknown'): CtiError {
  return new CtiError('VENDOR_PROTOCOL', { effect, detail, fault: { system, code: 'unexpected-body' } })
}
