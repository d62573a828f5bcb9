import type { CommandDraft, CommandLog, EngineOptions, Lease } from '../../src/core/command-log.js'
import { relationTable, type Action, type Command } from '../../src/core/model/command.js'

let counter = 0

/** A text that no other test uses. */
export function unique(prefix: string): string {
  counter += 1
  return `${prefix}-${process.pid.toString(36)}-${Date.now().toString(36)}-${counter}`
}

export interface DraftInit {
  readonly id?: string
  /** Default `p`. */
  readonly platform?: string
  readonly agentId: string
  readonly action?: Action
  readonly acceptedAt?: number
  readonly idempotency?: CommandDraft['idempotency']
}

/** A draft as the service would make it. */
export function draft(init: DraftInit): CommandDraft {
  const action = init.action ?? { kind: 'READY' }
  const acceptedAt = init.acceptedAt ?? Date.now()
  const origin = { principal: 'test', requestId: 'r1' }
  const command = {
    id: init.id ?? unique('cmd'),
    platform: init.platform ?? 'p',
    agentId: init.agentId,
    action,
    origin,
    acceptedAt,
    expiresAt: acceptedAt + 60_000,
  }
  const idempotency = init.idempotency === undefined ? {} : { idempotency: init.idempotency }
  return { command, relations: relationTable(action), ...idempotency }
}

/** A deadline that a working engine always keeps. */
export function soon(ms = 5000): EngineOptions {
  return { deadline: Date.now() + ms }
}

/** Appends a draft that must be accepted. */
export async function accept(log: CommandLog, init: DraftInit): Promise<Command> {
  const result = await log.append(draft(init), soon())
  if (result.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(result)}`)
  return result.command
}

/** The lease of an agent that has an open command and that nobody else holds. */
export async function leaseOf(log: CommandLog, key: string, owner = 'me', ttlMs = 30_000): Promise<Lease> {
  const taken = await log.take(key, owner, ttlMs, soon())
  if (taken.kind !== 'taken') throw new Error(`not taken: ${taken.kind}`)
  return taken.lease
}
