import { groupBy, isAction, type Action, type Logged, type PlatformRules, type Seen, type Told } from './model.js'

/** Of `PlatformRules.acceptMs`: twice a second, and a little. */
const ACCEPT_MS = 2_200
/** One exchange with a platform at most (`limits.sendTimeoutMs`), and a little for a busy machine. */
const IN_FLIGHT_MS = 5_500
/** Between the arrival of a request and the journal's note of it, on a busy machine. */
const SLACK_MS = 250

/** When a request of a command may arrive at the vendor. */
export interface Window {
  readonly command: Logged
  readonly from: number
  readonly to: number
  /** When, at the latest, it had been superseded. */
  readonly supersededBy: number | undefined
}

/** Which command each request at the vendor can belong to. Vendors know no command ids: the action and the time decide. */
export interface Attribution {
  readonly windows: readonly Window[]
  /** Requests that belong to no command that was open, or on its way, when they arrived. */
  readonly strangers: readonly Seen[]
  /** Effects beyond those that the commands account for. */
  readonly surplus: readonly Seen[]
  /** Effects of an older command after the effect of a newer one. */
  readonly regressions: readonly Seen[]
}

/**
 * Rules:
 * - A command that the log never let through (no `sentAt`, no attempts) accounts for nothing.
 * - A command accounts for requests from its acceptance to its end. What was let through before the end may arrive within
 *   the time of one exchange; a confirmed command has had its exchange.
 * - A superseded command ends when the newer one was told accepted, or when its acceptance must have been over.
 * - Each command accounts for one effect of its own action and one of each step on its way; requests without an effect
 *   (repeats that changed nothing, refusals, lost ones) are free within the window.
 */
export function attribute(commands: readonly Logged[], entries: readonly Seen[], told: readonly Told[], rules: PlatformRules): Attribution {
  const windows = windowsOf(commands, told, rules.acceptMs ?? ACCEPT_MS)
  const free = new Set(windows.flatMap((window) => slotsOf(window.command, rules).map((slot) => `${window.command.id} ${slot}`)))
  const strangers: Seen[] = []
  const surplus: Seen[] = []
  const regressions: Seen[] = []
  let newestCertain = 0
  for (const entry of entries.filter(({ asked }) => isAction(asked)).toSorted((a, b) => a.seq - b.seq)) {
    const fitting = windows.filter((window) => fits(window, entry, rules)).toSorted((a, b) => b.command.seq - a.command.seq)
    if (fitting.length === 0) {
      if (!rules.upkeep(entry)) strangers.push(entry)
      continue
    }
    if (entry.effect !== 'applied') continue
    if ((fitting[0]?.command.seq ?? 0) < newestCertain) regressions.push(entry)
    newestCertain = Math.max(newestCertain, fitting.at(-1)?.command.seq ?? 0)
    // The window that closes first takes it: what fits into the later ones too may still come.
    const slot = fitting
      .toSorted((a, b) => a.to - b.to)
      .map(({ command }) => `${command.id} ${entry.asked}`)
      .find((name) => free.has(name))
    if (slot === undefined) surplus.push(entry)
    else free.delete(slot)
  }
  return { windows, strangers, surplus, regressions }
}

function slotsOf(command: Logged, rules: PlatformRules): readonly Action[] {
  return [command.action, ...(rules.implied[command.action] ?? [])]
}

function fits({ command, from, to }: Window, entry: Seen, rules: PlatformRules): boolean {
  return slotsOf(command, rules).some((slot) => slot === entry.asked) && from <= entry.at && entry.at <= to
}

function windowsOf(commands: readonly Logged[], told: readonly Told[], acceptMs: number): Window[] {
  const byId = new Map(commands.map((command) => [command.id, command]))
  const toldOf = groupBy(
    told.filter(({ commandId }) => commandId !== undefined),
    ({ commandId }) => commandId ?? '',
  )
  return commands
    .filter((command) => command.sentAt !== undefined || command.attempts > 0)
    .map((command) => {
      const newer = command.supersededBy === undefined ? undefined : byId.get(command.supersededBy)
      const supersededBy = newer === undefined ? undefined : acceptedBy(newer, toldOf.get(newer.id) ?? [], acceptMs)
      const end = (command.status === 'superseded' ? supersededBy : command.settledAt) ?? command.settledAt ?? Number.POSITIVE_INFINITY
      const onItsWay = command.status !== 'confirmed' && command.sentAt !== undefined ? Math.min(command.sentAt, end) + IN_FLIGHT_MS : 0
      return { command, from: command.acceptedAt, to: Math.max(end + SLACK_MS, onItsWay), supersededBy }
    })
}

/** When a command was in the log at the latest. */
function acceptedBy(command: Logged, told: readonly Told[], acceptMs: number): number {
  return Math.min(
    command.acceptedAt + acceptMs,
    command.settledAt ?? Number.POSITIVE_INFINITY,
    command.sentAt ?? Number.POSITIVE_INFINITY,
    ...told.map(({ at }) => at),
  )
}
