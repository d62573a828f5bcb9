import { ApiProblem, sentenceOf } from './api.js'
import { announce } from './announcer.js'
import { commandCard } from './command-card.js'
import { el, show } from './dom.js'
import { icon } from './icons.js'
import { epoch, setSince } from './time.js'
import { actionWord, LINKS, STATUSES } from './words.js'

/** @typedef {import('./types.js').Command} Command */
/** @typedef {import('./types.js').Operations} Operations */

const REFRESH_MS = 3_000
const LETTERS = 50
const OPEN_COMMANDS = 100

/**
 * How the gateway stands: links, queue, retries, dead letters. Asked again every few seconds while it is shown.
 *
 * @param {object} parts
 * @param {import('./types.js').Session} parts.session
 * @param {() => number} parts.now
 * @param {(platform: string, agentId: string) => void} parts.onAgent
 */
export function createOperationsView({ session, now, onAgent }) {
  const { api } = session
  const boxes = {
    fault: el('p', { class: 'fault', role: 'alert', hidden: true }),
    numbers: el('dl', { class: 'numbers' }),
    links: el('div', { class: 'cards' }),
    open: el('div', {}),
    letters: el('ul', { class: 'letters' }),
    board: el(
      'a',
      { href: '/queues', target: '_blank', rel: 'noopener', hidden: true, title: 'Asks for a key: any name, the key as password' },
      'Queue board (BullMQ)',
    ),
  }
  const element = markup(boxes)
  let timer = 0
  let running = false
  /** @type {readonly Command[]} */
  let letters = []
  /** Letters that were replayed from here: they stay what they are, and are not to be pressed twice. @type {Set<string>} */
  const replayed = new Set()

  async function refresh() {
    window.clearTimeout(timer)
    try {
      const [operations, open, dead] = await Promise.all([
        /** @type {Promise<Operations>} */ (api.get('/v1/operations')),
        /** @type {Promise<{ commands: Command[] }>} */ (api.get(`/v1/operations/commands?limit=${OPEN_COMMANDS}`)),
        /** @type {Promise<{ commands: Command[] }>} */ (api.get(`/v1/dead-letters?limit=${LETTERS}`)),
      ])
      boxes.fault.hidden = true
      letters = dead.commands
      render(operations, open.commands)
    } catch (error) {
      boxes.fault.hidden = false
      boxes.fault.textContent = sentenceOf(error)
    }
    window.clearTimeout(timer)
    if (running) timer = window.setTimeout(() => void refresh(), REFRESH_MS)
  }

  /** @param {Operations} operations @param {readonly Command[]} open */
  function render(operations, open) {
    // Only with this engine there is a queue of BullMQ's.
    boxes.board.hidden = operations.engine !== 'redis'
    show(boxes.numbers, numbersOf(operations), () => numbersOf(operations).flatMap(([name, value]) => number(name, value, now())))
    show(boxes.links, operations.platforms, () => operations.platforms.map((platform) => linkCard(platform, now())))
    show(boxes.open, open, () => [openTable(open, onAgent, now())])
    renderLetters()
  }

  function renderLetters() {
    show(boxes.letters, letters, () =>
      letters.length === 0 ? [el('li', { class: 'empty' }, 'No dead letters: nobody has to decide anything.')] : letters.map(letter),
    )
  }

  /** @param {Command} command */
  function letter(command) {
    const fault = el('p', { class: 'fault', role: 'alert', hidden: true })
    const replay = el(
      'button',
      {
        type: 'button',
        'data-key': `replay-${command.id}`,
        onclick: () => void again(command, replay, fault),
        disabled: replayed.has(command.id),
      },
      replayed.has(command.id) ? 'Replayed' : 'Replay',
    )
    const look = el(
      'button',
      { type: 'button', class: 'quiet', 'data-key': `look-${command.id}`, onclick: () => onAgent(command.platform, command.agentId) },
      'Show the agent',
    )
    return el('li', {}, commandCard(command, { now: now(), withAgent: true, buttons: [replay, look] }), fault)
  }

  /** @param {Command} command @param {HTMLButtonElement} button @param {HTMLElement} fault */
  async function again(command, button, fault) {
    button.disabled = true
    try {
      const reply = await api.call('POST', `/v1/commands/${command.id}/replay`, { headers: { prefer: 'wait=5' } })
      const sent = /** @type {Command} */ (reply.body)
      replayed.add(command.id)
      button.textContent = 'Replayed'
      announce(`${actionWord(sent)} for ${sent.agentId}, sent anew: ${STATUSES[sent.status].word.toLowerCase()}`, 'ready')
    } catch (error) {
      fault.hidden = false
      fault.textContent = `Not replayed: ${sentenceOf(error)}`
      if (error instanceof ApiProblem && error.problem.code === 'OBSOLETE') button.textContent = 'Obsolete'
      else button.disabled = false
      return
    }
    await refresh()
  }

  return {
    element,
    /** @param {boolean} shown asks for news while it is */
    show(shown) {
      element.hidden = !shown
      if (running === shown) return
      running = shown
      if (shown) void refresh()
      else window.clearTimeout(timer)
    },
  }
}

/** @param {Readonly<Record<string, HTMLElement>>} boxes */
function markup({ fault, numbers, links, open, letters, board }) {
  return el(
    'section',
    { class: 'operations', 'aria-labelledby': 'operations-title', hidden: true },
    el('div', { class: 'line' }, el('h1', { id: 'operations-title' }, 'Operations'), board),
    fault,
    numbers,
    el('h2', {}, 'Links'),
    links,
    el('h2', {}, 'On their way'),
    open,
    el('h2', {}, 'Dead letters'),
    letters,
  )
}

/** @param {Operations} operations @returns {[string, string | number | undefined, boolean?][]} */
function numbersOf({ engine, engineAnswers, processes, openCommands, oldestOpenSince, queueWaiting, queueDelayed, queueActive }) {
  return [
    ['Engine', engineAnswers ? engine : `${engine}: does not answer`],
    ['Processes', processes],
    ['Open commands', openCommands],
    ['Oldest open', epoch(oldestOpenSince), true],
    ['Queue: waiting', queueWaiting],
    ['Queue: delayed', queueDelayed],
    ['Queue: active', queueActive],
  ]
}

/** @param {string} name @param {string | number | undefined} value @param {number} now */
function number(name, value, now) {
  const shown = el('span', { class: 'num' }, value ?? '–')
  if (name === 'Oldest open' && typeof value === 'number') setSince(shown, value, now)
  return [el('div', { class: 'number' }, el('dt', {}, name), el('dd', {}, shown))]
}

/** @param {Operations['platforms'][number]} platform @param {number} now */
function linkCard(platform, now) {
  const {
    id,
    title,
    linkStatus,
    linkSince,
    linkDetail,
    linkOwner,
    circuit,
    nextProbeAt,
    callsInside,
    callsAtOnce,
    callsWaiting,
    ratePerSecond,
    pausedUntil,
  } = platform
  const { word, tone } = LINKS[linkStatus] ?? { word: linkStatus, tone: 'out' }
  const since = el('span', { class: 'num' })
  setSince(since, epoch(linkSince), now)
  const probe = epoch(nextProbeAt)
  const pause = epoch(pausedUntil)
  return el(
    'div',
    { class: 'card link-card', 'data-platform': id },
    el(
      'div',
      { class: 'line' },
      el('h3', {}, id),
      el('span', { class: 'badge', 'data-tone': tone }, icon(linkStatus === 'up' ? 'READY' : 'warning'), word),
    ),
    el('p', { class: 'evidence' }, title, ' · for ', since),
    linkDetail === undefined ? null : el('p', { class: 'evidence' }, linkDetail),
    el(
      'dl',
      { class: 'facts' },
      term(
        'Circuit',
        circuit === 'closed' ? 'closed' : circuit === 'open' ? 'open: nothing is sent' : 'half open: one call tries',
        probe === undefined ? null : [' · asked ', el('span', { class: 'num', 'data-until': probe })],
      ),
      term('Calls', `${callsInside} of ${callsAtOnce} · ${callsWaiting} waiting`),
      ratePerSecond === undefined
        ? null
        : term(
            'Rate',
            `${Math.round(ratePerSecond * 10) / 10} a second`,
            pause === undefined ? null : [' · paused, goes on ', el('span', { class: 'num', 'data-until': pause })],
          ),
      linkOwner === 'elsewhere' ? term('Held by', 'another process') : null,
    ),
  )
}

/** @param {string} name @param {string} text @param {readonly (Node | string)[] | null} [more] */
const term = (name, text, more = null) => [el('dt', {}, name), el('dd', {}, text, more)]

/** @param {readonly Command[]} commands @param {(platform: string, agentId: string) => void} onAgent @param {number} now */
function openTable(commands, onAgent, now) {
  if (commands.length === 0) return el('p', { class: 'empty' }, 'No command is open.')
  const rows = commands.map((command) => {
    const since = el('span', { class: 'num' })
    setSince(since, epoch(command.acceptedAt), now)
    const next = epoch(command.nextAttemptAt)
    return el(
      'tr',
      { 'data-command': command.id },
      el(
        'th',
        { scope: 'row' },
        el(
          'button',
          { type: 'button', class: 'link', 'data-key': `agent-${command.id}`, onclick: () => onAgent(command.platform, command.agentId) },
          command.agentId,
        ),
        el('span', { class: 'platform' }, command.platform),
      ),
      el('td', {}, actionWord(command)),
      el('td', {}, el('span', { class: 'badge', 'data-tone': STATUSES[command.status].tone }, STATUSES[command.status].word)),
      el('td', {}, since),
      el('td', {}, next === undefined ? '' : el('span', { class: 'num', 'data-until': next })),
      el('td', { class: 'num' }, command.attempts),
      el(
        'td',
        { class: 'wrap' },
        command.problem === undefined ? '' : [command.problem.title, command.problem.vendorCode].filter(Boolean).join(' · '),
      ),
    )
  })
  const head = ['Agent', 'Command', 'Status', 'For', 'Next attempt', 'Attempts', 'Because'].map((name) => el('th', { scope: 'col' }, name))
  return el(
    'div',
    { class: 'table-box', tabindex: '0', role: 'region', 'aria-label': 'Open commands' },
    el('table', {}, el('thead', {}, el('tr', {}, head)), el('tbody', {}, rows)),
  )
}
