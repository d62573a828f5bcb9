import { agentPath, ApiProblem, sentenceOf } from './api.js'
import { commandsPath } from './command-dialog.js'
import { openDialog } from './dialog.js'
import { el } from './dom.js'
import { fact } from './facts.js'
import { icon } from './icons.js'
import { pictureOf } from './picture.js'
import { CERTAINTIES, OUTCOMES, stateWord } from './words.js'

/** @typedef {import('./types.js').Agent} Agent */
/** @typedef {import('../generated/gateway.js').components['schemas']['LogoutPreview']} Preview */
/** @typedef {Preview['consequences'][number]} Consequence */

/**
 * Shows what a forced logout would do, and does it when the supervisor says so: quoting what was seen, so that nothing happens when the
 * conversations have changed in between. Then the new preview is shown, and the question is asked again.
 *
 * @param {object} parts
 * @param {import('./types.js').Api} parts.api
 * @param {Agent} parts.agent
 * @param {(command: import('./types.js').Command) => void} parts.onAccepted
 */
export function openForceDialog({ api, agent, onAccepted }) {
  const body = el(
    'div',
    { class: 'preview', 'aria-live': 'polite' },
    el('p', { class: 'hint' }, 'Asking the platform what a forced logout would do …'),
  )
  const fault = el('p', { class: 'fault', role: 'alert' })
  fault.hidden = true
  const confirm = el('button', { type: 'button', class: 'danger', disabled: true, onclick: () => void force() }, 'Force logout')
  const cancel = el('button', { type: 'button', autofocus: true, onclick: () => close() }, 'Cancel')
  const { close } = openDialog(`Force logout: ${agent.agentId}`, [body, fault, el('div', { class: 'buttons' }, cancel, confirm)], 'wide')
  let etag = ''

  /** @param {string} text */
  function say(text) {
    fault.hidden = text === ''
    fault.textContent = text
  }

  /** @param {Preview} preview @param {string | undefined} tag */
  function showPreview(preview, tag) {
    etag = tag ?? ''
    body.replaceChildren(...previewOf(preview))
    confirm.disabled = false
  }

  async function load() {
    try {
      const reply = await api.call('GET', `${agentPath(agent.platform, agent.agentId)}/logout-preview`)
      showPreview(/** @type {Preview} */ (reply.body), reply.etag)
    } catch (error) {
      body.replaceChildren()
      say(`There is no preview: ${sentenceOf(error)}`)
    }
  }

  async function force() {
    confirm.disabled = true
    say('')
    try {
      const headers = { prefer: 'respond-async', 'if-match': etag }
      const { body: command } = await api.call('POST', commandsPath(agent), { body: { action: 'LOGOUT', force: true }, headers })
      close()
      onAccepted(/** @type {import('./types.js').Command} */ (command))
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 412 && error.problem.preview !== undefined) {
        showPreview(error.problem.preview, error.problem.preview.etag)
        say('It has changed in the meantime. Nothing was done. This is what a forced logout would do now.')
        return
      }
      say(sentenceOf(error))
      confirm.disabled = false
    }
  }

  void load()
}

/** @param {Preview} preview */
function previewOf({ state, consequences }) {
  const many = consequences.filter(({ outcome }) => outcome !== 'NONE').length
  const intro =
    many === 0 ? 'No conversation is affected.' : many === 1 ? 'One conversation is affected.' : `${many} conversations are affected.`
  return [
    el('p', { class: 'lead' }, `The agent is ${stateWord(state).toLowerCase()}. ${intro}`),
    el('ul', { class: 'consequences' }, consequences.map(consequenceOf)),
  ]
}

/** @param {Consequence} consequence */
function consequenceOf(consequence) {
  const {
    situation,
    outcome,
    summary,
    channel,
    queue,
    conversationId,
    othersAffected,
    reason,
    certainty,
    source,
    before,
    after,
    priority,
  } = consequence
  const { word, tone } = OUTCOMES[outcome] ?? { word: outcome, tone: 'out' }
  const sure = CERTAINTIES[certainty] ?? { word: certainty, meaning: '', tone: 'out' }
  const scene = { before, after, outcome, ...(priority !== undefined && { priority }), ...(queue !== undefined && { queue }) }
  return el(
    'li',
    { class: 'consequence' },
    el('div', { class: 'line' }, el('h3', {}, capital(situation)), el('span', { class: 'badge', 'data-tone': tone }, word)),
    el('p', {}, summary),
    before.length > 0 || after.length > 0 ? pictureOf(scene) : null,
    el(
      'dl',
      { class: 'facts' },
      fact('Medium', channel),
      fact('Queue', queue === undefined ? undefined : `${queue}${priority === undefined ? '' : `, priority ${priority} afterwards`}`),
      fact('Others', othersAffected.length === 0 ? undefined : othersAffected.join('; ')),
      fact('Reason written', reason),
      fact('Conversation', conversationId),
      el('dt', {}, 'Certainty'),
      el(
        'dd',
        {},
        el('span', { class: 'badge', 'data-tone': sure.tone }, icon(certainty === 'unknown' ? 'UNKNOWN' : 'READY'), sure.word),
        ` ${sure.meaning}; ${source}`,
      ),
    ),
  )
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1)
