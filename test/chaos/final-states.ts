import { isAction, TARGET, type Logged, type PlatformRules, type Seen, type State } from './model.js'

/** How far the clocks of notes about the same instant lie apart on a busy machine, ms. */
const SLACK_MS = 250

/**
 * Where the vendor may leave the agent after these commands: what is confirmed is certain; what was sent and then replaced,
 * given up or never proven may have happened.
 */
export function possibleStates(commands: readonly Logged[], rules: PlatformRules): ReadonlySet<State> {
  return [...commands].sort((a, b) => a.seq - b.seq).reduce((states, command) => after(states, command, rules), new Set([rules.initial]))
}

function after(states: ReadonlySet<State>, command: Logged, rules: PlatformRules): Set<State> {
  const reached = new Set([...states].map((state) => reach(state, command)))
  if (command.status === 'confirmed') return reached
  const wasSent = command.attempts > 0 || command.sentAt !== undefined
  if (!wasSent || command.status === 'rejected') return new Set([...states, ...(wasSent ? stepsOf(command, rules) : [])])
  return new Set([...states, ...reached, ...stepsOf(command, rules)])
}

/** A LOGIN of an agent who is logged in already leaves the state alone. */
function reach(state: State, { action }: Logged): State {
  return action === 'LOGIN' && state !== 'LOGGED_OUT' ? state : TARGET[action]
}

/** A logout that begins with NOT_READY may end there. */
function stepsOf(command: Logged, rules: PlatformRules): State[] {
  return (rules.implied[command.action] ?? []).map((action) => TARGET[action])
}

/** Undefined when the vendor's state follows from the commands. */
export function wrongFinal(commands: readonly Logged[], state: State | undefined, rules: PlatformRules): string | undefined {
  if (state === undefined || commands.length === 0) return undefined
  const possible = possibleStates(commands, rules)
  if (possible.has(state)) return undefined
  const last = [...commands].sort((a, b) => a.seq - b.seq).slice(-4)
  return `the vendor says ${state}, not ${[...possible].join(' or ')}, after ${last.map((command) => `#${command.seq} ${command.action}:${command.status}`).join(' ')}`
}

/**
 * Commands that were refused although nothing explains it. A refusal for being logged out is explained when the agent may
 * have been logged out after the commands before it; the load gives no cause for any other.
 */
export function unexplained(commands: readonly Logged[], rules: PlatformRules): string[] {
  const ordered = [...commands].sort((a, b) => a.seq - b.seq)
  return ordered.flatMap((command, at) => {
    if (command.status !== 'rejected') return []
    const before = possibleStates(ordered.slice(0, at), rules)
    if (command.code === 'NOT_LOGGED_IN' && before.has('LOGGED_OUT')) return []
    return [
      `#${command.seq} ${command.action} ${command.id} was rejected with ${command.code} while the agent was ${[...before].join(' or ')}`,
    ]
  })
}

/** The vendor's state over time as its own journal shows it, and whether a confirmed command's target is in it. */
export function unproven(commands: readonly Logged[], entries: readonly Seen[], rules: PlatformRules): Logged[] {
  const changes = entries.filter((entry) => entry.effect === 'applied' && isAction(entry.asked)).toSorted((a, b) => a.seq - b.seq)
  return commands.filter((command) => {
    if (command.status !== 'confirmed' || command.settledAt === undefined) return false
    const from = command.acceptedAt - rules.effectDelayMs - SLACK_MS
    const to = command.settledAt + SLACK_MS
    const seen = new Set<State>([stateAt(changes, from, rules)])
    for (const entry of changes) if (entry.at > from && entry.at <= to && isAction(entry.asked)) seen.add(TARGET[entry.asked])
    if (command.action === 'LOGIN') return ![...seen].some((state) => state !== 'LOGGED_OUT')
    return !seen.has(TARGET[command.action])
  })
}

function stateAt(changes: readonly Seen[], at: number, rules: PlatformRules): State {
  const last = changes.filter((entry) => entry.at <= at).at(-1)
  return last !== undefined && isAction(last.asked) ? TARGET[last.asked] : rules.initial
}
