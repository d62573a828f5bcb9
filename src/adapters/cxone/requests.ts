/** One change that the gateway may ask of CXone: what a step carries. Plain data; no secrets, no session ids (they rotate). */
export type CxoneRequest =
  | { readonly call: 'set-state'; readonly state: 'Available' | 'Unavailable'; readonly outStateId?: string; readonly onContact: boolean }
  | { readonly call: 'logout' }
  | {
      readonly call: 'start-session'
      readonly stationId?: string
      readonly stationPhoneNumber?: string
      readonly inactivityTimeout?: number
      readonly asAgentId?: string
    }
  | { readonly call: 'join-session'; readonly asAgentId: string; readonly login: boolean }
  | { readonly call: 'session-state'; readonly state: 'Available' | 'Unavailable'; readonly reason?: string; readonly reasonId?: string }
  | {
      readonly call: 'end-session'
      readonly forceLogoff?: boolean
      readonly endContacts?: boolean
      readonly ignorePersonalQueue?: boolean
    }

/** An HTTP request below `services/v{N}.0/`. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly parameters?: Readonly<Record<string, string>>
  /** Parameters that the vendor takes from the query only, whatever the switch says (QA12: flags of the session end). */
  readonly queryOnly?: boolean
}

const text = (values: Readonly<Record<string, string | number | boolean | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])))

const segment = (value: string): string => encodeURIComponent(value)

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
        parameters: text({ state: request.state, outStateId: request.outStateId }),
      }
    case 'logout':
      return { method: 'POST', path: `agents/${segment(agentId)}/logout` }
    case 'start-session': {
      const { call: _call, ...fields } = request
      return { method: 'POST', path: 'agent-sessions', parameters: text(fields) }
    }
    case 'join-session':
      return { method: 'POST', path: 'agent-sessions/join', parameters: { asAgentId: request.asAgentId } }
    case 'session-state':
      return {
        method: 'POST',
        path: `agent-sessions/${segment(session)}/state`,
        parameters: text({ state: request.state, reason: request.reason }),
      }
    case 'end-session': {
      const { call: _call, ...flags } = request
      return { method: 'DELETE', path: `agent-sessions/${segment(session)}`, parameters: text(flags), queryOnly: true }
    }
  }
}
