import { loadIs, type Load } from './mrd-rules.js'
import type { MrdState } from './vocabulary.js'

/** What the system, not a person, does to an MRD (expertflow.md §8.6 and §12.2). */
export type SystemTrigger =
  'login' | 'task-active' | 'task-closed' | 'failover' | 'logout' | 'interrupt' | 'resume' | 'offer' | 'offer-gone'

export interface SystemRule {
  readonly trigger: SystemTrigger
  readonly from?: readonly MrdState[]
  /** `first`: this is the only task now (t = 1). */
  readonly load?: Load | 'first'
  readonly to: MrdState
  readonly source: string
}

/** First matching row decides; no row, no change. */
export const SYSTEM_RULES: readonly SystemRule[] = [
  { trigger: 'login', from: ['LOGIN'], to: 'NOT_READY', source: '§8.6 Login' },
  { trigger: 'task-active', load: 'at-max', to: 'BUSY', source: '§8.6 Task becomes active' },
  { trigger: 'task-active', load: 'first', to: 'ACTIVE', source: '§8.6 Task becomes active' },
  { trigger: 'task-closed', from: ['PENDING_NOT_READY'], load: 'none', to: 'NOT_READY', source: '§8.6 Task closes' },
  { trigger: 'task-closed', from: ['BUSY'], load: 'none', to: 'READY', source: '§8.6 Task closes' },
  { trigger: 'task-closed', from: ['BUSY'], load: 'below-max', to: 'ACTIVE', source: '§8.6 Task closes' },
  { trigger: 'task-closed', from: ['ACTIVE'], load: 'none', to: 'READY', source: '§8.6 Task closes' },
  { trigger: 'failover', to: 'UNKNOWN', source: '§8.6 Failover' },
  { trigger: 'logout', to: 'LOGOUT', source: '§8.6 Logout' },
  // Which states can be interrupted and what follows is not documented; only working states are taken (unverified).
  { trigger: 'interrupt', from: ['READY', 'ACTIVE', 'BUSY'], to: 'INTERRUPTED', source: '§12.2' },
  { trigger: 'resume', from: ['INTERRUPTED'], load: 'none', to: 'READY', source: '§12.2 (unverified)' },
  { trigger: 'resume', from: ['INTERRUPTED'], load: 'below-max', to: 'ACTIVE', source: '§12.2 (unverified)' },
  { trigger: 'resume', from: ['INTERRUPTED'], load: 'at-max', to: 'BUSY', source: '§12.2 (unverified)' },
  { trigger: 'offer', from: ['READY', 'ACTIVE'], to: 'RESERVED', source: '§8.1 RESERVED, newer documents' },
  { trigger: 'offer-gone', from: ['RESERVED'], load: 'none', to: 'READY', source: '§8.1 RESERVED, newer documents' },
  { trigger: 'offer-gone', from: ['RESERVED'], load: 'some', to: 'ACTIVE', source: '§8.1 RESERVED, newer documents' },
]

/** The MRD state after something the system did. `tasks` is the number after the event. */
export function mrdStateAfterSystem(trigger: SystemTrigger, mrd: { state: MrdState; tasks: number; max: number }): MrdState {
  const rule = SYSTEM_RULES.find(
    (row) =>
      row.trigger === trigger &&
      (row.from === undefined || row.from.includes(mrd.state)) &&
      (row.load === undefined || (row.load === 'first' ? mrd.tasks === 1 : loadIs(row.load, mrd.tasks, mrd.max))),
  )
  return rule?.to ?? mrd.state
}

/** Whether a task of this MRD may be offered to the agent (expertflow.md §8.7). */
export function isRoutable(agent: { state: string; reserved: boolean; onNonInterruptible: boolean }, mrdState: MrdState): boolean {
  return agent.state === 'READY' && (mrdState === 'READY' || mrdState === 'ACTIVE') && !agent.reserved && !agent.onNonInterruptible
}
