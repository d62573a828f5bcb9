import { sentenceOf } from './api.js'
import { announce } from './announcer.js'
import { el } from './dom.js'
import { icon } from './icons.js'

/** @typedef {import('./types.js').SandboxPlatform} SandboxPlatform */
/** @typedef {SandboxPlatform['buttons'][number]} SandboxButton */

/** Where there is little room, the strip begins closed. */
const NARROW_PX = 760
const GROUPS = /** @type {const} */ ({ contact: 'Contacts', desk: 'Desk', fault: 'Trouble', recovery: 'Recovery' })

/**
 * Buttons that make things happen at the simulated platforms. An agent that is open in the page is the one it happens to.
 *
 * @param {object} parts
 * @param {import('./types.js').Session} parts.session
 * @param {() => string} parts.openAgent key of it; '' for none
 * @param {(platform: string, agentId: string) => void} parts.onAgent
 * @returns {Promise<{ element: HTMLElement, turnTo(platform: string): void } | undefined>} undefined: this is no sandbox, or not for this key
 */
export async function createSandboxStrip({ session, openAgent, onAgent }) {
  const { api } = session
  /** @type {readonly SandboxPlatform[]} */
  let platforms
  try {
    platforms = /** @type {{ platforms: SandboxPlatform[] }} */ (await api.get('/v1/sandbox')).platforms
  } catch {
    return undefined
  }
  if (platforms.length === 0) return undefined
  const body = el('div', { class: 'sandbox-body' })
  const select = el(
    'select',
    { id: 'sandbox-platform', onchange: () => fill() },
    platforms.map(({ id }) => el('option', { value: id }, id)),
  )

  function fill() {
    const chosen = platforms.find(({ id }) => id === select.value)
    body.replaceChildren(...(chosen === undefined ? [] : groupsOf(chosen, (button) => void press(chosen.id, button))))
  }

  /** @param {string} platform @param {SandboxButton} button */
  async function press(platform, button) {
    const key = openAgent()
    const chosen = button.agent === 'one' && key.startsWith(`${platform}/`) ? { agentId: key.slice(platform.length + 1) } : {}
    try {
      const reply = await api.call('POST', `/v1/sandbox/${platform}/${button.id}`, { body: chosen })
      const { agentId, watch } = /** @type {{ agentId?: string, watch: string }} */ (reply.body)
      announce(`${button.label}${agentId === undefined ? '' : ` (${agentId})`}: ${watch}`)
      if (agentId !== undefined) onAgent(platform, agentId)
    } catch (error) {
      announce(`${button.label}: ${sentenceOf(error)}`, 'alarm')
    }
  }

  fill()
  const at = el('div', { class: 'field' }, el('label', { for: 'sandbox-platform' }, 'At'), select)
  const summary = el('summary', {}, icon('flask'), 'Sandbox: make something happen')
  return {
    element: el(
      'details',
      { class: 'sandbox', open: window.innerWidth > NARROW_PX },
      summary,
      el('div', { class: 'sandbox-in' }, at, body),
    ),
    /** Shows the buttons of this platform, if it has any. */
    turnTo(platform) {
      if (select.value === platform || !platforms.some(({ id }) => id === platform)) return
      select.value = platform
      fill()
    },
  }
}

/** @param {SandboxPlatform} platform @param {(button: SandboxButton) => void} onPress */
function groupsOf({ id, buttons }, onPress) {
  return Object.entries(GROUPS).flatMap(([group, title]) => {
    const members = buttons.filter((button) => button.group === group)
    if (members.length === 0) return []
    return [
      el(
        'div',
        { class: 'sandbox-group', role: 'group', 'aria-label': `${title} at ${id}` },
        el('span', { class: 'group-title' }, title),
        members.map((button) =>
          el(
            'button',
            {
              type: 'button',
              class: 'small',
              title: button.description,
              'data-sandbox': `${id}/${button.id}`,
              onclick: () => onPress(button),
            },
            button.label,
          ),
        ),
      ),
    ]
  })
}
