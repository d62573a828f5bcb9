import { el } from './dom.js'
import { icon } from './icons.js'
import { clockTime, epoch } from './time.js'
import { STATES, stateWord, whoWords } from './words.js'

/** @typedef {import('./types.js').Agent} Agent */
/** @typedef {import('./types.js').AuditRow} AuditRow */
/** @typedef {import('./types.js').Command} Command */
/** @typedef {import('./types.js').Seen} Seen */

/**
 * One line of an agent's time line: a command, a state that was seen, what somebody did besides, or where the knowledge of states begins.
 *
 * @typedef {{ readonly at: number, readonly command?: Command, readonly seen?: Seen, readonly act?: AuditRow, readonly begins?: true }} Entry
 */

const ACTS = 100

/**
 * What the audit trail has of an agent besides its commands, which tell of themselves who asked.
 *
 * @param {import('./types.js').Api} api @param {string} platform @param {string} agentId
 * @returns {Promise<readonly AuditRow[]>}
 */
export async function actsOf(api, platform, agentId) {
  const query = new URLSearchParams({ platform, agentId, limit: String(ACTS) })
  const { rows } = /** @type {{ rows: AuditRow[] }} */ (await api.get(`/v1/audit?${query}`))
  return rows.filter(({ what }) => what !== 'command')
}

/**
 * Newest first. States are known since the page was opened, commands and acts from before, too: a line says where the states begin.
 *
 * @param {readonly Command[]} commands @param {readonly Seen[]} history newest first @param {readonly AuditRow[]} acts
 * @returns {readonly Entry[]}
 */
export function entriesOf(commands, history, acts) {
  const oldest = history.at(-1)
  /** @type {Entry[]} */
  const entries = [
    ...commands.map((command) => ({ at: epoch(command.acceptedAt) ?? 0, command })),
    ...acts.map((act) => ({ at: epoch(act.at) ?? 0, act })),
    ...history.map((seen) => ({ at: seen.at, seen })),
    ...(oldest === undefined ? [] : [{ at: oldest.at, begins: /** @type {const} */ (true) }]),
  ]
  return entries.sort((a, b) => b.at - a.at)
}

/** Everything but a command. @param {Entry} entry @param {number} now */
export function entryLine({ at, seen, act }, now) {
  const time = el('time', { class: 'num', datetime: new Date(at).toISOString() }, clockTime(at, now))
  if (seen !== undefined) return el('li', { class: 'seen' }, seenWords(seen), time)
  if (act !== undefined) return el('li', { class: 'seen act' }, actWords(act), time)
  return el('li', { class: 'begins' }, `States are known to this page since ${clockTime(at, now)}.`)
}

/** @param {Seen} seen */
function seenWords({ state, reason, stale, pendingState }) {
  const more = [
    reason,
    pendingState === undefined ? undefined : `then ${stateWord(pendingState).toLowerCase()}`,
    stale ? 'stale: link lost' : undefined,
  ]
  return [
    el('span', { class: 'badge', 'data-tone': STATES[state].tone }, icon(state), stateWord(state)),
    el('span', {}, more.filter(Boolean).join(' · ')),
  ]
}

/** @type {Readonly<Record<string, string>>} */
const ACT_WORDS = {
  preview: 'looked at what a forced logout would do',
  cancel: 'took a command back',
  replay: 'replayed a dead letter',
  denied: 'was not let',
}

/** @param {AuditRow} act */
function actWords({ what, principal, onBehalfOf, code, detail }) {
  const text = `${whoWords(principal, onBehalfOf)} ${ACT_WORDS[what] ?? what}`
  if (what !== 'denied') return [el('span', {}, text)]
  return [el('span', { class: 'fault' }, icon('warning'), ` ${text}`), el('span', {}, [code, detail].filter(Boolean).join(' · '))]
}
