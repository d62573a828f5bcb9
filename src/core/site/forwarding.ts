import type { Credentials, Logger } from '../adapter.js'
import type { Bus, BusMessage } from './bus.js'
import type { Clock } from '../clock.js'
import type { CommandLog } from '../command-log.js'
import { isFinal, splitAgentKey, type AgentKey, type Command } from '../model/command.js'
import { CtiError, toCtiError } from '../model/error.js'
import type { Manifest } from '../model/manifest.js'
import type { SiteHooks } from './site-hooks.js'
import type { Sealer } from './site-secret.js'

/**
 * What the processes of a site do for each other's commands.
 *
 * Guarantees: a command is run by the process that has its platform's link, wherever it was accepted; whoever waits for
 * its end hears of it over the bus, and looks into the log as well (`acceptance.ts`); a password leaves the process that accepted it only sealed, only when the process
 * that sends the LOGIN asks for it, and never touches a disk or a log.
 */
export interface Forwarding extends SiteHooks {
  /** A command has changed here. */
  changed(command: Command): void
  /** This process has got the platform's link: it runs what is open. */
  gained(platform: string): Promise<void>
  start(): void
  stop(): void
}

/** What the core of this process does when it is told. */
export interface ForwardingCore {
  run(key: AgentKey): void
  /** The process that has accepted this command says so. */
  acceptedElsewhere(commandId: string): void
  superseded(key: AgentKey, commandIds: readonly string[]): void
  /** Another process has ended this command. */
  settledElsewhere(commandId: string): Promise<void>
  /** Does anybody wait here for its end? */
  awaited(commandId: string): boolean
  /** Secrets of a command that was accepted here. */
  secretOf(commandId: string): Credentials | undefined
}

export interface ForwardingParts {
  readonly bus: Bus
  readonly log: Pick<CommandLog, 'due'>
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  /** Undefined: there is no such platform. */
  readonly linkOf: (platform: string) => Manifest['link'] | undefined
  readonly owns: (platform: string) => boolean
  /** Asked when something is heard, so that it may be made after this. */
  readonly core: () => ForwardingCore
  /** Missing: the site has no common secret. */
  readonly sealer: Sealer | undefined
}

/** How long an answer with a secret is waited for, ms. */
const SECRET_MS = 500
/** Open commands that a new owner begins with; its sweeper finds the others. */
const MAX_GAINED = 5_000

export function createForwarding(parts: ForwardingParts): Forwarding {
  const { bus, log, clock, sealer } = parts
  const within = (): { deadline: number } => ({ deadline: clock.now() + parts.storeTimeoutMs })
  const wanted = new Map<string, ((credentials: Credentials | undefined) => void)[]>()
  const ends: (() => void)[] = []

  const mayRun = (key: AgentKey): boolean => {
    const { platform } = splitAgentKey(key)
    return parts.linkOf(platform) !== 'commands' || parts.owns(platform)
  }
  const tell = (message: BusMessage): void => {
    if (bus.peers) bus.publish(message)
  }
  const ended = (commandId: string): void => {
    parts
      .core()
      .settledElsewhere(commandId)
      .catch(() => undefined) // the log is away: whoever waits looks into it again
  }

  function hear(message: BusMessage): void {
    switch (message.kind) {
      case 'run':
        if (!mayRun(message.key)) return
        if (message.accepted !== undefined) parts.core().acceptedElsewhere(message.accepted)
        parts.core().run(message.key)
        return
      case 'replaced':
        parts.core().superseded(message.key, message.commandIds)
        for (const id of message.commandIds) ended(id)
        return
      case 'settled':
        return ended(message.id)
      case 'secret-wanted':
        return handOver(message.commandId)
      case 'secret':
        return receive(message.commandId, message.sealed)
      default:
        return
    }
  }

  function handOver(commandId: string): void {
    const credentials = parts.core().secretOf(commandId)
    if (credentials === undefined) return
    if (sealer === undefined) parts.logger.warn({ commandId }, 'a password cannot be handed over: the setting siteSecret is missing')
    else bus.publish({ kind: 'secret', commandId, sealed: sealer.seal(JSON.stringify(credentials), commandId) })
  }

  function receive(commandId: string, sealed: string): void {
    const asking = wanted.get(commandId)
    if (asking === undefined) return
    const text = sealer?.open(sealed, commandId)
    if (text === undefined) {
      parts.logger.warn({ commandId }, 'a password was handed over with another site secret')
      return
    }
    for (const answered of [...asking]) answered(JSON.parse(text) as Credentials)
  }

  function fetchSecret(commandId: string): Promise<Credentials | undefined> {
    return new Promise((resolve) => {
      const asking = wanted.get(commandId)
      const end = (credentials: Credentials | undefined): void => {
        cancel()
        wanted.delete(commandId)
        resolve(credentials)
      }
      const cancel = clock.after(SECRET_MS, () => end(undefined))
      if (asking === undefined) {
        wanted.set(commandId, [end])
        bus.publish({ kind: 'secret-wanted', commandId })
      } else asking.push(end)
    })
  }

  return {
    mayRun,
    forward: (key, accepted) => tell({ kind: 'run', key, ...(accepted !== undefined && { accepted }) }),
    replaced(key, commandIds) {
      if (commandIds.length > 0) tell({ kind: 'replaced', key, commandIds })
    },
    changed(command) {
      // Whoever waits for it waits where it was accepted: here, or somewhere else.
      if (isFinal(command.status) && !parts.core().awaited(command.id)) tell({ kind: 'settled', id: command.id })
    },
    checkSecret(key) {
      if (mayRun(key) || sealer !== undefined || !bus.peers) return
      const { platform } = splitAgentKey(key)
      throw new CtiError('UNSUPPORTED', {
        detail:
          `another process holds the link of ${platform}, and a password cannot be handed to it: ` +
          'give all processes the same siteSecret (CTI_SITE_SECRET), or configure the accounts of this platform',
      })
    },
    fetchSecret(commandId) {
      return sealer === undefined || !bus.peers ? Promise.resolve(undefined) : fetchSecret(commandId)
    },
    async gained(platform) {
      try {
        const keys = await log.due(clock.now(), -1, MAX_GAINED, within())
        for (const key of keys) if (splitAgentKey(key).platform === platform && mayRun(key)) parts.core().run(key)
      } catch (error) {
        parts.logger.warn({ platform, err: toCtiError(error).message }, 'open commands not found; the sweeper will')
      }
    },
    start() {
      ends.push(bus.subscribe(hear))
    },
    stop() {
      for (const end of ends.splice(0)) end()
      for (const asking of [...wanted.values()]) for (const end of [...asking]) end(undefined)
    },
  }
}
