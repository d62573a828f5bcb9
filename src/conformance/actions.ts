import type { ActionKind, ResolvedAction } from '../core/model/command.js'
import type { Bench } from './bench.js'

/** The action with what the platform of the harness says of its agent. */
export function actionFor(kind: ActionKind, bench: Bench): ResolvedAction {
  const { credentials, station, commandOptions } = bench.platform
  if (kind !== 'LOGIN') return { kind }
  return {
    kind,
    ...(credentials?.username !== undefined && { username: credentials.username }),
    ...(station !== undefined && { station }),
    ...(commandOptions && { options: commandOptions }),
    hasSecret: credentials?.password !== undefined,
  }
}

/** With a reason where the platform demands one. */
export async function withReason(kind: ActionKind, bench: Bench): Promise<ResolvedAction> {
  const action = actionFor(kind, bench)
  const { reasons } = bench.adapter.manifest
  if ((kind !== 'NOT_READY' || reasons.notReady !== 'required') && (kind !== 'LOGOUT' || reasons.logout !== 'required')) return action
  const all = await bench.adapter.reasons({ signal: AbortSignal.timeout(5_000), agentId: bench.platform.agentId })
  const reason = all.find((candidate) => candidate.type === kind && !candidate.system)
  return reason === undefined ? action : { ...action, reason }
}
