/** @typedef {import('./types.js').StateName} StateName */
/** @typedef {import('./types.js').Command} Command */

/**
 * States in the words, order and tone in which a supervisor looks for them.
 *
 * @type {Readonly<Record<StateName, { readonly word: string, readonly tone: string, readonly order: number }>>}
 */
export const STATES = {
  READY: { word: 'Ready', tone: 'ready', order: 0 },
  RESERVED: { word: 'Reserved', tone: 'busy', order: 1 },
  BUSY: { word: 'Busy', tone: 'busy', order: 2 },
  HOLD: { word: 'On hold', tone: 'busy', order: 3 },
  WRAP_UP: { word: 'Wrap-up', tone: 'wrap', order: 4 },
  NOT_READY: { word: 'Not ready', tone: 'paused', order: 5 },
  INTERRUPTED: { word: 'Interrupted', tone: 'alarm', order: 6 },
  UNKNOWN: { word: 'Unknown', tone: 'alarm', order: 7 },
  LOGGING_IN: { word: 'Logging in', tone: 'wrap', order: 8 },
  LOGGED_OUT: { word: 'Logged out', tone: 'out', order: 9 },
}

export const STATE_NAMES = /** @type {StateName[]} */ (Object.keys(STATES))

/** @param {StateName} state */
export function stateWord(state) {
  return STATES[state]?.word ?? state
}

/** @type {Readonly<Record<Command['status'], { readonly word: string, readonly tone: string, readonly open: boolean, readonly meaning: string }>>} */
export const STATUSES = {
  accepted: { word: 'Accepted', tone: 'open', open: true, meaning: 'stored; not sent yet' },
  sent: { word: 'Sent', tone: 'open', open: true, meaning: 'handed to the platform; evidence is awaited' },
  retrying: { word: 'Retrying', tone: 'wrap', open: true, meaning: 'failed; it will be tried again' },
  confirmed: { word: 'Confirmed', tone: 'ready', open: false, meaning: 'the platform itself has shown the effect' },
  rejected: { word: 'Rejected', tone: 'alarm', open: false, meaning: 'the platform, or its rules, said no' },
  superseded: { word: 'Superseded', tone: 'out', open: false, meaning: 'a newer command took its place' },
  cancelled: { word: 'Cancelled', tone: 'out', open: false, meaning: 'taken back before it was on its way' },
  expired: { word: 'Expired', tone: 'alarm', open: false, meaning: 'not worth doing any more' },
  unconfirmed: { word: 'Unconfirmed', tone: 'alarm', open: false, meaning: 'taken by the platform, and no evidence came' },
  dead: { word: 'Dead letter', tone: 'alarm', open: false, meaning: 'a person must decide' },
}

/** @param {Command} command */
export const isOpen = (command) => STATUSES[command.status]?.open === true

/** @param {Pick<Command, 'action' | 'force'>} command */
export function actionWord({ action, force }) {
  if (action === 'LOGOUT') return force === true ? 'Force logout' : 'Log out'
  return { LOGIN: 'Log in', READY: 'Ready', NOT_READY: 'Not ready' }[action]
}

/** The state that each action asks for. @type {Readonly<Record<Command['action'], StateName>>} */
export const TARGETS = { LOGIN: 'NOT_READY', READY: 'READY', NOT_READY: 'NOT_READY', LOGOUT: 'LOGGED_OUT' }

/** @param {Command} command */
export function evidenceWords({ confirmedBy, unchanged, pending, status }) {
  if (unchanged === true) return 'was there already; nothing was sent'
  if (confirmedBy === 'event') return "proved by the platform's own event"
  if (confirmedBy === 'read') return 'proved by a fresh read of the platform'
  if (pending === true && STATUSES[status].open) return 'taken by the platform, which will apply it by itself, for example after the call'
  return STATUSES[status].meaning
}

/** @type {Readonly<Record<string, { readonly word: string, readonly tone: string }>>} */
export const LINKS = {
  up: { word: 'Up', tone: 'ready' },
  connecting: { word: 'Connecting', tone: 'wrap' },
  degraded: { word: 'Degraded', tone: 'wrap' },
  down: { word: 'Down', tone: 'alarm' },
}

/** @type {Readonly<Record<string, { readonly word: string, readonly tone: string }>>} */
export const OUTCOMES = {
  NONE: { word: 'Nothing to lose', tone: 'out' },
  REQUEUED: { word: 'Back to its queue', tone: 'wrap' },
  HANDED_OVER: { word: 'Handed over', tone: 'ready' },
  RELEASED: { word: 'Ended', tone: 'alarm' },
  CONTINUES: { word: 'Goes on; the logout waits', tone: 'ready' },
  UNAFFECTED: { word: 'Goes on without the agent', tone: 'ready' },
  UNKNOWN: { word: 'Not known', tone: 'alarm' },
}

/** @type {Readonly<Record<string, { readonly word: string, readonly meaning: string, readonly tone: string }>>} */
export const CERTAINTIES = {
  documented: { word: 'Documented', meaning: 'the vendor says so', tone: 'ready' },
  observed: { word: 'Observed', meaning: "seen in the vendor's code or in recordings", tone: 'wrap' },
  unknown: { word: 'Not certain', meaning: 'the vendor does not say; concluded, or not known', tone: 'alarm' },
}

/** @param {import('./types.js').AgentState['reason']} reason */
export function reasonWords(reason) {
  if (reason === undefined) return ''
  const { name, code, key, id } = reason
  return name ?? key ?? (code !== undefined ? `code ${code}` : (id ?? ''))
}

/** The person, and the key that it came with. @param {string | undefined} principal @param {string | undefined} onBehalfOf */
export function whoWords(principal, onBehalfOf) {
  return onBehalfOf === undefined ? (principal ?? 'a key') : `${onBehalfOf} through ${principal ?? 'a key'}`
}

/** Words that say no more than ours. @type {Readonly<Partial<Record<StateName, string>>>} */
const SAME = { LOGGED_OUT: 'LOGOUT', LOGGING_IN: 'LOGIN' }

/** The platform's own word for a state, where it says something else than ours. @param {{ state: StateName, vendorState?: string | undefined }} of */
export function vendorWord({ state, vendorState }) {
  const word = vendorState?.toUpperCase()
  return word === undefined || word === state || word === SAME[state] ? '' : (vendorState ?? '')
}
