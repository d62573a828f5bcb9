import { randomUUID } from 'node:crypto'
import type { ZodType } from 'zod'
import type { Adapter } from '../adapter.js'
import type { Clock } from '../clock.js'
import { actionOf, checkAbility, checkOptions, resolveReason } from './command-checks.js'
import type { AppendResult, CommandDraft, CommandLog, EngineOptions } from '../command-log.js'
import type { QueuePlace, SubmitInput, SubmitResult } from './command-request.js'
import { prepareFirstTry, type FirstTry } from './first-try.js'
import type { KeyMutex } from '../key-mutex.js'
import {
  agentKey,
  asAccepted,
  isFinal,
  relationTable,
  type Action,
  type ActionKind,
  type Command,
  type Origin,
  type Reasonless,
  type ResolvedAction,
} from '../model/command.js'
import { changed } from '../model/changed.js'
import { CtiError } from '../model/error.js'
import { priorityOf } from './policy.js'
import type { Presence } from '../agents/presence.js'
import type { ReasonBook } from './reason-book.js'
import type { Runner } from '../run/runner.js'
import type { Settlements } from './settlements.js'
import type { SiteHooks } from '../site/site-hooks.js'
import type { Vault } from './vault.js'
import type { VendorGate } from '../gate/vendor-gate.js'

export interface CommandPlatform {
  readonly id: string
  readonly adapter: Adapter
  readonly gate: VendorGate
  readonly reasons: ReasonBook
  readonly commandOptions: ZodType<Readonly<Record<string, unknown>>> | undefined
}

export interface CommandsSettings {
  readonly owner: string
  readonly leaseMs: number
  readonly storeTimeoutMs: number
  readonly idempotencyTtlMs: number
  /** How long each action is worth doing, ms: a READY that is ten minutes late is harmful. */
  readonly expiryMs: Readonly<Record<ActionKind, number>>
}

export interface CommandsPorts {
  readonly platform: (id: string) => CommandPlatform | undefined
  readonly log: CommandLog
  readonly runner: Runner
  readonly presence: Presence
  readonly site: SiteHooks
  readonly mutex: KeyMutex
  readonly vault: Vault
  readonly settlements: Settlements
  readonly clock: Clock
  readonly onChange: (command: Command) => void
  readonly onAccepted: (command: Command) => void
}

/** A durable command, and how to begin with it. */
interface Appended {
  readonly command: Command
  readonly start: () => void
}

/** A request that has passed every check that needs no vendor. */
export interface Checked {
  readonly platform: CommandPlatform
  readonly action: Action
  /** Missing: the platform's reasons cannot be had now; the runner asks again. */
  readonly resolved: ResolvedAction | undefined
}

/** From a request to a durable command, and to its end as far as the caller waits for it. */
export interface Acceptance {
  /** Fails: PLATFORM_NOT_FOUND, UNSUPPORTED, INVALID_REQUEST, REASON_INVALID … */
  check(input: SubmitInput): Checked | Promise<Checked>
  accept(input: SubmitInput, checked: Checked, waitMs: number): Promise<SubmitResult>
}

/** How often a command that another process works on is looked at, ms. Its news come sooner; this is for those that get lost. */
const ELSEWHERE_LOOK_MS = 500

export function createAcceptance(ports: CommandsPorts, settings: CommandsSettings): Acceptance {
  const { log, clock, runner, site } = ports
  const within = (): EngineOptions => ({ deadline: clock.now() + settings.storeTimeoutMs })
  const begin = { owner: settings.owner, ttlMs: settings.leaseMs }
  const withBegin = (): EngineOptions & { readonly begin: typeof begin } => ({ deadline: clock.now() + settings.storeTimeoutMs, begin })

  function draftOf({ platform, agentId, idempotency }: SubmitInput, origin: Origin, action: Action): CommandDraft {
    const now = clock.now()
    const expiresAt = now + settings.expiryMs[action.kind]
    const command = { id: randomUUID(), platform, agentId, action, origin, acceptedAt: now, expiresAt }
    const relations = relationTable(action)
    if (idempotency === undefined) return { command, relations }
    const { key, fingerprint } = idempotency
    return { command, relations, idempotency: { key, fingerprint, ttlMs: settings.idempotencyTtlMs } }
  }

  /** Appends, and answers how to begin with the command. Whoever gets the function must call it. */
  async function append(input: SubmitInput, origin: Origin, { platform, action, resolved }: Checked): Promise<Appended | SubmitResult> {
    const key = agentKey(input.platform, input.agentId)
    const draft = draftOf(input, origin, action)
    const { id } = draft.command
    if (action.hasSecret === true) site.checkSecret(key)
    if (input.request.credentials !== undefined) ports.vault.put(id, input.request.credentials)
    const open = await ports.mutex.acquire(key, settings.storeTimeoutMs)
    const parts = { platform, presence: ports.presence, runner }
    const first = resolved && prepareFirstTry(parts, key, input.agentId, resolved)
    let started = false
    try {
      const fencedAt = clock.monotonic()
      const result = await log.append(draft, first === undefined ? within() : withBegin())
      if (result.kind !== 'accepted') return await notAccepted(result)
      replaced(key, result.superseded)
      const { command, lease } = result
      ports.onAccepted(command)
      started = true
      if (first !== undefined && lease !== undefined) {
        return { command, start: () => first.turn.go({ command, lease, plan: first.plan, pass: first.pass, open, fencedAt }) }
      }
      first?.pass.done('unused')
      open()
      return { command, start: () => start(key, id, first) }
    } finally {
      if (!started) {
        first?.pass.done('unused')
        first?.turn.leave(false)
        ports.vault.drop(id)
        open()
      }
    }
  }

  function start(key: string, commandId: string, first: FirstTry | undefined): void {
    if (first !== undefined) first.turn.leave(true)
    else if (site.mayRun(key)) runner.accepted(key)
    else site.forward(key, commandId)
  }

  async function notAccepted(result: Exclude<AppendResult, { kind: 'accepted' }>): Promise<SubmitResult> {
    if (result.kind === 'refused') throw new CtiError('FORCED_LOGOUT_PENDING', { detail: `the forced logout ${result.by} has not ended` })
    if (!result.sameBody) throw new CtiError('IDEMPOTENCY_MISMATCH')
    if (result.response !== undefined) return { kind: 'stored', response: result.response }
    const command = await log.get(result.commandId, within())
    // What was accepted, and what has ended, is its own answer. Else the first request ended without leaving one (its process died).
    if (command?.origin.async === true) return { kind: 'command', command: asAccepted(command), repeated: true }
    if (command !== undefined && (isFinal(command.status) || clock.now() - command.acceptedAt > 60_000)) {
      return { kind: 'command', command, repeated: true }
    }
    throw new CtiError('IDEMPOTENCY_IN_FLIGHT', { retryAfterMs: 1000 })
  }

  /** Those who work on a replaced command, or wait for it, learn of it. */
  function replaced(key: string, ids: readonly string[]): void {
    if (ids.length === 0) return
    runner.superseded(key, ids)
    site.replaced(key, ids)
    for (const id of ids) void announce(id)
  }

  async function announce(id: string): Promise<void> {
    const command = await log.get(id, within()).catch(() => undefined)
    if (command !== undefined) ports.onChange(command)
  }

  async function ended({ command, start: begin }: Appended, waitMs: number): Promise<Command> {
    if (waitMs <= 0) {
      begin()
      return asAccepted(command)
    }
    const settled = ports.settlements.wait(command.id, waitMs)
    begin()
    const runsHere = site.mayRun(agentKey(command.platform, command.agentId))
    const found = await (runsHere ? settled : Promise.race([settled, endedElsewhere(command, waitMs)]))
    return found ?? (await log.get(command.id, within()).catch(() => undefined)) ?? command
  }

  async function endedElsewhere(command: Command, waitMs: number): Promise<Command | undefined> {
    const until = clock.monotonic() + waitMs
    for (;;) {
      const left = until - clock.monotonic()
      if (left <= 0) return undefined
      await clock.sleep(Math.min(ELSEWHERE_LOOK_MS, left))
      const now = await log.get(command.id, within()).catch(() => undefined)
      if (now !== undefined && isFinal(now.status)) return now
    }
  }

  function queuePlace({ gate }: CommandPlatform, action: Action): { queue?: QueuePlace } {
    const priority = priorityOf(action)
    const waitMs = gate.expectedWaitMs(priority)
    return waitMs > 0 ? { queue: { position: gate.position(priority), waitMs } } : {}
  }

  return {
    check(input) {
      const platform = ports.platform(input.platform)
      if (platform === undefined) throw new CtiError('PLATFORM_NOT_FOUND', { detail: `there is no platform "${input.platform}"` })
      const action = actionOf(input.request)
      checkAbility(platform.adapter.manifest, action)
      checkOptions(platform.commandOptions, action)
      if (action.reason === undefined) return { platform, action, resolved: action as Reasonless }
      return resolveReason(platform.reasons, action, input.agentId).then((resolved) => ({ platform, action, resolved }))
    },
    async accept(input, checked, waitMs) {
      const { origin } = input
      const appended = await append(input, waitMs > 0 ? origin : changed(origin, { async: true } as const), checked)
      if ('kind' in appended) return appended
      const command = await ended(appended, waitMs)
      return { kind: 'command', command, ...(!isFinal(command.status) && queuePlace(checked.platform, checked.action)) }
    },
  }
}
