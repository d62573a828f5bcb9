import { createAgentPanel } from './agent-panel.js'
import { createAgentStore } from './agents-store.js'
import { createAgentsView } from './agents-view.js'
import { announce } from './announcer.js'
import { sentenceOf } from './api.js'
import { byId, el, setText } from './dom.js'
import { createFeed } from './feed.js'
import { createOperationsView } from './operations-view.js'
import { createSandboxStrip } from './sandbox-strip.js'
import { startSignIn } from './sign-in.js'
import { startTheme } from './theme.js'
import { startTicking } from './time.js'

/** @typedef {import('./types.js').Session} Session */

/** @type {(() => void) | undefined} */
let leave

startTheme(byId('theme'))
const signIn = startSignIn(enter, () => signOut('The gateway does not know this key any more.'))
byId('sign-out').addEventListener('click', () => signOut(''))
signIn.focus()

/** @param {Session} session */
function enter(session) {
  byId('gate').hidden = true
  byId('desk').hidden = false
  for (const part of document.querySelectorAll('[data-signed-in]')) if (part instanceof HTMLElement) part.hidden = false
  setText(byId('who'), session.me.name)
  leave = openDesk(session)
}

/** Forgets everything: the page is as it was before. @param {string} why */
function signOut(why) {
  leave?.()
  leave = undefined
  byId('gate').hidden = false
  byId('desk').hidden = true
  for (const part of document.querySelectorAll('[data-signed-in]')) if (part instanceof HTMLElement) part.hidden = true
  for (const dialog of document.querySelectorAll('dialog')) dialog.close()
  byId('toasts').replaceChildren()
  byId('desk').replaceChildren()
  byId('tabs').replaceChildren()
  byId('strip').replaceChildren()
  if (why === '') signIn.focus()
  else signIn.say(why)
}

/** Everything that a signed-in person sees. @param {Session} session @returns {() => void} closes it */
function openDesk(session) {
  const { api, me } = session
  const now = () => Date.now() + api.clockOffset
  const store = createAgentStore()
  const ticking = startTicking(now)
  const feed = createFeed({
    api,
    store,
    now,
    onStatus: showStatus,
    onCommand: (command) => panel?.take(command),
    onReload: () => panel?.reload(),
  })
  /** @type {ReturnType<typeof createAgentPanel> | undefined} */
  let panel
  const agents = createAgentsView({ store, platforms: feed.platformIds, now, onOpen: (key) => goTo(`agents/${key}`) })
  feed.onPlatforms(agents.platformsChanged)
  const operations = me.scopes.includes('ops')
    ? createOperationsView({ session, now, onAgent: (platform, agentId) => goTo(`agents/${platform}/${agentId}`) })
    : undefined
  const side = el('div', { class: 'side' })
  const agentsTab = el('div', { class: 'split' }, el('h1', { class: 'hidden' }, 'Agents'), agents.element, side)
  byId('desk').replaceChildren(agentsTab, ...(operations === undefined ? [] : [operations.element]))
  const tabs = operations === undefined ? ['agents'] : ['agents', 'operations']
  byId('tabs').replaceChildren(
    ...(tabs.length < 2
      ? []
      : tabs.map((tab) => el('a', { href: `#/${tab}`, 'data-tab': tab }, tab === 'agents' ? 'Agents' : 'Operations'))),
  )

  /** @type {Awaited<ReturnType<typeof createSandboxStrip>>} */
  let strip
  let closed = false

  /** @param {string} key '' closes it */
  function openPanel(key) {
    if (key === panel?.key) return
    panel?.stop()
    panel = key === '' ? undefined : createAgentPanel({ session, store, platform: feed.platform, key, now, onClose: () => goTo('agents') })
    side.replaceChildren(...(panel === undefined ? [] : [panel.element]))
    agentsTab.classList.toggle('open', panel !== undefined)
    agents.select(key)
    strip?.turnTo(key.split('/')[0] ?? '')
    if (panel === undefined) agents.scroller.focus({ preventScroll: true })
    // Who makes things happen in the sandbox wants to go on there.
    else if (!byId('strip').contains(document.activeElement)) panel.focus()
  }

  function route() {
    const [tab = 'agents', ...rest] = location.hash.replace(/^#\//, '').split('/')
    const shown = tab === 'operations' && operations !== undefined ? 'operations' : 'agents'
    agentsTab.hidden = shown !== 'agents'
    if (operations !== undefined) {
      operations.element.hidden = shown !== 'operations'
      if (shown === 'operations') operations.start()
      else operations.stop()
    }
    for (const link of byId('tabs').children) {
      if (link instanceof HTMLElement && link.dataset['tab'] === shown) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    if (shown === 'agents') openPanel(rest.length < 2 ? '' : keyOf(rest))
  }

  window.addEventListener('hashchange', route)
  route()
  feed.start().catch((error) => announce(`The platforms could not be read: ${sentenceOf(error)}`, 'alarm'))
  void createSandboxStrip({
    session,
    openAgent: () => panel?.key ?? '',
    onAgent: (platform, agentId) => goTo(`agents/${platform}/${agentId}`),
  }).then((made) => {
    if (made === undefined || closed) return
    strip = made
    byId('strip').replaceChildren(made.element)
  })

  return () => {
    closed = true
    window.removeEventListener('hashchange', route)
    feed.stop()
    ticking.stop()
    operations?.stop()
    panel?.stop()
    agents.stop()
    store.clear()
  }
}

/** @param {string} place `agents/<platform>/<agent>`, unencoded */
function goTo(place) {
  location.hash = `#/${place.split('/').map(encodeURIComponent).join('/')}`
}

/** @param {readonly string[]} parts */
function keyOf(parts) {
  try {
    return parts.map(decodeURIComponent).join('/')
  } catch {
    return ''
  }
}

/** @param {import('./stream.js').StreamStatus} status @param {string} text */
function showStatus(status, text) {
  const box = byId('connection')
  if (box.dataset['status'] === status && box.textContent === text) return
  box.dataset['status'] = status
  setText(box, text)
}
