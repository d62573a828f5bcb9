import { filtered } from './agents-store.js'
import { COLUMNS, createAgentRow } from './agent-row.js'
import { el, setText, show } from './dom.js'
import { icon } from './icons.js'
import { createVirtualList } from './virtual-list.js'
import { STATE_NAMES, STATES } from './words.js'

/** @typedef {import('./types.js').Agent} Agent */

/** Sorting and counting ten thousand agents takes some milliseconds; more often than this nobody could read it. */
const REFILTER_MS = 200
const NARROW = '(max-width: 760px)'
/** Of a row, in units of the root's font size: so that bigger letters get higher rows. */
const ROW_REM = { wide: 2.75, narrow: 4.75 }

/**
 * The list of all agents, with its filters.
 *
 * @param {object} parts
 * @param {import('./agents-store.js').AgentStore} parts.store
 * @param {() => readonly string[]} parts.platforms
 * @param {() => number} parts.now
 * @param {(platform: string, agentId: string) => void} parts.onOpen
 */
export function createAgentsView({ store, platforms, now, onOpen }) {
  /** @type {import('./types.js').Filter} */
  let filter = { platform: '', state: '', problemsOnly: false, text: '' }
  /** @type {import('./types.js').SortBy} */
  let sortBy = 'agent'
  /** @type {readonly import('./types.js').Agent[]} */
  let shown = []
  let activeKey = ''
  let timer = 0

  const parts = markup({
    onFilter(change) {
      filter = { ...filter, ...change }
      refilter()
    },
    onSort(by) {
      sortBy = by
      refilter()
    },
  })
  const { element, scroller, sizer, grid, chips, count, platformSelect, empty } = parts
  const narrow = window.matchMedia(NARROW)
  const rowHeight = () =>
    Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * ROW_REM[narrow.matches ? 'narrow' : 'wide']
  const list = createVirtualList({ scroller, sizer, rowHeight, createRow: freshRow })

  /** A row shows the agent as it is known now, though the list is sorted anew less often. */
  function freshRow() {
    const row = createAgentRow(now, (key) => activate(key, true))
    const { element, update } = row
    return {
      element,
      update: (/** @type {Agent} */ agent, /** @type {number} */ index, /** @type {boolean} */ active) =>
        update(store.agents.get(agent.key) ?? agent, index, active),
    }
  }

  function refilter() {
    window.clearTimeout(timer)
    timer = 0
    const result = filtered(store.agents.values(), filter, sortBy)
    shown = result.shown
    list.setItems(shown, markActive())
    grid.setAttribute('aria-rowcount', String(shown.length + 1))
    show(chips, [[...result.counts], result.all, filter.state], () =>
      stateChips(result, filter.state, (state) => ((filter = { ...filter, state }), refilter())),
    )
    setText(count, `${shown.length} of ${store.agents.size} agents`)
    empty.hidden = shown.length > 0
    setText(empty, store.agents.size === 0 ? 'No agents are known yet.' : 'No agent fits the filters.')
  }

  function markActive() {
    const at = activeKey === '' ? -1 : shown.findIndex(({ key }) => key === activeKey)
    if (at >= 0) scroller.setAttribute('aria-activedescendant', `row-${at}`)
    else scroller.removeAttribute('aria-activedescendant')
    return at
  }

  /** @param {string} key */
  function open(key) {
    const agent = store.agents.get(key)
    if (agent !== undefined) onOpen(agent.platform, agent.agentId)
  }

  /** @param {string} key @param {boolean} isOpened */
  function activate(key, isOpened) {
    activeKey = key
    list.setActive(markActive())
    if (isOpened) open(key)
  }

  scroller.addEventListener('keydown', (event) => {
    const at = shown.findIndex(({ key }) => key === activeKey)
    const to = target(event.key, at, shown.length, list.page())
    if (event.key === 'Enter' && at >= 0) open(activeKey)
    else if (to === undefined) return
    else activate(shown[to]?.key ?? '', false)
    event.preventDefault()
  })

  const unlisten = store.onChange(() => {
    list.refresh()
    if (timer === 0) timer = window.setTimeout(refilter, REFILTER_MS)
  })
  refilter()

  return {
    element,
    scroller,
    /** The platforms to choose from have changed. */
    platformsChanged() {
      const ids = platforms()
      show(platformSelect, ids, () => [
        el('option', { value: '' }, 'All platforms'),
        ...ids.map((id) => el('option', { value: id, selected: id === filter.platform }, id)),
      ])
    },
    /** @param {string} key '' for none */
    select(key) {
      activeKey = key
      list.setActive(markActive())
    },
    stop() {
      unlisten()
      window.clearTimeout(timer)
      list.stop()
    },
  }
}

/** Where a key leads to; undefined: it is not one that moves. @param {string} key @param {number} at @param {number} length @param {number} page */
function target(key, at, length, page) {
  if (length === 0) return undefined
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -length, End: length }[key]
  return step === undefined ? undefined : Math.min(length - 1, Math.max(0, at + step))
}

/**
 * @param {{ counts: ReadonlyMap<string, number>, all: number }} result
 * @param {string} chosen
 * @param {(state: import('./types.js').StateName | '') => void} choose
 */
function stateChips({ counts, all }, chosen, choose) {
  const chip = (/** @type {import('./types.js').StateName | ''} */ state, /** @type {number} */ number) =>
    el(
      'button',
      {
        type: 'button',
        class: 'filter-chip',
        'data-key': `state-${state}`,
        'data-tone': state === '' ? 'all' : STATES[state].tone,
        'aria-pressed': String(chosen === state),
        onclick: () => choose(chosen === state ? '' : state),
      },
      state === '' ? null : icon(state),
      state === '' ? 'All' : STATES[state].word,
      el('span', { class: 'num' }, number),
    )
  return [
    chip('', all),
    ...STATE_NAMES.filter((state) => (counts.get(state) ?? 0) > 0 || state === chosen).map((state) => chip(state, counts.get(state) ?? 0)),
  ]
}

/**
 * @param {object} on
 * @param {(change: Partial<import('./types.js').Filter>) => void} on.onFilter
 * @param {(by: import('./types.js').SortBy) => void} on.onSort
 */
function markup({ onFilter, onSort }) {
  /** @type {HTMLInputElement} */
  const search = el('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Agent, reason, state …',
    autocomplete: 'off',
    oninput: () => onFilter({ text: search.value }),
  })
  /** @type {HTMLSelectElement} */
  const platformSelect = el('select', { id: 'platform', onchange: () => onFilter({ platform: platformSelect.value }) })
  /** @type {HTMLSelectElement} */
  const sort = el(
    'select',
    { id: 'sort', onchange: () => onSort(/** @type {import('./types.js').SortBy} */ (sort.value)) },
    el('option', { value: 'agent' }, 'Agent'),
    el('option', { value: 'state' }, 'State'),
    el('option', { value: 'time' }, 'Longest in state'),
  )
  /** @type {HTMLInputElement} */
  const problems = el('input', { type: 'checkbox', id: 'problems', onchange: () => onFilter({ problemsOnly: problems.checked }) })
  const chips = el('div', { class: 'filter-chips', role: 'group', 'aria-label': 'Filter by state' })
  const count = el('p', { class: 'count num', id: 'agent-count' })
  const sizer = el('div', { class: 'sizer', role: 'rowgroup' })
  const empty = el('p', { class: 'empty', id: 'agents-empty' })
  const head = el(
    'div',
    { role: 'row', class: 'row head', 'aria-rowindex': '1' },
    COLUMNS.map((name, at) => el('div', { role: 'columnheader', class: HEAD_CLASSES[at] }, name)),
  )
  const scroller = el(
    'div',
    { class: 'scroller', role: 'grid', tabindex: '0', 'aria-label': 'Agents', 'aria-colcount': COLUMNS.length, id: 'agents' },
    head,
    sizer,
  )
  const element = el(
    'section',
    { class: 'agents', 'aria-label': 'All agents' },
    el(
      'div',
      { class: 'toolbar' },
      el('div', { class: 'field grow' }, el('label', { for: 'search' }, 'Search'), search),
      el('div', { class: 'field' }, el('label', { for: 'platform' }, 'Platform'), platformSelect),
      el('div', { class: 'field' }, el('label', { for: 'sort' }, 'Order'), sort),
      el('div', { class: 'check' }, problems, el('label', { for: 'problems' }, 'Problems only')),
    ),
    el('div', { class: 'chips-line' }, chips, count),
    el('div', { class: 'list' }, scroller, empty),
  )
  return { element, scroller, sizer, grid: scroller, chips, count, platformSelect, empty }
}

const HEAD_CLASSES = ['c-state', 'c-agent', 'c-time', 'c-reason', 'c-channels', 'c-way']
