import { desiredOf, driftOf, onItsWay } from './agents-store.js'
import { el, setText } from './dom.js'
import { icon, setIcon } from './icons.js'
import { setSince } from './time.js'
import { actionWord, isOpen, reasonWords, STATES, STATUSES, vendorWord } from './words.js'

/** @typedef {import('./types.js').Agent} Agent */

export const COLUMNS = ['State', 'Agent', 'In state', 'Reason', 'Channels', 'On its way']
const TAIL = 6

/**
 * One row of the list of agents. Made once, then changed in place.
 *
 * @param {() => number} now
 * @param {(key: string) => void} onOpen
 * @returns {import('./virtual-list.js').Row<Agent>}
 */
export function createAgentRow(now, onOpen) {
  let key = ''
  const stateIcon = icon('UNKNOWN')
  const stateWord = el('span', { class: 'word' })
  const badge = el('span', { class: 'badge' }, stateIcon, stateWord)
  const stale = el('span', { class: 'mark' }, icon('stale'), 'stale')
  const head = el('span', { class: 'head' })
  const tail = el('span', { class: 'tail' })
  const platform = el('span', { class: 'platform' })
  const since = el('span', { class: 'num' })
  const reason = el('span', { class: 'clip' })
  const channels = el('span', { class: 'channels' })
  const way = el('span', { class: 'clip' })
  const cells = [
    el('div', { role: 'gridcell', class: 'c-state' }, badge, stale),
    el('div', { role: 'gridcell', class: 'c-agent' }, el('span', { class: 'id' }, head, tail), platform),
    el('div', { role: 'gridcell', class: 'c-time' }, since),
    el('div', { role: 'gridcell', class: 'c-reason' }, reason),
    el('div', { role: 'gridcell', class: 'c-channels' }, channels),
    el('div', { role: 'gridcell', class: 'c-way' }, way),
  ]
  const element = el('div', { role: 'row', class: 'row', onclick: () => onOpen(key) }, cells)
  let shownChannels = ''
  return {
    element,
    update(agent, index, active) {
      key = agent.key
      element.id = `row-${index}`
      element.dataset['agent'] = key
      element.setAttribute('aria-rowindex', String(index + 2))
      element.setAttribute('aria-selected', String(active))
      const { word, tone } = STATES[agent.state] ?? STATES.UNKNOWN
      setIcon(stateIcon, agent.state)
      setText(stateWord, word)
      badge.dataset['tone'] = tone
      element.classList.toggle('stale', agent.stale)
      stale.hidden = !agent.stale
      setText(head, agent.agentId.slice(0, -TAIL))
      setText(tail, agent.agentId.slice(-TAIL))
      setText(platform, agent.platform)
      setSince(since, agent.since, now(), agent.sinceSure)
      setText(reason, reasonWords(agent.reason))
      const signature = JSON.stringify(agent.channels)
      if (signature !== shownChannels) {
        shownChannels = signature
        channels.replaceChildren(...agent.channels.map(channelChip))
      }
      const { text, tone: wayTone } = wayOf(agent)
      setText(way, text)
      way.title = text
      way.dataset['tone'] = wayTone
    },
  }
}

/** @param {Agent['channels'][number]} channel */
function channelChip({ id, name, state, vendorState, tasks, maxTasks }) {
  const { word, tone } = STATES[state] ?? STATES.UNKNOWN
  const load = tasks === undefined ? '' : ` ${tasks}${maxTasks === undefined ? '' : `/${maxTasks}`}`
  const theirs = vendorWord({ state, vendorState })
  return el(
    'span',
    { class: 'chip', 'data-tone': tone, title: `${name ?? id}: ${word}${theirs === '' ? '' : ` (${theirs})`}${load}` },
    icon(state),
    el('span', { class: 'clip' }, `${name ?? id}${theirs === '' ? '' : ` ${theirs}`}${load}`),
  )
}

/** What is wanted and not there: on its way, come to nothing, or undone since. @param {Agent} agent */
export function wayOf(agent) {
  const { newest } = agent
  const target = onItsWay(agent)
  const isLater = newest?.pending === true || (agent.pendingState !== undefined && STATES[agent.pendingState].word === target)
  if (newest !== undefined && isOpen(newest) && !isLater)
    return { text: `→ ${target}, ${STATUSES[newest.status].word.toLowerCase()}`, tone: 'wrap' }
  if (target !== '') return { text: `→ ${target}, later`, tone: 'wrap' }
  if (newest !== undefined && STATUSES[newest.status].tone === 'alarm')
    return { text: `${actionWord(newest)}: ${STATUSES[newest.status].word.toLowerCase()}`, tone: 'alarm' }
  const desired = desiredOf(agent)
  if (desired !== undefined && driftOf(agent)) return { text: `drifted from ${STATES[desired].word}`, tone: 'alarm' }
  return { text: '', tone: 'out' }
}
