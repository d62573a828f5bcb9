import type { GlobalState, MrdState } from './vocabulary.js'

/** What the rules of one MRD look at. */
export interface MrdSituation {
  readonly state: MrdState
  /** Open tasks of the agent on this MRD; an offer that is not accepted yet does not count. */
  readonly tasks: number
  /** The agent's capacity on it (`maxAgentTasks`). */
  readonly max: number
  /** An offer (reserved task) is open on this MRD. */
  readonly reserved: boolean
  /** False: the state is kept by an outside system (CISCO_CC). */
  readonly managed: boolean
}

export type Load = 'none' | 'some' | 'below-max' | 'at-max'

/** One row: missing columns match everything; the first row that matches decides. `same` means no change. */
export interface MrdRule {
  readonly request: MrdState
  readonly global?: 'READY' | 'other'
  readonly managed?: boolean
  readonly reserved?: boolean
  readonly max?: 'zero' | 'positive'
  readonly from?: readonly MrdState[]
  readonly load?: Load
  readonly to: MrdState | 'same'
  readonly source: string
}

/** MRD states that can be asked for; any other request is dropped without an event (expertflow.md §8.5, row 6). */
export const REQUESTABLE_MRD_STATES = ['READY', 'NOT_READY', 'ACTIVE', 'BUSY'] as const

/** expertflow.md §8.5. A request without a matching row leaves the state as it is. */
export const MRD_RULES: readonly MrdRule[] = [
  { request: 'READY', global: 'other', to: 'same', source: '§8.5 READY, guard' },
  { request: 'READY', max: 'zero', from: ['PENDING_NOT_READY'], to: 'BUSY', source: '§8.5 READY with max = 0' },
  { request: 'READY', max: 'zero', to: 'NOT_READY', source: '§8.5 READY with max = 0: every other state' },
  { request: 'READY', from: ['NOT_READY'], load: 'none', to: 'READY', source: '§8.5 READY' },
  { request: 'READY', from: ['ACTIVE', 'BUSY'], load: 'none', to: 'READY', source: '§8.5 READY' },
  { request: 'READY', from: ['PENDING_NOT_READY'], load: 'none', to: 'READY', source: '§8.5 READY' },
  { request: 'READY', from: ['PENDING_NOT_READY'], load: 'below-max', to: 'ACTIVE', source: '§8.5 READY' },
  { request: 'READY', from: ['PENDING_NOT_READY'], load: 'at-max', to: 'BUSY', source: '§8.5 READY' },
  { request: 'NOT_READY', managed: false, to: 'NOT_READY', source: '§8.5 NOT_READY, externally managed: any' },
  { request: 'NOT_READY', reserved: true, to: 'same', source: '§8.5 NOT_READY, guard: reserved task on this MRD' },
  { request: 'NOT_READY', from: ['READY'], to: 'NOT_READY', source: '§8.5 NOT_READY' },
  { request: 'NOT_READY', from: ['ACTIVE', 'BUSY'], to: 'PENDING_NOT_READY', source: '§8.5 NOT_READY' },
  { request: 'NOT_READY', from: ['PENDING_NOT_READY'], load: 'none', to: 'NOT_READY', source: '§8.5 NOT_READY' },
  { request: 'ACTIVE', from: ['READY', 'BUSY'], to: 'ACTIVE', source: '§8.5 ACTIVE' },
  { request: 'BUSY', from: ['ACTIVE', 'READY', 'PENDING_NOT_READY', 'NOT_READY'], to: 'BUSY', source: '§8.5 BUSY' },
]

/** Whether the engine has a handler for this request at all. Without one there is no change and no event. */
export function hasMrdHandler(request: MrdState): boolean {
  return (REQUESTABLE_MRD_STATES as readonly MrdState[]).includes(request)
}

/** The MRD state after a request of an agent (or of the Finesse bridge), expertflow.md §8.5. */
export function mrdStateAfterRequest(request: MrdState, global: GlobalState, mrd: MrdSituation): MrdState {
  const rule = MRD_RULES.find((row) => row.request === request && matches(row, global, mrd))
  return rule === undefined || rule.to === 'same' ? mrd.state : rule.to
}

function matches(row: MrdRule, global: GlobalState, mrd: MrdSituation): boolean {
  return (
    (row.global === undefined || (row.global === 'READY') === (global === 'READY')) &&
    (row.managed === undefined || row.managed === mrd.managed) &&
    (row.reserved === undefined || row.reserved === mrd.reserved) &&
    (row.max === undefined || (row.max === 'zero') === (mrd.max === 0)) &&
    (row.from === undefined || row.from.includes(mrd.state)) &&
    (row.load === undefined || loadIs(row.load, mrd.tasks, mrd.max))
  )
}

/** The load words of the tables in numbers. */
export function loadIs(load: Load, tasks: number, max: number): boolean {
  switch (load) {
    case 'none':
      return tasks === 0
    case 'some':
      return tasks > 0
    case 'below-max':
      return tasks > 0 && tasks < max
    case 'at-max':
      return tasks >= max
  }
}
