import { epoch } from './time.js'
import { isOpen, reasonWords, STATES, TARGETS } from './words.js'

/** @typedef {import('./types.js').Agent} Agent */
/** @typedef {import('./types.js').AgentState} AgentState */
/** @typedef {import('./types.js').Command} Command */
/** @typedef {import('./types.js').Filter} Filter */
/** @typedef {import('./types.js').SortBy} SortBy */

/** States kept of each agent. */
const HISTORY = 12
const BAD_ENDS = new Set(['rejected', 'expired', 'unconfirmed', 'dead'])

/** @param {string} platform @param {string} agentId */
export const agentKey = (platform, agentId) => `${platform}/${agentId}`

/** A person should look at this agent. @param {Agent} agent */
export function isProblem({ stale, state, newest, ...agent }) {
  return (
    stale ||
    state === 'UNKNOWN' ||
    state === 'INTERRUPTED' ||
    (newest !== undefined && BAD_ENDS.has(newest.status)) ||
    driftOf({ ...agent, stale, state, newest })
  )
}

/** What was asked for last; undefined when that was for one channel, or nothing was. @param {Agent} agent */
export function desiredOf({ newest }) {
  return newest === undefined || newest.channel !== undefined || newest.status === 'superseded' || newest.status === 'cancelled'
    ? undefined
    : TARGETS[newest.action]
}

/** The newest command was confirmed, and the agent is elsewhere by now. @param {Agent} agent */
export function driftOf(agent) {
  const { newest, state, pendingState } = agent
  const desired = desiredOf(agent)
  if (newest?.status !== 'confirmed' || desired === undefined || pendingState === desired) return false
  if (desired === 'LOGGED_OUT') return state !== 'LOGGED_OUT' && state !== 'UNKNOWN'
  if (newest.action === 'LOGIN') return state === 'LOGGED_OUT'
  return desired === 'READY' ? state === 'LOGGED_OUT' || state === 'NOT_READY' : ['LOGGED_OUT', 'READY', 'RESERVED'].includes(state)
}

/**
 * Everything the page knows of agents. Bounded by the number of agents; of each one the newest command and `HISTORY` states.
 */
export function createAgentStore() {
  /** @type {Map<string, Agent>} */
  const agents = new Map()
  /** @type {Set<(keys: ReadonlySet<string> | undefined) => void>} */
  const listeners = new Set()
  /** @type {Set<string> | undefined} */
  let snapshot

  /** @param {ReadonlySet<string> | undefined} keys undefined: anything may have changed */
  const changed = (keys) => {
    for (const listener of listeners) listener(keys)
  }

  /** @param {AgentState} told @param {number} at */
  function put(told, at) {
    const key = agentKey(told.platform, told.agentId)
    const known = agents.get(key)
    const agent = agentOf(told, known, at)
    agents.set(key, agent)
    snapshot?.add(key)
    return key
  }

  return {
    agents,
    /** @param {(keys: ReadonlySet<string> | undefined) => void} listener */
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    /** A portion of the snapshot. @param {readonly { state: AgentState, at: number }[]} portion */
    load(portion) {
      snapshot ??= new Set()
      for (const { state, at } of portion) put(state, at)
      changed(undefined)
    },
    /** The snapshot is complete: who was not in it, is no more. */
    loaded() {
      const seen = snapshot ?? new Set()
      snapshot = undefined
      for (const key of agents.keys()) if (!seen.has(key)) agents.delete(key)
      changed(undefined)
    },
    /** @param {AgentState} told @param {number} at */
    put(told, at) {
      changed(new Set([put(told, at)]))
    },
    /** The newest of an agent's commands; older ones than the one known change nothing. @param {Command} command */
    command(command) {
      const key = agentKey(command.platform, command.agentId)
      const known = agents.get(key)
      if (known === undefined || (known.newest !== undefined && known.newest.seq > command.seq)) return
      agents.set(key, { ...known, newest: command })
      changed(new Set([key]))
    },
    /** The link is lost: nobody of this platform is known for sure from now on. @param {string} platform @param {number} at */
    platformStale(platform, at) {
      for (const agent of agents.values()) {
        if (agent.platform !== platform || agent.stale) continue
        const seen = { ...seenOf(agent, at), stale: true }
        agents.set(agent.key, { ...agent, stale: true, routable: false, history: [seen, ...agent.history].slice(0, HISTORY) })
      }
      changed(undefined)
    },
    /** Whoever shows something, shows it anew. */
    touch: () => changed(undefined),
    clear() {
      agents.clear()
      changed(undefined)
    },
  }
}

/** @typedef {ReturnType<typeof createAgentStore>} AgentStore */

/** @param {AgentState} told @param {Agent | undefined} known @param {number} at @returns {Agent} */
function agentOf(told, known, at) {
  const { platform, agentId, state, routable, stale, channels, pendingState, reason, cause, vendorState } = told
  const { since, sinceSure } = sinceOf(told, known, at)
  const reasonText = reasonWords(reason)
  const agent = {
    key: agentKey(platform, agentId),
    ...{ platform, agentId, state, routable, stale, channels, since, sinceSure, pendingState, reason, cause, vendorState },
    newest: known?.newest,
    sortKey: known?.sortKey ?? sortKeyOf(agentKey(platform, agentId)),
    history: known?.history ?? [],
    haystack: `${agentId} ${platform} ${reasonText} ${STATES[state]?.word ?? ''} ${vendorState ?? ''}`.toLowerCase(),
  }
  const seen = seenOf(agent, at)
  const last = agent.history[0]
  const same =
    last !== undefined &&
    last.state === seen.state &&
    last.reason === seen.reason &&
    last.stale === seen.stale &&
    last.pendingState === seen.pendingState
  return same ? agent : { ...agent, history: [seen, ...agent.history].slice(0, HISTORY) }
}

/**
 * Since when the state stands. Where the platform does not tell, the change that was seen; where none was, it is at least so old.
 *
 * @param {AgentState} told @param {Agent | undefined} known @param {number} at
 */
function sinceOf(told, known, at) {
  const since = epoch(told.since)
  if (since !== undefined) return { since, sinceSure: true }
  if (known !== undefined && known.state === told.state) return { since: known.since, sinceSure: known.sinceSure }
  return { since: at, sinceSure: known !== undefined && !known.stale }
}

/** @param {Pick<Agent, 'state' | 'reason' | 'stale' | 'pendingState' | 'since' | 'history'>} agent @param {number} at */
function seenOf({ state, reason, stale, pendingState, since, history }, at) {
  const text = reasonWords(reason)
  return { at: history.length === 0 ? since : at, state, stale, pendingState, reason: text === '' ? undefined : text }
}

/**
 * The agents that a filter leaves, and how many there are of each state before the filter by state: so that its buttons can say how many
 * each would show.
 *
 * @param {Iterable<Agent>} agents @param {Filter} filter @param {SortBy} sortBy
 */
export function filtered(agents, { platform, state, problemsOnly, text }, sortBy) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  /** @type {Map<string, number>} */
  const counts = new Map()
  /** @type {Agent[]} */
  const shown = []
  let all = 0
  for (const agent of agents) {
    if (platform !== '' && agent.platform !== platform) continue
    if (problemsOnly && !isProblem(agent)) continue
    if (words.some((word) => !agent.haystack.includes(word))) continue
    all += 1
    counts.set(agent.state, (counts.get(agent.state) ?? 0) + 1)
    if (state === '' || agent.state === state) shown.push(agent)
  }
  shown.sort(ORDERS[sortBy])
  return { shown, counts, all }
}

/** Plain texts in the order of people: `agent9` before `agent10`. Ten thousand of them are sorted in some milliseconds. @param {string} key */
const sortKeyOf = (key) => key.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'))

/** @param {Agent} a @param {Agent} b */
const byName = (a, b) => (a.sortKey < b.sortKey ? -1 : a.sortKey > b.sortKey ? 1 : 0)

/** @type {Readonly<Record<SortBy, (a: Agent, b: Agent) => number>>} */
const ORDERS = {
  agent: byName,
  state: (a, b) => STATES[a.state].order - STATES[b.state].order || byName(a, b),
  time: (a, b) => a.since - b.since || byName(a, b),
}

/** What is on its way for this agent, in words; empty when nothing is. @param {Agent} agent */
export function onItsWay({ newest, pendingState }) {
  if (newest !== undefined && isOpen(newest)) return STATES[TARGETS[newest.action]].word
  return pendingState === undefined ? '' : STATES[pendingState].word
}
