import { relation, type Action, type CommandClass } from '../../src/core/model/command.js'
import { effectsOf, isFinal, next, type Operation } from '../../src/core/model/life-cycle.js'
import { commandAt, isMet, type State, type WorkerId } from './state.js'
import type { Rules } from './rules.js'

/** The command log of the model: its contract (command-log.ts) on one agent, by the table of life-cycle.ts. Each function is one atomic step and changes the state that it is given. */

const actionOf = (kind: CommandClass): Pick<Action, 'kind' | 'force'> => (kind === 'LOGOUT!' ? { kind: 'LOGOUT', force: true } : { kind })

export const isOpen = (state: State, c: number): boolean => {
  const { status } = commandAt(state, c)
  return status !== 'none' && !isFinal(status)
}

export function openOf(state: State): number[] {
  return state.commands.map((_command, c) => c).filter((c) => isOpen(state, c))
}

/** Carries out one operation of the life-cycle table; false when the table refuses it. */
export function apply(state: State, c: number, operation: Operation, force = false): boolean {
  const command = commandAt(state, c)
  const to = next(command.status, operation) ?? (force ? next('accepted', operation) : undefined)
  if (to === undefined) return false
  const effects = effectsOf(operation)
  command.status = to
  if (effects.attempts === 'plus-one') command.attempts += 1
  if (effects.attempts === 'minus-one') command.attempts = Math.max(0, command.attempts - 1)
  if (effects.attempts === 'zero') command.attempts = 0
  if (effects.crashes === 'plus-one') command.crashes += 1
  if (effects.crashes === 'zero') command.crashes = 0
  if (effects.pending === 'set') command.pending = true
  if (effects.pending === 'clear') command.pending = false
  return true
}

export function holds(state: State, by: WorkerId): boolean {
  return state.lease.owner === by && state.lease.live
}

/** The older open commands that the newcomer ends, or the one that refuses it. */
function replaces(state: State, c: number): { refused: boolean; replaced: readonly number[] } {
  const newer = actionOf(commandAt(state, c).kind)
  const relations = openOf(state).map((older) => ({ older, to: relation(newer, actionOf(commandAt(state, older).kind)) }))
  const barrier = relations.findLastIndex(({ to }) => to === 'waits')
  return {
    refused: relations.some(({ to }) => to === 'refused'),
    replaced: relations.slice(barrier + 1).flatMap(({ older, to }) => (to === 'replaces' ? [older] : [])),
  }
}

export type Appended = 'refused' | 'accepted' | 'begun'

export function append(state: State, c: number, begin: WorkerId | undefined, rules: Rules): Appended {
  const { refused, replaced } = replaces(state, c)
  if (refused) return 'refused'
  for (const older of replaced) {
    commandAt(state, older).obsolete = true
    if (rules.supersede) apply(state, older, 'supersede')
  }
  const command = commandAt(state, c)
  const free = state.lease.owner === 'none' || !rules.beginNeedsFreeLease
  const begins = begin !== undefined && free && openOf(state).length === 0
  apply(state, c, begins ? 'begin' : 'append')
  command.met = isMet(command.kind, state.vendor.state)
  if (begins) grant(state, begin)
  return begins ? 'begun' : 'accepted'
}

export type TakenBy = { readonly kind: 'idle' | 'held' } | { readonly kind: 'taken'; readonly head: number }

export function take(state: State, by: WorkerId, rules: Rules): TakenBy {
  const head = openOf(state)[0]
  if (head === undefined) return { kind: 'idle' }
  const { owner, live } = state.lease
  const others = owner !== 'none' && owner !== by
  if (others && (live || !rules.leaseEnds)) return { kind: 'held' }
  if (others && !commandAt(state, head).pending) apply(state, head, 'crash')
  grant(state, by)
  return { kind: 'taken', head }
}

/** Take and fence in one step, for what this worker has put off itself. */
export function retake(state: State, c: number, by: WorkerId, rules: Rules): boolean {
  const isNewest = state.workers[by].newest || !rules.retakeNeedsNewest
  if (state.lease.owner !== 'none' || !isNewest || openOf(state)[0] !== c || !apply(state, c, 'retake')) return false
  grant(state, by)
  return true
}

/** Every grant has a token of its own: those from before are not the newest any more. */
function grant(state: State, by: WorkerId): void {
  state.lease = { owner: by, live: true }
  for (const worker of state.workers) worker.newest = false
}

export function release(state: State, by: WorkerId): void {
  if (holds(state, by)) state.lease = { owner: 'none', live: false }
}

export function claimSend(state: State, c: number, by: WorkerId, rules: Rules): boolean {
  if (!holds(state, by)) return false
  return apply(state, c, 'claimSend', !rules.fence)
}

/** Settles without ending the turn: pending, and a caller's cancel (`by` is missing then). */
export function settle(state: State, c: number, operation: Operation, by: WorkerId | undefined, rules: Rules): boolean {
  if (by !== undefined && rules.settleNeedsLease && !holds(state, by)) return false
  return apply(state, c, operation, operation === 'cancel' && !rules.cancelAsksStatus && isOpen(state, c))
}

/** Settles, and answers the next command to go on with (the lease is kept) or releases the lease. */
export function finish(
  state: State,
  c: number,
  operation: Operation,
  by: WorkerId,
  rules: Rules,
): { readonly settled: boolean; readonly next: number | undefined } {
  const held = holds(state, by)
  if (!held && rules.settleNeedsLease) return { settled: false, next: undefined }
  const settled = apply(state, c, operation, !rules.finalStays)
  if (!held) return { settled, next: undefined }
  const head = openOf(state)[0]
  // What is tried again later is not due now, and what stands behind it waits.
  const due = head !== undefined && commandAt(state, head).status !== 'retrying' ? head : undefined
  if (due === undefined) release(state, by)
  return { settled, next: due }
}

export function undo(state: State, c: number, rules: Rules): void {
  const command = commandAt(state, c)
  command.undone = true
  if (command.status === 'sent' && !rules.undoTakesBackSent) return
  apply(state, c, 'undo')
}
