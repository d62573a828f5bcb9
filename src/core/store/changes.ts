import type { StatusChange } from '../command-log.js'
import { isFinal, type Command } from '../model/command.js'
import { effectsOf, next, OPEN_STATUSES, settleOperation, type OpenStatus, type Operation } from '../model/life-cycle.js'

/** What a log knows of a command beside its draft. Members that are missing are not set, one by one: each command comes by here. */
export type Progress = { -readonly [K in 'status' | 'seq' | 'attempts']: Command[K] } & { -readonly [K in keyof Command]?: Command[K] }

/** Fields of a command that an operation may clear. */
export type Cleared = 'pending' | 'nextAttemptAt' | 'crashes'

/** A change with what the life-cycle table says of it, so that one step in SQL or Lua can make it without knowing the rules. */
export interface RuledChange {
  /** Statuses in which it is allowed. Empty: the table knows no such change. */
  readonly from: readonly OpenStatus[]
  /** To clear before the fields are written. */
  readonly clear: readonly Cleared[]
  readonly giveAttemptBack: boolean
  /** Settled at `now` unless the caller says when; missing while it stays open. */
  readonly fields: Omit<StatusChange, 'giveAttemptBack'>
}

/** `finishing`: whoever worked on it has come to a result, so that no crash in a row is left. */
export function ruledChange(change: StatusChange, now: number, finishing: boolean): RuledChange {
  const operation = settleOperation(change)
  const fields = given(change)
  if (operation === undefined) return { from: [], clear: [], giveAttemptBack: false, fields }
  const { from, clear, giveAttemptBack, clearsNextAttempt } = ruleOf(operation, finishing)
  if (isFinal(change.status)) fields.settledAt = change.settledAt ?? now
  if (change.nextAttemptAt !== undefined && !clearsNextAttempt) fields.nextAttemptAt = change.nextAttemptAt
  return { from, clear, giveAttemptBack, fields }
}

/** What is written as it was given. One property after the other: every ended command comes by here. */
function given({ status, confirmedBy, unchanged, pending, problem }: StatusChange): {
  -readonly [K in keyof RuledChange['fields']]: RuledChange['fields'][K]
} {
  const fields: ReturnType<typeof given> = { status }
  if (confirmedBy !== undefined) fields.confirmedBy = confirmedBy
  if (unchanged !== undefined) fields.unchanged = unchanged
  if (pending !== undefined) fields.pending = pending
  if (problem !== undefined) fields.problem = problem
  return fields
}

type Rule = Omit<RuledChange, 'fields'> & { readonly clearsNextAttempt: boolean }

/** What the table says of an operation is the same every time: two rules for each, made once. */
const RULES = new Map<string, Rule>()

function ruleOf(operation: Operation, finishing: boolean): Rule {
  const name = finishing ? `${operation}!` : operation
  const known = RULES.get(name)
  if (known !== undefined) return known
  const rule = makeRule(operation, finishing)
  RULES.set(name, rule)
  return rule
}

function makeRule(operation: Operation, finishing: boolean): Rule {
  const effects = effectsOf(operation)
  const clear: Cleared[] = []
  if (effects.pending === 'clear') clear.push('pending')
  if (effects.nextAttemptAt === 'clear') clear.push('nextAttemptAt')
  if (effects.crashes === 'zero' || finishing) clear.push('crashes')
  return {
    from: OPEN_STATUSES.filter((status) => next(status, operation) !== undefined),
    clear,
    giveAttemptBack: effects.attempts === 'minus-one',
    clearsNextAttempt: effects.nextAttemptAt === 'clear',
  }
}
