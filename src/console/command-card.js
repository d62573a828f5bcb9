import { el } from './dom.js'
import { fact } from './facts.js'
import { icon } from './icons.js'
import { clockTime, epoch } from './time.js'
import { actionWord, evidenceWords, isOpen, STATUSES, whoWords } from './words.js'

/** @typedef {import('./types.js').Command} Command */

/**
 * One command with its evidence, as it stands in a time line or among the dead letters.
 *
 * @param {Command} command
 * @param {object} parts
 * @param {number} parts.now
 * @param {boolean} [parts.withAgent] name the agent too
 * @param {readonly (Node | null)[]} [parts.buttons]
 */
export function commandCard(command, { now, withAgent = false, buttons = [] }) {
  const { word, tone } = STATUSES[command.status] ?? { word: command.status, tone: 'out' }
  const acceptedAt = epoch(command.acceptedAt) ?? now
  return el(
    'div',
    { class: 'card command', 'data-command': command.id, 'data-status': command.status },
    el(
      'div',
      { class: 'line' },
      el('span', { class: 'what' }, withAgent ? `${actionWord(command)} · ${command.platform} · ${command.agentId}` : actionWord(command)),
      el('span', { class: 'badge', 'data-tone': tone }, icon(isOpen(command) ? 'stale' : tone === 'alarm' ? 'warning' : 'READY'), word),
      el('time', { class: 'num', datetime: command.acceptedAt }, clockTime(acceptedAt, now)),
    ),
    el('p', { class: 'evidence' }, sentence(command)),
    retryLine(command),
    el('dl', { class: 'facts' }, factsOf(command, now)),
    problemBox(command),
    buttons.some((button) => button !== null) ? el('div', { class: 'buttons' }, buttons) : null,
  )
}

/** @param {Command} command */
function sentence(command) {
  const took = (epoch(command.settledAt) ?? Number.NaN) - (epoch(command.acceptedAt) ?? Number.NaN)
  const text = evidenceWords(command)
  return Number.isNaN(took) ? text : `${text} · ${took < 1000 ? `${took} ms` : `${(took / 1000).toFixed(1)} s`}`
}

/** @param {Command} command */
function retryLine({ status, nextAttemptAt }) {
  const at = epoch(nextAttemptAt)
  return status !== 'retrying' || at === undefined
    ? null
    : el('p', { class: 'retry' }, 'Next attempt ', el('span', { class: 'num', 'data-until': at }))
}

/** @param {Command} command @param {number} now */
function factsOf({ reason, requestedBy, onBehalfOf, attempts, channel, settledAt, supersededBy }, now) {
  const settled = epoch(settledAt)
  return [
    fact('Asked by', whoWords(requestedBy, onBehalfOf)),
    fact('Reason', reason),
    fact('Channel', channel),
    fact('Attempts', attempts > 1 ? String(attempts) : undefined),
    fact('Ended', settled === undefined ? undefined : clockTime(settled, now)),
    fact('Replaced by', supersededBy),
  ].flat()
}

/** The hint of an error is about the attempt; the attempts of a dead letter are over. */
const DECIDE =
  'Look at the state of the agent. If it is still wanted, replay it: the gateway reads the state first, and sends only what is missing.'

/** What the vendor said. @param {Command} command */
function problemBox({ problem, status }) {
  if (problem === undefined) return null
  const { code, title, detail, hint, vendorSystem, vendorCode, vendorName, vendorMessage, vendorStatus, vendorRequestId, effect } = problem
  return el(
    'div',
    { class: 'problem' },
    el('p', {}, el('strong', {}, title), detail === undefined || detail === title ? '' : ` ${detail}`),
    el(
      'dl',
      { class: 'facts' },
      fact('Code', code),
      fact('Platform said', [vendorStatus, vendorCode, vendorName, vendorMessage].filter((part) => part !== undefined).join(' ')),
      fact('Said by', vendorSystem),
      fact('Its request id', vendorRequestId),
      fact('Effect there', { none: 'none', unknown: 'unknown: it may have been applied', applied: 'applied' }[effect]),
      fact('What to do', status === 'dead' ? DECIDE : hint),
    ),
  )
}
