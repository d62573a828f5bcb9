import { isOpen } from './words.js'

/** @typedef {import('./types.js').Agent} Agent */
/** @typedef {import('./types.js').Platform} Platform */
/** @typedef {import('./types.js').Me} Me */
/** @typedef {import('./types.js').ActionOffer} ActionOffer */

const ON_CONTACT = new Set(['RESERVED', 'BUSY', 'HOLD'])

/** What becomes of a logout during a contact, by the platform's manifest. @type {Readonly<Record<string, string | undefined>>} */
const BUSY_HINT = {
  defer: 'The platform applies it after the contact.',
  reroute: 'The platform takes the contact away and queues it again.',
  continue: 'The contact goes on without the agent.',
  unknown: 'The platform does not say what becomes of the contact.',
}

/** @param {Me} me @param {Pick<Agent, "key">} agent */
export function mayWrite({ scopes, agent: own }, { key }) {
  return scopes.includes('agent:write') || (scopes.includes('agent:self') && own === key)
}

/**
 * The buttons of one agent: what may be asked for now, and otherwise why not. The gateway decides again; this spares people what it would
 * refuse.
 *
 * @param {Agent} agent @param {Platform} platform @param {Me} me
 * @returns {readonly ActionOffer[]}
 */
export function offersFor(agent, platform, me) {
  const write = mayWrite(me, agent)
  const forced = agent.newest !== undefined && agent.newest.force && isOpen(agent.newest)
  const out = agent.state === 'LOGGED_OUT'
  const busy = ON_CONTACT.has(agent.state)
  const able = (/** @type {Platform['actions'][number]} */ action) =>
    !write
      ? 'Your key may not command this agent.'
      : !platform.actions.includes(action)
        ? `${platform.title} cannot do this here.`
        : undefined
  const loggedIn = out ? 'The agent is not logged in.' : forced ? 'A forced logout is on its way.' : undefined
  const hint = busy ? BUSY_HINT[platform.logoutWhileBusy] : undefined
  const refusing = busy && platform.logoutWhileBusy === 'refuse' ? 'The platform refuses a logout during a contact.' : undefined
  return [
    {
      id: 'LOGIN',
      word: 'Log in',
      whyNot: able('LOGIN') ?? (out || agent.state === 'UNKNOWN' ? undefined : 'The agent is logged in.'),
      hint: undefined,
    },
    { id: 'READY', word: 'Ready', whyNot: able('READY') ?? loggedIn ?? readyAlready(agent), hint: undefined },
    {
      id: 'NOT_READY',
      word: 'Not ready',
      whyNot: able('NOT_READY') ?? loggedIn,
      hint: busy ? 'It takes effect after the contact.' : undefined,
    },
    { id: 'LOGOUT', word: 'Log out', whyNot: able('LOGOUT') ?? loggedIn ?? refusing, hint },
    {
      id: 'FORCE',
      word: 'Force logout',
      whyNot: able('LOGOUT') ?? forceable(platform, me) ?? (out ? loggedIn : refusing),
      hint: undefined,
    },
  ]
}

/** @param {Agent} agent */
function readyAlready({ state, pendingState }) {
  return state === 'READY' && pendingState === undefined ? 'The agent is ready.' : undefined
}

/** @param {Platform} platform @param {Me} me */
function forceable(platform, { scopes }) {
  if (platform.forcedLogout === 'unsupported') return `${platform.title} has no forced logout here.`
  return scopes.includes('supervisor:logout') ? undefined : 'Your key lacks the scope supervisor:logout.'
}
