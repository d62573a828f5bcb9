import type { AgentState, AgentView, ViewReason } from '../../core/model/agent-state.js'

/** `pyAgentState` of Pega's Snapshot (vendors/pega-and-crm.md section 6.2). */
export const PEGA_STATES = ['Ready', 'NotReady', 'Login', 'Logout', 'Busy', 'Unknown'] as const
export type PegaState = (typeof PEGA_STATES)[number]

/** The values of `pyWorkMode` that we can tell apart; Pega's schema knows more. */
export const PEGA_WORK_MODES = ['MODE_NONE', 'ACW'] as const
export type PegaWorkMode = (typeof PEGA_WORK_MODES)[number]

/** Section 8.4, and section 11.2 for HOLD. RESERVED keeps the last state: a contact is only being offered. */
const STATE_OF: Readonly<Record<AgentState, PegaState | 'keep'>> = {
  LOGGED_OUT: 'Logout',
  LOGGING_IN: 'Login',
  NOT_READY: 'NotReady',
  READY: 'Ready',
  RESERVED: 'keep',
  BUSY: 'Busy',
  HOLD: 'Busy',
  WRAP_UP: 'NotReady',
  INTERRUPTED: 'Busy',
  UNKNOWN: 'Unknown',
}

/** How a reason is written in `pyReasonCode`: Pega compares texts, so it must be the form that its own list was filled with. */
export const REASON_FORMS = ['id', 'code', 'name', 'key'] as const
export type ReasonForm = (typeof REASON_FORMS)[number]

/** Of a query parameter that the validator has looked at. */
export function reasonFormOf(value: unknown): ReasonForm {
  return REASON_FORMS.find((known) => known === value) ?? 'id'
}

/** A view in Pega's words. */
export interface PegaView {
  readonly state: PegaState
  /** Empty: no reason. */
  readonly reasonCode: string
  readonly workMode: PegaWorkMode
}

/** `before`: what Pega was told last; a contact that is offered does not change it. A RESERVED agent of whom nothing was told was ready. */
export function pegaViewOf(view: Pick<AgentView, 'state' | 'reason'>, form: ReasonForm, before?: PegaView): PegaView {
  const state = STATE_OF[view.state]
  if (state === 'keep') return before ?? { state: 'Ready', reasonCode: '', workMode: 'MODE_NONE' }
  return { state, reasonCode: reasonText(view.reason, form), workMode: isAfterCallWork(view) ? 'ACW' : 'MODE_NONE' }
}

/** The platform's own wrap-up, or a NOT_READY whose reason stands for it. */
function isAfterCallWork({ state, reason }: Pick<AgentView, 'state' | 'reason'>): boolean {
  return state === 'WRAP_UP' || (state === 'NOT_READY' && reason?.key === 'WRAP_UP')
}

/** In the form asked for; where the platform's reason has none, in the next one that it has. Ids are unique, codes need not be. */
export function reasonText(reason: ViewReason | undefined, form: ReasonForm): string {
  if (reason === undefined) return ''
  const value = reason[form] ?? reason.id ?? reason.code ?? reason.name
  return value === undefined ? '' : String(value)
}
