import { CtiError } from '../../core/model/error.js'
import type { components, operations } from '../../generated/vendors/cxone.js'

type Schemas = components['schemas']
/** The contract is openapi/vendors/cxone.yaml: what does not fit it does not compile. */
type StateWord = Schemas['SetState']['state']
type EndFlags = NonNullable<operations['endSession']['parameters']['query']>

/** One change that the gateway may ask of CXone: what a step carries. Plain data; no secrets, no session ids (they rotate). */
export type CxoneRequest =
  | { readonly call: 'set-state'; readonly state: StateWord; readonly outStateId?: string }
  | { readonly call: 'logout' }
  | {
      readonly call: 'start-session'
      readonly stationId?: string
      readonly stationPhoneNumber?: string
      readonly inactivityTimeout?: number
      readonly asAgentId?: string
    }
  | { readonly call: 'join-session'; readonly asAgentId: string; readonly login: boolean }
  | { readonly call: 'session-state'; readonly state: StateWord; readonly reason?: string; readonly reasonId?: string }
  | ({ readonly call: 'end-session' } & Readonly<EndFlags>)

/** An HTTP request below `services/v{N}.0/`. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly parameters?: Readonly<Record<string, string>>
  /** Parameters that the vendor takes from the query only, whatever the switch says (QA12: flags of the session end). */
  readonly queryOnly?: boolean
}

const text = (values: Readonly<Record<string, boolean | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])))

/** One segment of a path. Dots alone would climb up the path, encoded or not; no agent and no session is called so. */
export function segment(value: string): string {
  if (/^\.{0,2}$/.test(value)) throw new CtiError('AGENT_NOT_FOUND', { detail: 'this is no id' })
  return encodeURIComponent(value)
}

/**
 * The HTTP request of a step. Every value is a text, as the automation that runs against real clusters sends it (vendors/cxone.md
 * section 3). `session` is the current session id; the description for people passes a placeholder.
 */
export function toApiRequest(request: CxoneRequest, agentId: string, session: string): ApiRequest {
  switch (request.call) {
    case 'set-state':
      return {
        method: 'POST',
        path: `agents/${segment(agentId)}/state`,
        parameters: {
          state: request.state,
          ...(request.outStateId !== undefined && { outStateId: request.outStateId }),
        } satisfies Schemas['SetState'],
      }
    case 'logout':
      return { method: 'POST', path: `agents/${segment(agentId)}/logout` }
    case 'start-session': {
      const { call: _call, inactivityTimeout, ...fields } = request
      const parameters = { ...fields, ...(inactivityTimeout !== undefined && { inactivityTimeout: String(inactivityTimeout) }) }
      return { method: 'POST', path: 'agent-sessions', parameters: parameters satisfies Schemas['StartSession'] }
    }
    case 'join-session':
      return { method: 'POST', path: 'agent-sessions/join', parameters: { asAgentId: request.asAgentId } satisfies Schemas['JoinSession'] }
    case 'session-state':
      return {
        method: 'POST',
        path: `agent-sessions/${segment(session)}/state`,
        parameters: {
          state: request.state,
          ...(request.reason !== undefined && { reason: request.reason }),
        } satisfies Schemas['SessionState'],
      }
    case 'end-session': {
      const { call: _call, ...flags } = request
      return { method: 'DELETE', path: `agent-sessions/${segment(session)}`, parameters: text(flags), queryOnly: true }
    }
  }
}
