import { createAgentPanel } from './agent-panel.js'
import { createAgentStore } from './agents-store.js'
import { createAgentsView } from './agents-view.js'
import { announce } from './announcer.js'
import { sentenceOf } from './api.js'
import { byId, el, setText } from './dom.js'
import { createFeed } from './feed.js'
import { createOperationsView } from './operations-view.js'
import { goTo, startRoutes } from './routes.js'
import { createSandboxStrip } from './sandbox-strip.js'
import { startTicking } from './time.js'

/** @typedef {import('./types.js').Session} Session */

/** @param {string} platform @param {string} agentId */
const goToAgent = (platform, agentId) => goTo('agents', platform, agentId)

/**
 * Everything that a signed-in person sees: the agents with one of them beside the list, the operations for whom they are for, the sandbox.
 *
 * @param {Session} session
 * @returns {() => void} closes it, and forgets everything
 */
export function openDesk(session) {
  const { api, me } = session
  const now = () => Date.now() + api.clockOffset
  const store = createAgentStore()
  const ticking = startTicking(now)
  /** @type {ReturnType<typeof createAgentPanel> | undefined} */
  let panel
  const onCommand = (/** @type {import('./types.js').Command} */ command) => panel?.take(command)
  const feed = createFeed({
    api,
    store,
    now,
    onStatus: showStatus,
    onCommand,
    onReload: () => panel?.reload(),
    mayListOpen: me.scopes.includes('ops'),
  })
  const agents = createAgentsView({ store, platforms: feed.platformIds, now, onOpen: goToAgent })
  feed.onPlatforms(agents.platformsChanged)
  const operations = me.scopes.includes('ops') ? createOperationsView({ session, now, onAgent: goToAgent }) : undefined
  const side = el('div', { class: 'side' })
  const agentsTab = el('div', { class: 'split' }, el('h1', { class: 'hidden' }, 'Agents'), agents.element, side)
  byId('desk').replaceChildren(agentsTab, ...(operations === undefined ? [] : [operations.element]))
  const strip = openStrip(session, () => panel?.key ?? '')

  /** @param {string} key '' closes it */
  function openPanel(key) {
    if (key === (panel?.key ?? '')) return
    panel?.stop()
    panel = key === '' ? undefined : createAgentPanel({ session, store, platform: feed.platform, key, now, onClose: () => goTo('agents') })
    side.replaceChildren(...(panel === undefined ? [] : [panel.element]))
    agentsTab.classList.toggle('open', panel !== undefined)
    agents.select(key)
    strip.turnTo(key.split('/')[0] ?? '')
    if (panel === undefined) agents.scroller.focus({ preventScroll: true })
    // Who makes things happen in the sandbox wants to go on there.
    else if (!byId('strip').contains(document.activeElement)) panel.focus()
  }

  const tabs = operations === undefined ? /** @type {const} */ (['agents']) : /** @type {const} */ (['agents', 'operations'])
  const routes = startRoutes(tabs, (tab, key) => {
    agentsTab.hidden = tab !== 'agents'
    if (tab === 'agents') openPanel(key)
    operations?.show(tab === 'operations')
  })
  feed.start().catch((error) => announce(`The platforms could not be read: ${sentenceOf(error)}`, 'alarm'))
  return () => {
    for (const part of [routes, feed, ticking, strip, agents]) part.stop()
    operations?.show(false)
    panel?.stop()
    store.clear()
  }
}

/**
 * The strip of the sandbox comes when it is known that there is one.
 *
 * @param {Session} session @param {() => string} openAgent
 */
function openStrip(session, openAgent) {
  let closed = false
  /** @type {Awaited<ReturnType<typeof createSandboxStrip>>} */
  let strip
  void createSandboxStrip({ session, openAgent, onAgent: goToAgent }).then((made) => {
    if (made === undefined || closed) return
    strip = made
    byId('strip').replaceChildren(made.element)
  })
  return {
    /** @param {string} platform */
    turnTo: (platform) => strip?.turnTo(platform),
    stop() {
      closed = true
    },
  }
}

/** @param {import('./stream.js').StreamStatus} status @param {string} text */
function showStatus(status, text) {
  const box = byId('connection')
  box.dataset['status'] = status
  setText(box, text)
}
