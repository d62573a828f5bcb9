import { systemClock } from '../../src/core/clock.js'
import type { AppendResult, CommandLog, Lease } from '../../src/core/command-log.js'
import type { Action, Command } from '../../src/core/model/command.js'
import { draft, leaseOf, soon } from './drafts.js'

export type Accepted = AppendResult & { readonly kind: 'accepted' }

export const LOGIN: Action = { kind: 'LOGIN' }

export async function begin(log: CommandLog, agentId: string, owner = 'me', action: Action = { kind: 'READY' }): Promise<Accepted> {
  const result = await log.append(draft({ agentId, action }), { ...soon(), begin: { owner, ttlMs: 30_000 } })
  if (result.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(result)}`)
  return result
}

/** A lease that has run out without a release: its holder is dead. */
export async function lapse(log: CommandLog, key: string, owner: string): Promise<Lease> {
  const lease = await leaseOf(log, key, owner, 1)
  await systemClock.sleep(30)
  return lease
}

export async function head(log: CommandLog, key: string): Promise<Command> {
  const found = await log.head(key, soon())
  if (found === undefined) throw new Error('no head')
  return found
}
