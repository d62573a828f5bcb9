import { CtiError, toCtiError } from '../../core/model/error.js'
import type { Platform } from '../../core/platforms.js'
import type { Reason } from '../../core/model/reason.js'
import type { Asked } from './activities.js'

const AFTER_CALL_WORK = 'WRAP_UP'

/** The command's reason as it is submitted, and what the agent is told of it. */
export interface ReasonChoice {
  readonly reason?: string
  readonly note?: string
}

/**
 * The reason that is submitted for an activity.
 *
 * After-call work is a reason at every platform: CXone's ACW codes bring the agent into wrap-up, elsewhere it is NOT_READY with the reason
 * whose key is WRAP_UP. A reason of the platform that Pega names goes before it; a name that only Pega knows does not, because the work mode
 * says what it means. A logout reason is left out where the platform takes none on a logout: that must not keep the agent logged in.
 * Fails: UNSUPPORTED where the platform has nothing that stands for after-call work.
 */
export async function chooseReason({ adapter, reasons }: Platform, { agentId, command, afterCallWork }: Asked): Promise<ReasonChoice> {
  const { reason } = command
  if (command.action === 'LOGOUT' && reason !== undefined && adapter.manifest.reasons.logout === 'none') {
    return { note: `${adapter.manifest.title} takes no reason for a logout; "${reason}" was not passed on.` }
  }
  if (!afterCallWork) return reason === undefined ? {} : { reason }
  const list = await reasons.list(agentId).catch((error: unknown) => {
    if (toCtiError(error).code === 'AGENT_NOT_FOUND') throw error
    return undefined
  })
  // The list cannot be had now: the runner looks it up when the platform answers again.
  if (list === undefined) return { reason: reason ?? AFTER_CALL_WORK }
  const notReady = list.filter(({ type }) => type === 'NOT_READY')
  if (reason !== undefined && isKnown(notReady, reason)) return { reason }
  if (notReady.some(({ key, system }) => key === AFTER_CALL_WORK && !system)) return { reason: AFTER_CALL_WORK }
  throw new CtiError('UNSUPPORTED', {
    detail: `${adapter.manifest.title} has no reason that stands for after-call work; give one the key WRAP_UP (docs/crm/pega.md), or name one in pyReasonCode`,
  })
}

/** One that several reasons answer to is known too: the command is then refused with their ids. */
function isKnown(reasons: readonly Reason[], selector: string): boolean {
  const lower = selector.toLowerCase()
  return reasons.some(({ id, key, name, code }) => [id, key, String(code)].includes(selector) || name.toLowerCase() === lower)
}
