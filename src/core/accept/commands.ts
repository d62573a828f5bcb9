import { createAcceptance, type CommandsPorts, type CommandsSettings } from './acceptance.js'
import type { EngineOptions, OpenPage, OpenQuery, StoredResponse } from '../command-log.js'
import type { SubmitInput, SubmitResult } from './command-request.js'
import { agentKey, isFinal, type Action, type Command, type Origin } from '../model/command.js'
import { CtiError } from '../model/error.js'

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
  /** Open commands of all agents, the oldest first; see `CommandLog.open`. */
  open(query: OpenQuery): Promise<OpenPage>
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
  const acceptance = createAcceptance(ports, settings)
  const within = (): EngineOptions => ({ deadline: clock.now() + settings.storeTimeoutMs })

  async function get(id: string): Promise<Command> {
    const command = await log.get(id, within())
    if (command === undefined) throw new CtiError('COMMAND_NOT_FOUND')
    return command
  }

  return {
    async check(input) {
      return (await acceptance.check(input)).action
    },
    async submit(input, waitMs) {
      return acceptance.accept(input, await acceptance.check(input), waitMs)
    },
    get,
    history: (platform, agentId, limit, before) => log.history(agentKey(platform, agentId), limit, before, within()),
    dead: (limit, before) => log.dead(limit, before, within()),
    open: (query) => log.open(query, within()),
    newest: (platform, agentId) => log.newest(agentKey(platform, agentId), within()),
    async cancel(id) {
      const command = await get(id)
      const key = agentKey(command.platform, command.agentId)
      const open = await ports.mutex.acquire(key, settings.storeTimeoutMs)
      try {
        const now = await get(id)
        if (isFinal(now.status) || now.status === 'sent') throw new CtiError('NOT_CANCELLABLE', { detail: `the command is ${now.status}` })
        const change = { status: 'cancelled', settledAt: clock.now(), problem: { code: 'CANCELLED' } } as const
        if (!(await log.settle(id, change, undefined, within())))
          throw new CtiError('NOT_CANCELLABLE', { detail: 'the command has just ended' })
        ports.runner.superseded(key, [id])
        ports.site.replaced(key, [id])
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
      const { kind, hasSecret, username, ...rest } = command.action
      if (hasSecret === true) throw new CtiError('CREDENTIALS_REQUIRED', { detail: 'passwords are never stored; send the LOGIN anew' })
      const request = { action: kind, ...rest, ...(username !== undefined && { credentials: { username } }) }
      const input: SubmitInput = { platform: command.platform, agentId: command.agentId, request, origin }
      const result = await acceptance.accept(input, await acceptance.check(input), waitMs)
      if (result.kind === 'stored') throw new CtiError('INTERNAL')
      return result.command
    },
    completeIdempotency: (key, response) => log.completeIdempotency(key, response, within()),
  }
}
