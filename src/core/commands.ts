import { randomUUID } from 'node:crypto'
import type { ZodType } from 'zod'
import type { Adapter, Credentials } from './adapter.js'
import type { Clock } from './clock.js'
import type { CommandDraft, CommandLog, EngineOptions, StoredResponse } from './command-log.js'
import { withDeadline } from './deadline.js'
import type { KeyMutex } from './key-mutex.js'
import { agentKey, isFinal, relationTable, type Action, type ActionKind, type Command, type Origin } from './model/command.js'
import { CtiError, toCtiError } from './model/error.js'
import type { Manifest } from './model/manifest.js'
import type { ReasonBook } from './reason-book.js'
import type { Runner } from './runner.js'
import type { Settlements } from './settlements.js'
import type { Vault } from './vault.js'

/** A caller's wish, as the API takes it. */
export interface CommandRequest {
  readonly action: ActionKind
  readonly force?: boolean
  readonly reason?: string
  readonly channel?: string
  readonly queues?: readonly string[]
  readonly station?: string
  readonly credentials?: Credentials
  readonly options?: Readonly<Record<string, unknown>>
}

export interface SubmitInput {
  readonly platform: string
  readonly agentId: string
  readonly request: CommandRequest
  readonly origin: Origin
  readonly idempotency?: { readonly key: string; readonly fingerprint: string }
}

export type SubmitResult =
  | { readonly kind: 'command'; readonly command: Command }
  /** The idempotency key was used before for the same body and its answer is known. */
  | { readonly kind: 'stored'; readonly response: StoredResponse }

export interface CommandPlatform {
  readonly adapter: Adapter
  readonly reasons: ReasonBook
  readonly commandOptions: ZodType<Readonly<Record<string, unknown>>> | undefined
}

export interface CommandsSettings {
  readonly storeTimeoutMs: number
  readonly idempotencyTtlMs: number
  /** How long each action is worth doing, ms: a READY that is ten minutes late is harmful. */
  readonly expiryMs: Readonly<Record<ActionKind, number>>
}

export interface CommandsPorts {
  readonly platform: (id: string) => CommandPlatform | undefined
  readonly log: CommandLog
  readonly runner: Runner
  readonly gate: KeyMutex
  readonly vault: Vault
  readonly settlements: Settlements
  readonly clock: Clock
  readonly onChange: (command: Command) => void
}

/** What callers can do with commands. Failures are `CtiError`. */
export interface Commands {
  /**
   * Accepts a command durably, starts it, and waits for its end at most `waitMs`.
   * Guarantees: a rejection with STORE_UNAVAILABLE means that nothing was accepted; the returned command is as of now.
   */
  submit(input: SubmitInput, waitMs: number): Promise<SubmitResult>
  get(id: string): Promise<Command>
  history(platform: string, agentId: string, limit: number, before?: number): Promise<readonly Command[]>
  dead(limit: number, before?: number): Promise<readonly Command[]>
  newest(platform: string, agentId: string): Promise<Command | undefined>
  /** Fails: NOT_CANCELLABLE when it has ended or is on its way to the vendor. */
  cancel(id: string): Promise<Command>
  /** A dead letter anew, as a new command. Fails: NOT_REPLAYABLE, OBSOLETE when a newer command of the agent exists. */
  replay(id: string, origin: Origin, waitMs: number): Promise<Command>
  completeIdempotency(key: string, response: StoredResponse): Promise<void>
  /** The request with everything checked that can be checked without the vendor. Fails: UNSUPPORTED, INVALID_REQUEST, REASON_INVALID … */
  check(input: SubmitInput): Promise<Action>
}

export function createCommands(ports: CommandsPorts, settings: CommandsSettings): Commands {
  const { log, clock } = ports
  const within = (): EngineOptions => ({ deadline: clock.now() + settings.storeTimeoutMs })

  async function check(input: SubmitInput): Promise<Action> {
    const platform = ports.platform(input.platform)
    if (platform === undefined) throw new CtiError('PLATFORM_NOT_FOUND', { detail: `there is no platform "${input.platform}"` })
    const action = actionOf(input.request)
    checkAbility(platform.adapter.manifest, action)
    checkOptions(platform.commandOptions, action)
    await checkReason(platform, action, input.agentId)
    return action
  }

  async function append(input: SubmitInput, action: Action): Promise<SubmitResult> {
    const key = agentKey(input.platform, input.agentId)
    const id = randomUUID()
    const now = clock.now()
    const draft: CommandDraft = {
      command: {
        id,
        platform: input.platform,
        agentId: input.agentId,
        action,
        origin: input.origin,
        acceptedAt: now,
        expiresAt: now + settings.expiryMs[action.kind],
      },
      relations: relationTable(action),
      ...(input.idempotency && { idempotency: { ...input.idempotency, ttlMs: settings.idempotencyTtlMs } }),
    }
    if (input.request.credentials !== undefined) ports.vault.put(id, input.request.credentials)
    const open = await ports.gate.acquire(key, settings.storeTimeoutMs)
    try {
      const result = await log.append(draft, within())
      switch (result.kind) {
        case 'accepted':
          ports.runner.superseded(key, result.superseded)
          for (const old of result.superseded) void announce(old)
          return { kind: 'command', command: result.command }
        case 'refused':
          throw new CtiError('FORCED_LOGOUT_PENDING', { detail: `the forced logout ${result.by} has not ended` })
        case 'known':
          return await known(result)
      }
    } catch (error) {
      ports.vault.drop(id)
      throw error
    } finally {
      open()
    }
  }

  async function known(result: { commandId: string; sameBody: boolean; response?: StoredResponse }): Promise<SubmitResult> {
    if (!result.sameBody) throw new CtiError('IDEMPOTENCY_MISMATCH')
    if (result.response !== undefined) return { kind: 'stored', response: result.response }
    const command = await log.get(result.commandId, within())
    // The first request ended without leaving its answer (its process died): the command itself is the answer.
    if (command !== undefined && clock.now() - command.acceptedAt > 60_000) return { kind: 'command', command }
    throw new CtiError('IDEMPOTENCY_IN_FLIGHT', { retryAfterMs: 1000 })
  }

  /** Those who wait for a replaced command learn of it. */
  async function announce(id: string): Promise<void> {
    const command = await log.get(id, within()).catch(() => undefined)
    if (command !== undefined) ports.onChange(command)
  }

  async function waitFor(command: Command, waitMs: number): Promise<Command> {
    if (isFinal(command.status)) return command
    const key = agentKey(command.platform, command.agentId)
    if (waitMs <= 0) {
      void ports.runner.run(key)
      return command
    }
    const settled = withDeadline(
      clock,
      waitMs,
      undefined,
      (signal) => ports.settlements.wait(command.id, signal),
      () => new CtiError('VENDOR_TIMEOUT'),
    )
    void ports.runner.run(key)
    const ended = await settled.catch(() => undefined)
    if (ended !== undefined) return ended
    return (await log.get(command.id, within()).catch(() => undefined)) ?? command
  }

  async function get(id: string): Promise<Command> {
    const command = await log.get(id, within())
    if (command === undefined) throw new CtiError('COMMAND_NOT_FOUND')
    return command
  }

  return {
    check,
    async submit(input, waitMs) {
      const result = await append(input, await check(input))
      return result.kind === 'stored' ? result : { kind: 'command', command: await waitFor(result.command, waitMs) }
    },
    get,
    history: (platform, agentId, limit, before) => log.history(agentKey(platform, agentId), limit, before, within()),
    dead: (limit, before) => log.dead(limit, before, within()),
    newest: (platform, agentId) => log.newest(agentKey(platform, agentId), within()),
    async cancel(id) {
      const command = await get(id)
      const key = agentKey(command.platform, command.agentId)
      const open = await ports.gate.acquire(key, settings.storeTimeoutMs)
      try {
        const now = await get(id)
        if (isFinal(now.status) || now.status === 'sent') throw new CtiError('NOT_CANCELLABLE', { detail: `the command is ${now.status}` })
        const change = { status: 'cancelled', settledAt: clock.now(), problem: { code: 'CANCELLED' } } as const
        if (!(await log.settle(id, change, undefined, within())))
          throw new CtiError('NOT_CANCELLABLE', { detail: 'the command has just ended' })
        ports.runner.superseded(key, [id])
        const ended = { ...now, ...change }
        ports.onChange(ended)
        return ended
      } finally {
        open()
      }
    },
    async replay(id, origin, waitMs) {
      const command = await get(id)
      if (command.status !== 'dead') throw new CtiError('NOT_REPLAYABLE', { detail: `the command is ${command.status}` })
      const newest = await log.newest(agentKey(command.platform, command.agentId), within())
      if (newest !== undefined && newest.seq > command.seq) {
        throw new CtiError('OBSOLETE', { detail: `command ${newest.id} (${newest.action.kind}) is newer` })
      }
      const { kind, hasSecret, username: _username, ...rest } = command.action
      if (hasSecret === true) throw new CtiError('CREDENTIALS_REQUIRED', { detail: 'passwords are never stored; send the LOGIN anew' })
      const result = await append(
        { platform: command.platform, agentId: command.agentId, request: { action: kind, ...rest }, origin },
        command.action,
      )
      if (result.kind === 'stored') throw new CtiError('INTERNAL')
      return waitFor(result.command, waitMs)
    },
    completeIdempotency: (key, response) => log.completeIdempotency(key, response, within()),
  }
}

function actionOf(request: CommandRequest): Action {
  const { action: kind, credentials, ...rest } = request
  const secret = credentials?.password !== undefined || credentials?.token !== undefined
  return {
    kind,
    ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Omit<Action, 'kind'>),
    ...(credentials?.username !== undefined && { username: credentials.username }),
    ...(secret && { hasSecret: true }),
  }
}

function checkAbility(manifest: Manifest, action: Action): void {
  const unsupported = (detail: string): never => {
    throw new CtiError('UNSUPPORTED', { detail })
  }
  const invalid = (field: string, message: string): never => {
    throw new CtiError('INVALID_REQUEST', { detail: message, errors: [{ field, message }] })
  }
  if (!manifest.actions.includes(action.kind))
    unsupported(`${manifest.title} cannot do ${action.kind}; it can do ${manifest.actions.join(', ')}`)
  if (action.force === true) {
    if (action.kind !== 'LOGOUT') invalid('/force', 'force goes with LOGOUT only; leave it out')
    if (manifest.forcedLogout === 'unsupported') unsupported(`${manifest.title} has no forced logout`)
  }
  if (action.channel !== undefined) {
    if (action.kind !== 'READY' && action.kind !== 'NOT_READY')
      invalid('/channel', 'channel goes with READY and NOT_READY only; leave it out')
    if (!manifest.channels) unsupported(`${manifest.title} has no channel states`)
  }
  if (action.reason !== undefined && action.kind === 'LOGIN') invalid('/reason', 'reason goes with NOT_READY and LOGOUT only; leave it out')
  if ((action.hasSecret === true || action.username !== undefined || action.station !== undefined) && action.kind !== 'LOGIN') {
    invalid(action.station === undefined ? '/credentials' : '/station', 'credentials and station go with LOGIN only; leave them out')
  }
  const need =
    action.kind === 'NOT_READY'
      ? manifest.reasons.notReady
      : action.kind === 'LOGOUT' && action.force !== true
        ? manifest.reasons.logout
        : 'optional'
  if (need === 'required' && action.reason === undefined)
    throw new CtiError('REASON_REQUIRED', { errors: [{ field: '/reason', message: 'name a reason' }] })
}

function checkOptions(schema: ZodType<Readonly<Record<string, unknown>>> | undefined, action: Action): void {
  if (action.options === undefined) return
  if (schema === undefined)
    throw new CtiError('INVALID_REQUEST', { errors: [{ field: '/options', message: 'this platform takes no options; leave them out' }] })
  const parsed = schema.safeParse(action.options)
  if (parsed.success) return
  const errors = parsed.error.issues.map((issue) => ({ field: `/options/${issue.path.join('/')}`, message: issue.message }))
  throw new CtiError('INVALID_REQUEST', { detail: 'the options are not valid for this platform', errors })
}

/** A wrong reason is refused at once; a vendor that is away does not stop the acceptance: the runner looks again. */
async function checkReason(platform: CommandPlatform, action: Action, agentId: string): Promise<void> {
  if (action.reason === undefined || action.kind === 'LOGIN') return
  if (action.kind === 'READY') throw await noReasonForReady(platform, action.reason, agentId)
  try {
    await platform.reasons.resolve(action.reason, action.kind, agentId)
  } catch (error) {
    const failure = toCtiError(error)
    if (failure.code === 'REASON_INVALID' || failure.code === 'AGENT_NOT_FOUND') throw failure
  }
}

/** READY takes no reason on any platform; whoever sent one may have meant NOT_READY, so its reasons are listed. */
async function noReasonForReady(platform: CommandPlatform, reason: string, agentId: string): Promise<CtiError> {
  const all = await platform.reasons.list(agentId).catch(() => [])
  return new CtiError('REASON_INVALID', {
    detail: `READY takes no reason, and "${reason}" cannot be given with it; leave it out, or send NOT_READY with one of validReasons`,
    errors: [{ field: '/reason', message: 'goes with NOT_READY and LOGOUT only; leave it out' }],
    validReasons: all.filter(({ type, system }) => type === 'NOT_READY' && !system).map(({ name }) => name),
  })
}
