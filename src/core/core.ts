import { randomUUID } from 'node:crypto'
import type { Credentials, Logger } from './adapter.js'
import { createAuditRecorder, type AuditRecorder } from './audit/audit-recorder.js'
import type { RetrySettings } from './accept/policy.js'
import type { Clock } from './clock.js'
import type { CommandsSettings } from './accept/acceptance.js'
import { createCommands, type Commands } from './accept/commands.js'
import { createKeyMutex } from './key-mutex.js'
import { createLogoutRecorder } from './agents/logout-recorder.js'
import { isFinal, type Command } from './model/command.js'
import type { Platforms } from './platforms.js'
import type { Presence } from './agents/presence.js'
import { createRunner, type Runner } from './run/runner.js'
import { createSettlements } from './accept/settlements.js'
import { ALONE, type SiteHooks } from './site/site-hooks.js'
import { paced } from './run/paced.js'
import { createSweeper } from './run/sweeper.js'
import { createTakeOver } from './run/take-over.js'
import { createVault } from './accept/vault.js'
import type { Engine } from './wake-ups.js'

export interface CoreSettings {
  readonly sendTimeoutMs: number
  readonly readTimeoutMs: number
  readonly storeTimeoutMs: number
  readonly leaseMs: number
  readonly pendingMs: number
  readonly sweepMs: number
  readonly retentionMs: number
  readonly idempotencyTtlMs: number
  readonly expiryMs: CommandsSettings['expiryMs']
  readonly retry: RetrySettings
  readonly maxCrashes: number
  /** Rows of the audit trail are kept this long, ms, and so many. */
  readonly audit: { readonly retentionMs: number; readonly maxRows: number }
}

/** Times in ms. Chosen in docs/decisions/0002-times.md; all are configuration. */
export const DEFAULT_CORE_SETTINGS: CoreSettings = {
  sendTimeoutMs: 5_000,
  readTimeoutMs: 3_000,
  storeTimeoutMs: 1_000,
  leaseMs: 10_000,
  pendingMs: 4 * 3_600_000,
  sweepMs: 2_000,
  retentionMs: 7 * 86_400_000,
  idempotencyTtlMs: 86_400_000,
  expiryMs: { LOGIN: 120_000, READY: 120_000, NOT_READY: 600_000, LOGOUT: 3_600_000 },
  retry: { baseMs: 250, factor: 2, capMs: 10_000, maxAttempts: 15 },
  maxCrashes: 3,
  audit: { retentionMs: 90 * 86_400_000, maxRows: 1_000_000 },
}

/** The gateway without HTTP: what brings agents to their desired states. */
export interface Core {
  readonly commands: Commands
  readonly runner: Runner
  readonly audit: Pick<AuditRecorder, 'note'>
  readonly owner: string
  /** Begins to work on what is open. */
  start(): Promise<void>
  /** Another process has ended this command: whoever waits for it here gets it. */
  settledElsewhere(commandId: string): Promise<void>
  /** Does anybody wait here for the end of this command? */
  awaited(commandId: string): boolean
  /** The process that has accepted this command says so: nobody will take it back. */
  acceptedElsewhere(commandId: string): void
  /** This process has given the engine a sign of life: was it answered? */
  sign(answered: boolean): void
  /** The secret of a command that was accepted here and is open. */
  secretOf(commandId: string): Credentials | undefined
  /** Stops sweeping, ends waits, lets exchanges on their way finish within the bound. */
  stop(graceMs: number): Promise<void>
}

export interface CoreParts {
  readonly engine: Engine
  readonly platforms: Platforms
  readonly presence: Presence
  readonly clock: Clock
  readonly logger: Logger
  readonly settings?: Partial<CoreSettings>
  readonly random?: () => number
  /** Told of every change of a command that this process makes. */
  readonly onChange?: (command: Command) => void
  /** Told of what `onChange` is not: a command was accepted here, or is on its way to its platform. */
  readonly onStep?: (command: Command) => void
  /** Missing: this process is alone on its engine. */
  readonly site?: SiteHooks
  /** Unique per process; names the holder of leases. Missing: a new one. */
  readonly owner?: string
  /** Told how many forgotten agents a sweep has found. */
  readonly onRewoken?: (agents: number) => void
}

/** Agents that the sweeper has run at the same time: as many as the engine serves without keeping callers waiting. */
const BACKGROUND_RUNS: Readonly<Record<Engine['name'], number>> = { embedded: 10, postgres: 20, redis: 100 }
/** One that is still in work after this gives its place to the next one, ms. */
const PATIENCE_MS = 250

/** How long a stop waits for logouts and rows of the audit trail that are not stored yet, ms. */
const RECORDER_GRACE_MS = 1_000

export function createCore(parts: CoreParts): Core {
  const settings: CoreSettings = { ...DEFAULT_CORE_SETTINGS, ...parts.settings }
  const owner = parts.owner ?? randomUUID()
  const { engine, platforms, presence, clock, logger } = parts
  const mutex = createKeyMutex(clock)
  const site = parts.site ?? ALONE
  const audit = createAuditRecorder({
    audit: engine.audit,
    log: engine.log,
    clock,
    logger,
    storeTimeoutMs: settings.storeTimeoutMs,
    ...settings.audit,
  })
  const takeOver = createTakeOver(clock, (keys) => {
    void paced(keys, (key) => runner.run(key), clock, { atOnce, patienceMs: PATIENCE_MS })
    sweeper.sweep()
  })
  const vault = createVault()
  const settlements = createSettlements(clock)
  const ended = (commandId: string): void => {
    vault.drop(commandId)
    takeOver.ended(commandId)
  }
  const onChange = (command: Command): void => {
    if (isFinal(command.status)) ended(command.id)
    audit.command(command)
    parts.onChange?.(command) // while it is still known whether somebody here waits for it
    settlements.changed(command)
  }
  const onStep = (command: Command): void => {
    takeOver.known(command.id)
    audit.command(command)
    parts.onStep?.(command)
  }
  const hasSecret = async (id: string): Promise<boolean> => {
    if (vault.get(id) !== undefined) return true
    const found = await site.fetchSecret(id)
    if (found !== undefined) vault.put(id, found)
    return found !== undefined
  }
  const runner = createRunner(
    {
      platform: (id) => platforms.get(id),
      log: engine.log,
      wakeUps: engine.wakeUps,
      presence,
      clock,
      logger,
      random: parts.random ?? Math.random,
      secretOf: (id) => vault.get(id),
      hasSecret,
      mutex,
      mayRun: (key) => site.mayRun(key),
      takeOver,
      onChange,
      onSent: onStep,
    },
    { ...settings, owner },
  )
  const commands = createCommands(
    {
      platform: (id) => platforms.get(id),
      log: engine.log,
      runner,
      presence,
      site,
      mutex,
      vault,
      settlements,
      clock,
      onChange,
      onAccepted: onStep,
    },
    { ...settings, owner },
  )
  const atOnce = BACKGROUND_RUNS[engine.name]
  const sweeper = createSweeper(
    { engine, runner, clock, logger, mayRun: (key) => site.mayRun(key), forward: (key) => site.forward(key), onRewoken: parts.onRewoken },
    {
      atOnce,
      intervalMs: settings.sweepMs,
      idleMs: settings.leaseMs + settings.sendTimeoutMs,
      retentionMs: settings.retentionMs,
      storeTimeoutMs: settings.storeTimeoutMs,
    },
  )
  const recorder = createLogoutRecorder({
    presence,
    reasonsOf: (id) => platforms.get(id)?.reasons,
    logouts: engine.logouts,
    log: engine.log,
    clock,
    logger,
    storeTimeoutMs: settings.storeTimeoutMs,
  })
  const listening = platforms.all().map(({ id, gate }) =>
    gate.onCircuit((circuit) => {
      if (circuit === 'closed') void runner.resume(id)
    }),
  )
  listening.push(
    presence.observeLinks((id, { status, agentId }) => {
      if (status === 'up' && agentId === undefined) platforms.get(id)?.gate.linkUp()
    }),
  )
  return {
    commands,
    runner,
    audit,
    owner,
    async start() {
      await engine.wakeUps.start(async (key) => {
        if (site.mayRun(key)) await runner.run(key)
        else site.forward(key)
      }, sweeper.look)
      sweeper.start()
      audit.start()
    },
    awaited: (id) => settlements.awaited(id),
    acceptedElsewhere: takeOver.known,
    sign: takeOver.sign,
    secretOf: (id) => vault.get(id),
    async settledElsewhere(id) {
      const command = settlements.awaited(id) ? await engine.log.get(id, { deadline: clock.now() + settings.storeTimeoutMs }) : undefined
      if (command !== undefined && isFinal(command.status)) settlements.changed(command)
      ended(id)
    },
    async stop(graceMs) {
      for (const stop of listening) stop()
      sweeper.stop()
      takeOver.stop()
      await runner.stop(graceMs)
      await Promise.all([recorder.stop(RECORDER_GRACE_MS), audit.stop(RECORDER_GRACE_MS)])
    },
  }
}
