import type { FinalStatus } from '../model/life-cycle.js'
import type { Cleared, RuledChange } from './changes.js'
import { FINAL_LETTERS, OPEN_WORDS, splitHead } from './redis-codec.js'

export const markOf = (value: boolean | undefined, yes: string, no: string): string => (value === undefined ? '' : value ? yes : no)

const CLEARED = { pending: 'p', nextAttemptAt: 'n', crashes: 'c' } as const satisfies Readonly<Record<Cleared, string>>

const marksOf = ({ confirmedBy, unchanged, pending }: RuledChange['fields']): string =>
  `${confirmedBy?.[0] ?? ''}${markOf(unchanged, 'u', 'U')}${markOf(pending, 'p', 'P')}`

/**
 * A change as the scripts take it: status, settledAt, nextAttemptAt, marks, letters of what to clear before, `1` to give an attempt back,
 * statuses in which it is allowed, and to the end the problem.
 */
export function packChange({ from, clear, giveAttemptBack, fields }: RuledChange): string {
  const { status, settledAt = '', nextAttemptAt = '', problem } = fields
  const rule = `${inWords(clear, CLEARED)} ${giveAttemptBack ? '1' : ''} ${inWords(from)}`
  return `${status} ${settledAt} ${nextAttemptAt} ${marksOf(fields)} ${rule} ${problem === undefined ? '' : JSON.stringify(problem)}`
}

/** The lists are those of a few rules, the same ones each time. */
const words = new WeakMap<readonly string[], string>()

function inWords(list: readonly string[], names?: Readonly<Record<string, string>>): string {
  const known = words.get(list)
  if (known !== undefined) return known
  const text = names === undefined ? list.join(',') : list.map((name) => names[name] ?? '').join('')
  words.set(list, text)
  return text
}

/** What the head of an open command says (`OPEN_WORDS`), as far as its end needs it; instants '' when they are not there. */
export interface OpenHead {
  readonly seq: number
  readonly id: string
  readonly status: string
  readonly attempts: number
  readonly acceptedAt: number
  readonly sentAt: number | ''
  readonly nextAttemptAt: number | ''
  readonly marks: string
  readonly crashes: string
  readonly problem: string
}

const instant = (word: string | undefined): number | '' => (word === undefined || word === '' ? '' : Number(word))

export function readOpenHead(head: string): OpenHead {
  const { words: found, problem = '' } = splitHead(head, OPEN_WORDS.length)
  const [seq, id = '', status = '', attempts, acceptedAt, , , , sentAt, next, marks = '', crashes = ''] = found
  return {
    seq: Number(seq),
    id,
    status,
    attempts: Number(attempts),
    acceptedAt: Number(acceptedAt),
    sentAt: instant(sentAt),
    nextAttemptAt: instant(next),
    marks,
    crashes,
    problem,
  }
}

/** Letters of three kinds, at most one of each, in this order; a newer one wins. */
function mergedMarks(old: string, newer: string): string {
  if (old === '' || newer === '') return old + newer
  const either = (letters: RegExp): string => letters.exec(newer)?.[0] ?? letters.exec(old)?.[0] ?? ''
  return either(/[er]/) + either(/[uU]/) + either(/[pP]/)
}

/**
 * The record of an open command that ends by this change. Undefined when the change is not allowed, gives an attempt back (no end does), or an
 * instant is no whole number: the script writes such a one by its own rules.
 */
export function finalRecord(
  { head, body }: { readonly head: OpenHead; readonly body: string },
  { from, clear, giveAttemptBack, fields }: RuledChange,
): { readonly record: string; readonly settledAt: number } | undefined {
  const letter: string | undefined = FINAL_LETTERS[fields.status as FinalStatus]
  const { settledAt, problem } = fields
  const { seq, id, acceptedAt, sentAt } = head
  if (letter === undefined || settledAt === undefined || giveAttemptBack) return undefined
  if (!(from as readonly string[]).includes(head.status)) return undefined
  if (!Number.isSafeInteger(settledAt) || !Number.isSafeInteger(acceptedAt) || !Number.isSafeInteger(Number(sentAt))) return undefined
  const kept = head.marks !== '' && clear.includes('pending') ? head.marks.replace(/[pP]/g, '') : head.marks
  const sent = sentAt === '' ? '' : sentAt - acceptedAt
  const crashes = clear.includes('crashes') ? '' : head.crashes
  const told = problem === undefined ? head.problem : JSON.stringify(problem)
  const words = `${seq} ${id} ${letter} ${head.attempts} ${settledAt} ${settledAt - acceptedAt} ${sent} ${mergedMarks(kept, marksOf(fields))} ${crashes}  ${told}`
  return { record: `${words.trimEnd()}\n${body}`, settledAt }
}
