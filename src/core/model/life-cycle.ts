/** Effect of an operation on the counters and marks of a command. `keep` is no effect. */
interface Effects {
  /** Attempts begun: counted before the vendor is called, given back when the vendor or the link was away. */
  readonly attempts: 'zero' | 'keep' | 'plus-one' | 'minus-one'
  /** How often in a row a process died while it worked on the command. */
  readonly crashes: 'zero' | 'keep' | 'plus-one'
  /** The vendor has taken it and will apply it by itself later. */
  readonly pending: 'clear' | 'keep' | 'set'
  /** When it is tried again. */
  readonly nextAttemptAt: 'clear' | 'keep' | 'set'
}

/** One way in which a command changes. */
interface Rule extends Effects {
  /** Statuses in which it may happen; `none`: there is no such command yet. In every other status nothing is changed. */
  readonly from: readonly string[]
  /** The status that follows; `same`: it stays. */
  readonly to: string
  /**
   * `held`: only by whoever holds the agent's lease · `granted`: only when nobody has it, and it comes with it ·
   * `free`: nobody's lease matters, because it can only keep the command from being sent.
   */
  readonly lease: 'held' | 'granted' | 'free'
}

const OPEN = ['accepted', 'sent', 'retrying'] as const
const UNCHANGED = { attempts: 'keep', crashes: 'keep', pending: 'keep', nextAttemptAt: 'keep' } as const
const SENDING = { attempts: 'plus-one', crashes: 'keep', pending: 'clear', nextAttemptAt: 'clear' } as const
const ENDED = { from: OPEN, attempts: 'keep', crashes: 'zero', pending: 'clear', nextAttemptAt: 'clear' } as const
const ENDED_BY_US = { ...ENDED, lease: 'held' } as const
const ENDED_BY_OTHERS = { ...ENDED, lease: 'free', crashes: 'keep', pending: 'keep' } as const

/**
 * The life of a command: every way in which one comes to be, changes and ends. The engines, the runner and the model check
 * follow this table; nothing else may change a status.
 *
 * `cancel` is not for what is `sent`: it is on its way, and "cancelled" would be a lie. `undo` takes back a command whose
 * caller was told that nothing was accepted; it is for any open one, because telling the truth to that caller comes first.
 */
export const LIFE_CYCLE = {
  append: { from: ['none'], to: 'accepted', lease: 'free', attempts: 'zero', crashes: 'zero', pending: 'clear', nextAttemptAt: 'clear' },
  /** Append and `claimSend` in one step, for an agent with nothing open and nobody's lease. */
  begin: { ...SENDING, from: ['none'], to: 'sent', lease: 'granted', crashes: 'zero' },
  /** The fence, directly before the first send of an attempt. */
  claimSend: { ...SENDING, from: OPEN, to: 'sent', lease: 'held' },
  /** Lease and fence in one step, for a command that was put off and that nobody has worked on since. */
  retake: { ...SENDING, from: ['retrying'], to: 'sent', lease: 'granted' },
  /** The fence before a further step of the same attempt. */
  claimStep: { ...SENDING, from: OPEN, to: 'sent', lease: 'held', attempts: 'keep' },
  /** The last holder of the agent died or froze with this command at the head. Not for a pending one: it only waits. */
  crash: { ...UNCHANGED, from: OPEN, to: 'same', lease: 'granted', crashes: 'plus-one' },
  pend: { ...UNCHANGED, from: OPEN, to: 'sent', lease: 'held', pending: 'set' },
  retry: { from: OPEN, to: 'retrying', lease: 'held', attempts: 'keep', crashes: 'zero', pending: 'keep', nextAttemptAt: 'set' },
  /** A retry that costs no attempt. */
  park: { from: OPEN, to: 'retrying', lease: 'held', attempts: 'minus-one', crashes: 'zero', pending: 'keep', nextAttemptAt: 'set' },
  confirm: { ...ENDED_BY_US, to: 'confirmed' },
  reject: { ...ENDED_BY_US, to: 'rejected' },
  supersede: { ...ENDED_BY_OTHERS, to: 'superseded' },
  cancel: { ...ENDED_BY_OTHERS, from: ['accepted', 'retrying'], to: 'cancelled' },
  undo: { ...ENDED_BY_OTHERS, to: 'cancelled' },
  expire: { ...ENDED_BY_US, to: 'expired' },
  doubt: { ...ENDED_BY_US, to: 'unconfirmed' },
  bury: { ...ENDED_BY_US, to: 'dead' },
} as const satisfies Readonly<Record<string, Rule>>

export type Operation = keyof typeof LIFE_CYCLE
type Left = (typeof LIFE_CYCLE)[Operation]['from'][number]
type Reached = (typeof LIFE_CYCLE)[Operation]['to']

/** A status that something leads out of. */
export type OpenStatus = Exclude<Left, 'none'>
/** A status that something leads to and nothing out of. */
export type FinalStatus = Exclude<Reached, Left | 'same'>
export type CommandStatus = OpenStatus | FinalStatus

const RULES: Readonly<Record<string, Rule>> = LIFE_CYCLE
const reached = [...new Set(Object.values(RULES).map(({ to }) => to))].filter((status) => status !== 'same') as CommandStatus[]
const left = new Set(Object.values(RULES).flatMap(({ from }) => from))

export const OPERATIONS = Object.keys(LIFE_CYCLE) as readonly Operation[]
/** In the order of the table. */
export const OPEN_STATUSES = reached.filter((status): status is OpenStatus => left.has(status)) as readonly OpenStatus[]
export const FINAL_STATUSES = reached.filter((status): status is FinalStatus => !left.has(status)) as readonly FinalStatus[]
export const COMMAND_STATUSES: readonly CommandStatus[] = [...OPEN_STATUSES, ...FINAL_STATUSES]

const FINAL: ReadonlySet<string> = new Set(FINAL_STATUSES)

export function isFinal(status: CommandStatus): status is FinalStatus {
  return FINAL.has(status)
}

/** The status after an operation; undefined: it is refused, and nothing changes. */
export function next(status: CommandStatus | 'none', operation: Operation): CommandStatus | undefined {
  const rule = RULES[operation] as Rule
  if (!rule.from.includes(status)) return undefined
  return rule.to === 'same' ? (status as CommandStatus) : (rule.to as CommandStatus)
}

/** Whether a command may pass the fence. What an old snapshot brought back is never sent. The lease is the store's to check. */
export function mayClaim(command: { readonly status: CommandStatus; readonly beforeRollback?: boolean }): boolean {
  return next(command.status, 'claimSend') !== undefined && command.beforeRollback !== true
}

/** Statuses that a settle can ask for, and the operation that each is. */
const SETTLES = {
  confirmed: 'confirm',
  rejected: 'reject',
  superseded: 'supersede',
  cancelled: 'cancel',
  expired: 'expire',
  unconfirmed: 'doubt',
  dead: 'bury',
  retrying: 'retry',
  sent: 'pend',
} as const satisfies Readonly<Partial<Record<CommandStatus, Operation>>>

/** The operation that a settle or finish is; undefined: there is none that leads there. */
export function settleOperation(change: { readonly status: CommandStatus; readonly giveAttemptBack?: boolean }): Operation | undefined {
  if (change.status === 'accepted') return undefined
  if (change.status === 'retrying' && change.giveAttemptBack === true) return 'park'
  return SETTLES[change.status]
}

/** Whether a settle or finish changes a command of this status. The lease is the store's to check. */
export function maySettle(status: CommandStatus, change: { readonly status: CommandStatus; readonly giveAttemptBack?: boolean }): boolean {
  const operation = settleOperation(change)
  return operation !== undefined && next(status, operation) !== undefined
}

/** Whether only the holder of the agent's lease may do it. */
export function needsLease(operation: Operation): boolean {
  return RULES[operation]?.lease === 'held'
}

/** What an operation does to the counters and marks. */
export function effectsOf(operation: Operation): Effects {
  return RULES[operation] as Rule
}
