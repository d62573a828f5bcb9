import { agentPath, sentenceOf } from './api.js'
import { openDialog } from './dialog.js'
import { el } from './dom.js'
import { reasonWords } from './words.js'

/** @typedef {import('./types.js').Api} Api */
/** @typedef {import('./types.js').Agent} Agent */
/** @typedef {import('./types.js').Platform} Platform */
/** @typedef {import('./types.js').Reason} Reason */

/**
 * Asks for what a command needs besides its name: a reason, or credentials.
 *
 * @param {object} parts
 * @param {import('./types.js').Api} parts.api
 * @param {Agent} parts.agent
 * @param {Platform} parts.platform
 * @param {import('./types.js').ActionName} parts.action
 * @param {string} parts.word
 * @param {(body: Record<string, unknown>) => Promise<unknown>} parts.send rejects when it was not accepted
 */
export function openCommandDialog({ api, agent, platform, action, word, send }) {
  const fault = el('p', { class: 'fault', role: 'alert' })
  fault.hidden = true
  const fields = action === 'LOGIN' ? loginFields(platform) : reasonFields(api, agent, platform, action, fault)
  const submit = el('button', { type: 'submit', class: action === 'LOGOUT' ? 'danger' : 'primary' }, word)
  const cancel = el('button', { type: 'button', onclick: () => close() }, 'Cancel')
  const form = el('form', { novalidate: true }, fields.content, fault, el('div', { class: 'buttons' }, cancel, submit))
  const { close, dialog } = openDialog(`${word}: ${agent.agentId}`, [form])
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit.disabled = true
    const body = { action, ...fields.values() }
    // Nothing secret stays in the document longer than it takes to send it.
    fields.clear()
    send(body).then(close, (error) => {
      fault.hidden = false
      fault.textContent = sentenceOf(error)
      submit.disabled = false
    })
  })
  dialog.addEventListener('close', fields.clear)
}

/** @param {string} id @param {string} label @param {HTMLElement} control @param {string} [hint] */
const field = (id, label, control, hint) =>
  el('div', { class: 'field' }, el('label', { for: id }, label), control, hint === undefined ? null : el('p', { class: 'hint' }, hint))

/** @param {Platform} platform */
function loginFields(platform) {
  const own = platform.login === 'own-credentials'
  const user = el('input', { id: 'login-user', autocomplete: 'off', maxlength: 200, spellcheck: 'false' })
  const password = el('input', { id: 'login-password', type: 'password', autocomplete: 'off', maxlength: 500 })
  const station = el('input', { id: 'login-station', autocomplete: 'off', maxlength: 128 })
  return {
    content: [
      own
        ? field('login-user', 'User name', user, 'Leave user name and password empty where the gateway has an account for this agent.')
        : null,
      own ? field('login-password', 'Password', password) : null,
      field('login-station', 'Extension or station', station, 'Empty: the usual one, if there is one.'),
    ],
    values() {
      const credentials = { ...(user.value !== '' && { username: user.value }), ...(password.value !== '' && { password: password.value }) }
      return { ...(Object.keys(credentials).length > 0 && { credentials }), ...(station.value !== '' && { station: station.value }) }
    },
    clear() {
      password.value = ''
    },
  }
}

/**
 * @param {import('./types.js').Api} api @param {Agent} agent @param {Platform} platform
 * @param {import('./types.js').ActionName} action @param {HTMLElement} fault
 */
function reasonFields(api, agent, platform, action, fault) {
  const need = action === 'LOGOUT' ? platform.reasonForLogout : platform.reasonForNotReady
  const select = el('select', { id: 'reason' }, need === 'required' ? null : el('option', { value: '' }, 'No reason'))
  const note = need === 'none' ? 'The platform keeps no reason for this.' : need === 'required' ? 'The platform wants a reason.' : undefined
  if (need !== 'none') {
    reasonsOf(api, agent, action)
      .then((reasons) => select.append(...reasons.map(reasonOption)))
      .catch((error) => {
        fault.hidden = false
        fault.textContent = `The reasons could not be read: ${sentenceOf(error)}`
      })
  }
  return {
    content: [need === 'none' ? el('p', { class: 'hint' }, note) : field('reason', 'Reason', select, note)],
    values: () => (need === 'none' || select.value === '' ? {} : { reason: select.value }),
    clear() {},
  }
}

const TRIES = 3
const PAUSE_MS = 1_000

/** What may be chosen; a platform that is slow to answer is asked again. @param {Api} api @param {Agent} agent @param {string} action */
async function reasonsOf(api, agent, action) {
  const path = `/v1/platforms/${encodeURIComponent(agent.platform)}/reasons?type=${action}&agentId=${encodeURIComponent(agent.agentId)}`
  for (let left = TRIES; ; left -= 1) {
    try {
      const { reasons } = /** @type {{ reasons: Reason[] }} */ (await api.get(path))
      return reasons.filter(({ system }) => !system)
    } catch (error) {
      if (left <= 1) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

/** @param {Reason} reason */
function reasonOption(reason) {
  const label = [reasonWords(reason), reason.code === undefined ? '' : ` (${reason.code})`].join('')
  return el('option', { value: reason.id, title: reason.description ?? '' }, label)
}

/** @param {Agent} agent */
export const commandsPath = (agent) => `${agentPath(agent.platform, agent.agentId)}/commands`
