import { agentPath, sentenceOf } from './api.js'
import { announce } from './announcer.js'
import { desiredOf, driftOf, onItsWay } from './agents-store.js'
import { commandCard } from './command-card.js'
import { commandsPath, openCommandDialog } from './command-dialog.js'
import { el, show } from './dom.js'
import { actsOf, entriesOf, entryLine } from './timeline.js'
import { fact } from './facts.js'
import { openForceDialog } from './force-dialog.js'
import { icon } from './icons.js'
import { mayWrite, offersFor } from './offers.js'
import { epoch, setSince } from './time.js'
import { actionWord, isOpen, reasonWords, STATES, STATUSES, stateWord, vendorWord } from './words.js'

/** @typedef {import('./types.js').Agent} Agent */
/** @typedef {import('./types.js').Command} Command */
/** @typedef {import('./types.js').Platform} Platform */

const COMMANDS = 50
/** The audit trail is written a moment behind what it tells of, by whichever process was asked, ms. */
const ACTS_AGAIN_MS = 1_000

/**
 * One agent: state, what can be done, and the time line of states and commands with the platform's evidence.
 *
 * @param {object} parts
 * @param {import('./types.js').Session} parts.session
 * @param {import('./agents-store.js').AgentStore} parts.store
 * @param {(id: string) => Platform | undefined} parts.platform
 * @param {string} parts.key
 * @param {() => number} parts.now
 * @param {() => void} parts.onClose
 */
export function createAgentPanel({ session, store, platform, key, now, onClose }) {
  const { api, me } = session
  const slash = key.indexOf('/')
  const [platformId, agentId] = [key.slice(0, slash), key.slice(slash + 1)]
  /** @type {Map<string, Command>} */
  const commands = new Map()
  /** @type {readonly import('./types.js').AuditRow[]} */
  let acts = []
  let actsAsked = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let actsAgain
  const boxes = {
    state: el('div', { class: 'state-box' }),
    actions: el('div', { class: 'actions' }),
    line: el('ol', { class: 'timeline' }),
  }
  const element = markup(platformId, agentId, boxes, onClose)
  element.addEventListener('keydown', (event) => event.key === 'Escape' && onClose())

  function render() {
    const agent = store.agents.get(key)
    const home = platform(platformId)
    show(boxes.state, [agent], () =>
      agent === undefined ? [el('p', { class: 'empty' }, 'Nothing is known of this agent.')] : stateOf(agent, now()),
    )
    if (agent !== undefined && home !== undefined) {
      const offers = offersFor(agent, home, me)
      show(boxes.actions, offers, () => offers.map((offer) => actionButton(offer, () => act(agent.key, home, offer))))
    }
    const entries = entriesOf([...commands.values()], agent?.history ?? [], acts)
    show(boxes.line, entries, () =>
      entries.length === 0 ? [el('li', { class: 'empty' }, 'Nothing has happened yet.')] : entries.map((entry) => lineOf(entry)),
    )
  }

  /** @param {ReturnType<typeof entriesOf>[number]} entry */
  function lineOf(entry) {
    const { command } = entry
    if (command === undefined) return entryLine(entry, now())
    const cancellable =
      (command.status === 'accepted' || command.status === 'retrying') &&
      mayWrite(me, { key }) &&
      (!command.force || me.scopes.includes('supervisor:logout'))
    const replayable = command.status === 'dead' && me.scopes.includes('ops')
    return el(
      'li',
      {},
      commandCard(command, {
        now: now(),
        buttons: [
          cancellable
            ? el('button', { type: 'button', 'data-key': `cancel-${command.id}`, onclick: () => void ask(command, 'cancel') }, 'Take back')
            : null,
          replayable
            ? el('button', { type: 'button', 'data-key': `replay-${command.id}`, onclick: () => void ask(command, 'replay') }, 'Replay')
            : null,
        ],
      }),
    )
  }

  /** @param {string} agentKey @param {Platform} home @param {import('./types.js').ActionOffer} offer */
  function act(agentKey, home, { id, word }) {
    const agent = store.agents.get(agentKey)
    if (agent === undefined) return
    if (id === 'FORCE') openForceDialog({ api, agent, onAccepted: take })
    else if (id === 'READY') void send(agent, { action: id }).catch((error) => announce(`${word}: ${sentenceOf(error)}`, 'alarm'))
    else openCommandDialog({ api, agent, platform: home, action: id, word, send: (body) => send(agent, body) })
  }

  /** @param {Agent} agent @param {Record<string, unknown>} body */
  async function send(agent, body) {
    const reply = await api.call('POST', commandsPath(agent), { body, headers: { prefer: 'respond-async' } })
    take(/** @type {Command} */ (reply.body))
  }

  /** @param {Command} command @param {'cancel' | 'replay'} what */
  async function ask(command, what) {
    try {
      const reply = await api.call(
        'POST',
        `/v1/commands/${command.id}/${what}`,
        what === 'replay' ? { headers: { prefer: 'respond-async' } } : {},
      )
      take(/** @type {Command} */ (reply.body))
    } catch (error) {
      announce(`${actionWord(command)}: ${sentenceOf(error)}`, 'alarm')
    }
  }

  /** A command of this agent has changed. @param {Command} command */
  function take(command) {
    if (command.platform !== platformId || command.agentId !== agentId) return
    const known = commands.get(command.id)
    // An answer may come later than the event that tells what came after it.
    if (known !== undefined && !isOpen(known) && isOpen(command)) return
    commands.set(command.id, command)
    store.command(command)
    if (known === undefined || known.status !== command.status) tellOutcome(command)
    if (!isOpen(command)) {
      void loadActs()
      clearTimeout(actsAgain)
      actsAgain = setTimeout(() => void loadActs(), ACTS_AGAIN_MS)
    }
    render()
  }

  /** Who else did something here, or was not let: for those who may read the audit trail. */
  async function loadActs() {
    if (!me.scopes.includes('admin')) return
    actsAsked += 1
    const mine = actsAsked
    try {
      const read = await actsOf(api, platformId, agentId)
      // An older answer may come after a newer one.
      if (mine === actsAsked) acts = read
    } catch (error) {
      announce(`The audit trail could not be read: ${sentenceOf(error)}`, 'alarm')
    }
    render()
  }

  async function load() {
    void loadActs()
    try {
      const path = `${agentPath(platformId, agentId)}/commands?limit=${COMMANDS}`
      const reply = /** @type {{ commands: Command[] }} */ (await api.get(path))
      for (const command of reply.commands) commands.set(command.id, command)
      const newest = reply.commands[0]
      if (newest !== undefined) store.command(newest)
    } catch (error) {
      announce(`The commands of ${agentId} could not be read: ${sentenceOf(error)}`, 'alarm')
    }
    render()
  }

  const unlisten = store.onChange((keys) => (keys === undefined || keys.has(key)) && render())
  render()
  void load()
  function stop() {
    clearTimeout(actsAgain)
    unlisten()
  }
  return { element, key, take, reload: () => void load(), focus: () => element.querySelector('h2')?.focus(), stop }
}

/** Says how a command ended. @param {Command} command */
function tellOutcome(command) {
  const { word, tone, open } = STATUSES[command.status]
  if (open && command.status !== 'retrying') return
  const what = `${actionWord(command)} for ${command.agentId}: ${word.toLowerCase()}`
  announce(
    command.problem === undefined ? what : `${what}, ${command.problem.title}`,
    tone === 'ready' ? 'ready' : tone === 'alarm' ? 'alarm' : 'open',
  )
}

/** @param {string} platformId @param {string} agentId @param {Readonly<Record<string, HTMLElement>>} boxes @param {() => void} onClose */
function markup(platformId, agentId, { state, actions, line }, onClose) {
  return el(
    'aside',
    { class: 'panel', 'aria-labelledby': 'panel-title' },
    el(
      'div',
      { class: 'panel-head' },
      el('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Close the agent', onclick: onClose }, icon('back')),
      el('div', {}, el('h2', { id: 'panel-title', tabindex: '-1' }, agentId), el('p', { class: 'platform' }, platformId)),
    ),
    el(
      'div',
      { class: 'panel-body', tabindex: '0', role: 'group', 'aria-label': 'The agent' },
      state,
      actions,
      el('h3', {}, 'Time line'),
      line,
    ),
  )
}

/** @param {Agent} agent @param {number} now */
function stateOf(agent, now) {
  const { word, tone } = STATES[agent.state]
  const since = el('span', { class: 'num' })
  setSince(since, agent.since, now, agent.sinceSure)
  const desired = desiredOf(agent)
  const way = onItsWay(agent)
  return [
    el(
      'p',
      { class: 'state-line' },
      el('span', { class: 'badge big', 'data-tone': tone }, icon(agent.state), word),
      el('span', {}, 'for'),
      since,
    ),
    agent.stale ? el('p', { class: 'fault' }, icon('stale'), ' Stale: the link was lost since; the state may have changed unseen.') : null,
    driftOf(agent)
      ? el('p', { class: 'fault' }, `Was brought to ${stateWord(desired ?? 'UNKNOWN').toLowerCase()}, and is elsewhere by now.`)
      : null,
    el(
      'dl',
      { class: 'facts' },
      fact('Reason', reasonWords(agent.reason)),
      fact('Because of', agent.cause),
      fact('Can get contacts', agent.routable ? 'yes' : 'no'),
      fact('Becomes', way),
      fact('Asked for last', desired === undefined ? undefined : stateWord(desired)),
      fact("Platform's word", agent.vendorState),
    ),
    agent.channels.length === 0 ? null : channelTable(agent.channels, now),
  ]
}

/** @param {Agent['channels']} channels @param {number} now */
function channelTable(channels, now) {
  const rows = channels.map(({ id, name, state, vendorState, tasks, maxTasks, since }) => {
    const time = el('span', { class: 'num' })
    setSince(time, epoch(since), now)
    return el(
      'tr',
      {},
      el('th', { scope: 'row' }, name ?? id),
      el(
        'td',
        {},
        el('span', { class: 'badge', 'data-tone': STATES[state].tone }, icon(state), stateWord(state)),
        el('span', { class: 'vendor-word' }, vendorWord({ state, vendorState })),
      ),
      el('td', { class: 'num' }, tasks === undefined ? '' : `${tasks}${maxTasks === undefined ? '' : ` of ${maxTasks}`}`),
      el('td', {}, time),
    )
  })
  const head = ['Channel', 'State', 'Tasks', 'For'].map((name) => el('th', { scope: 'col' }, name))
  return el('table', { class: 'channel-table' }, el('thead', {}, el('tr', {}, head)), el('tbody', {}, rows))
}

/** @param {import('./types.js').ActionOffer} offer @param {() => void} onClick */
function actionButton({ id, word, whyNot, hint }, onClick) {
  const note = whyNot ?? hint
  const more = id !== 'READY' && whyNot === undefined ? ' …' : ''
  return el(
    'div',
    { class: 'action' },
    el(
      'button',
      {
        type: 'button',
        class: id === 'FORCE' ? 'danger' : id === 'READY' ? 'primary' : '',
        'data-key': `action-${id}`,
        'data-action': id,
        // Not `disabled`: a greyed button still takes the focus, so that a screen reader gets to its reason.
        'aria-disabled': whyNot !== undefined && 'true',
        'aria-describedby': note === undefined ? undefined : `why-${id}`,
        title: note,
        onclick: () => whyNot === undefined && onClick(),
      },
      `${word}${more}`,
    ),
    note === undefined ? null : el('p', { class: 'why', id: `why-${id}` }, note),
  )
}
