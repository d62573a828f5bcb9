import type { CommandClass } from '../../src/core/model/command.js'
import { isFinal, type CommandStatus, type Operation } from '../../src/core/model/life-cycle.js'

/** States of the modelled vendor's one agent: logged out, not ready, ready, in a call (what is asked then becomes true at its end). */
export type VendorState = 'OUT' | 'NR' | 'R' | 'BUSY'

export interface ModelCommand {
  readonly kind: CommandClass
  status: CommandStatus | 'none'
  attempts: number
  crashes: number
  pending: boolean
  /** An attempt ended with an unknown effect. */
  doubt: boolean
  /** What its caller was told; `503`: that nothing was accepted. */
  told: 'no' | 'accepted' | 'refused' | '503'
  /** The process that owes the log an undo. */
  undoBy: WorkerId | undefined
  // What follows is for the invariants only; the modelled gateway does not see it.
  /** A newer command that replaces it by the matrix was accepted. */
  obsolete: boolean
  undone: boolean
  /** The vendor has been in its target state at some moment since its acceptance or its last fence. */
  met: boolean
}

export type WorkerId = 0 | 1

/**
 * Where a worker is with command `c`. Between any two of these it can crash, and everybody else can act.
 * `holding`: has the lease, nothing known · `planned`: not at the target, the fence is next · `claimed`: past the fence,
 * nothing on the wire · `sending`: on the wire, no answer · `answered`: the vendor said yes · `refused` · `unknown`: no answer
 * came · `busy`: the vendor said that it did nothing, for now · `waiting`: pending at the vendor · `ending`: the outcome is decided, the
 * log does not know it yet.
 */
export type WorkerAt = 'idle' | 'holding' | 'planned' | 'claimed' | 'sending' | Answered | 'waiting' | 'ending'
export type Answered = 'answered' | 'refused' | 'unknown' | 'busy'

export interface Worker {
  at: WorkerAt
  c: number
  outcome: Operation | undefined
  /** It holds this process's gate: nobody can append here for this agent. */
  gate: boolean
  /** An event showed the target since the request was made. */
  saw: boolean
  /** The attempt that ends certainly had no effect. */
  harmless: boolean
  /** What it has put off itself and may go on with in one step; -1: nothing. */
  waits: number
  /** Its token from then is still the newest that was granted. */
  newest: boolean
  // For the invariants only.
  /** It has read the vendor since it took this command. */
  read: boolean
  /** Its lease ran out while it worked. */
  expired: boolean
}

/** A request that the vendor has not dealt with; `late`: answered, its effect is still to come. One agent's requests stay in order. */
export interface VendorRequest {
  readonly c: number
  readonly by: WorkerId
  readonly late: boolean
}

/** How many faults of each kind may still happen, and how many in all. */
export interface Budget {
  all: number
  crash: number
  /** The lease of a living worker runs out: it was frozen, or cut off from the store. */
  expire: number
  /** Requests lost, answers lost, effects that come later than the answer, failing reads. */
  vendor: number
  /** The vendor says yes and does nothing. */
  lie: number
  /** Answers of the store that are lost. */
  store: number
  /** Commands cancelled by their callers, or not worth doing any more. */
  ended: number
}

export interface State {
  commands: ModelCommand[]
  lease: { owner: WorkerId | 'none' | 'dead'; live: boolean }
  workers: [Worker, Worker]
  vendor: { state: VendorState; next: VendorState | undefined; queue: VendorRequest[] }
  left: Budget
  /** For the invariants only: a request whose fence was passed in time reached the vendor when it was obsolete. */
  bound: boolean
  lied: boolean
}

const IDLE: Worker = {
  at: 'idle',
  c: -1,
  outcome: undefined,
  gate: false,
  saw: false,
  harmless: false,
  waits: -1,
  newest: false,
  read: false,
  expired: false,
}

export const idleWorker = (): Worker => ({ ...IDLE })

export interface Scenario {
  readonly kinds: readonly CommandClass[]
  readonly vendor: VendorState
  readonly budget: Budget
}

export function initial({ kinds, vendor, budget }: Scenario): State {
  const command = (kind: CommandClass): ModelCommand => ({
    kind,
    status: 'none',
    attempts: 0,
    crashes: 0,
    pending: false,
    doubt: false,
    told: 'no',
    undoBy: undefined,
    obsolete: false,
    undone: false,
    met: false,
  })
  return {
    commands: kinds.map(command),
    lease: { owner: 'none', live: false },
    workers: [idleWorker(), idleWorker()],
    vendor: { state: vendor, next: undefined, queue: [] },
    left: { ...budget },
    bound: false,
    lied: false,
  }
}

export function copy(state: State): State {
  return {
    commands: state.commands.map((command) => ({ ...command })),
    lease: { ...state.lease },
    workers: [{ ...state.workers[0] }, { ...state.workers[1] }],
    vendor: { ...state.vendor, queue: [...state.vendor.queue] },
    left: { ...state.left },
    bound: state.bound,
    lied: state.lied,
  }
}

const bit = (value: boolean): number => (value ? 1 : 0)

/** Of an ended command only what the others still ask for: whether it may have had an effect. */
function commandKey(c: ModelCommand): string {
  const ended = c.status !== 'none' && isFinal(c.status)
  if (ended) return `${c.status}${Math.min(c.attempts, 2)}${bit(c.undone)}${c.told}${c.undoBy ?? ''}`
  const flags = bit(c.pending) + 2 * bit(c.doubt) + 4 * bit(c.obsolete) + 8 * bit(c.undone) + 16 * bit(c.met)
  return `${c.status}${c.attempts}${c.crashes},${flags}${c.told}${c.undoBy ?? ''}`
}

function workerKey(w: Worker): string {
  return `${w.at}${w.c}${w.outcome ?? ''}${bit(w.gate) + 2 * bit(w.saw) + 4 * bit(w.read) + 8 * bit(w.expired) + 16 * bit(w.harmless)}${w.waits < 0 ? '' : `w${w.waits}${bit(w.newest)}`}`
}

function keyAs({ commands, lease, workers, vendor, left, bound, lied }: State): string {
  let key = `${lease.owner}${bit(lease.live)}${vendor.state}${vendor.next ?? ''}${bit(bound)}${bit(lied)}`
  for (const command of commands) key += `|${commandKey(command)}`
  key += `/${workerKey(workers[0])}/${workerKey(workers[1])}`
  for (const { c, by, late } of vendor.queue) key += `~${c}${by}${bit(late)}`
  return `${key}#${left.all},${left.crash}${left.expire}${left.vendor}${left.lie}${left.store}${left.ended}`
}

const other = (by: WorkerId): WorkerId => (by === 0 ? 1 : 0)

/** The same with the two processes exchanged: they are alike. */
function mirrored(state: State): State {
  const { owner } = state.lease
  return {
    ...state,
    commands: state.commands.map((command) => (command.undoBy === undefined ? command : { ...command, undoBy: other(command.undoBy) })),
    lease: { ...state.lease, owner: owner === 'none' || owner === 'dead' ? owner : other(owner) },
    workers: [state.workers[1], state.workers[0]],
    vendor: { ...state.vendor, queue: state.vendor.queue.map((request) => ({ ...request, by: other(request.by) })) },
  }
}

/** Equal for equal states, whatever way led to them and whichever of the two processes did what. */
export function keyOf(state: State): string {
  const [one, two] = [workerKey(state.workers[0]), workerKey(state.workers[1])]
  if (one < two) return keyAs(state)
  if (one > two) return keyAs(mirrored(state))
  const [as, mirror] = [keyAs(state), keyAs(mirrored(state))]
  return as < mirror ? as : mirror
}

const TARGET: Readonly<Record<CommandClass, VendorState>> = { LOGIN: 'NR', READY: 'R', NOT_READY: 'NR', LOGOUT: 'OUT', 'LOGOUT!': 'OUT' }

export const targetOf = (kind: CommandClass): VendorState => TARGET[kind]

/** Whether a state is what the command asks for. A LOGIN asks for no more than being logged in. */
export function isMet(kind: CommandClass, state: VendorState | undefined): boolean {
  return kind === 'LOGIN' ? state !== undefined && state !== 'OUT' : state === TARGET[kind]
}

export function commandAt(state: State, c: number): ModelCommand {
  const command = state.commands[c]
  if (command === undefined) throw new Error(`there is no command ${c}`)
  return command
}

export type FaultKind = Exclude<keyof Budget, 'all'>

export const mayFail = ({ left }: State, kind: FaultKind): boolean => left.all > 0 && left[kind] > 0

/** Spends one fault. */
export function fail({ left }: State, kind: FaultKind): void {
  left[kind] -= 1
  left.all -= 1
  // With nothing left to spend the kinds no longer matter: equal states are equal.
  if (left.all === 0) for (const each of FAULT_KINDS) left[each] = 0
}

const FAULT_KINDS: readonly FaultKind[] = ['crash', 'expire', 'vendor', 'lie', 'store', 'ended']
