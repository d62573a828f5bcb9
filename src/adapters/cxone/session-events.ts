import type { AgentView, Cause } from '../../core/model/agent-state.js'
import type { ErrorCode } from '../../core/model/error.js'
import type { Refusal } from '../../core/model/event.js'
import { instantOf, listOf, pick, textOf, truthOf } from './lenient.js'
import { readState, stateByName } from './mapping.js'
import { viewFrom, type AgentMemory, type RowSettings } from './views.js'

/** What an event of an agent session means to us (vendors/cxone.md section 3.6). Everything else is ignored. */
export type SessionNews =
  | { readonly kind: 'state'; readonly view: AgentView }
  | { readonly kind: 'ending'; readonly cause: Cause }
  | { readonly kind: 'ended'; readonly message?: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'codes-changed' }

/** Why a remote end came: the messages that are known; `RemoteLogoff` H, `SessionTimeout` L (section 3.6). */
export const END_CAUSES: Readonly<Record<string, Cause>> = { remotelogoff: 'supervisor', sessiontimeout: 'inactivity' }

/** `ResultCode` of an error about a change of state; the list of section 3.6. Others are VENDOR_REJECTED. */
export const ERROR_CODES_BY_RESULT: Readonly<Record<string, ErrorCode>> = {
  invalidstate: 'INVALID_TRANSITION', // 3.6
  invalidstationid: 'DEVICE_INVALID', // 3.6
}

/** Id of an unavailable code by its name, any letter case; undefined when unknown or not unique. */
export type CodeIdOf = (name: string) => string | undefined

/** One event of `get-next-event`, all of whose values are texts. Changes `memory` as `viewOfRow` does. */
export function readEvent(
  event: unknown,
  agentId: string,
  memory: AgentMemory,
  settings: RowSettings,
  codeIdOf: CodeIdOf,
): SessionNews | undefined {
  switch (textOf(pick(event, 'Type'))?.toLowerCase()) {
    case 'agentstate':
      return { kind: 'state', view: viewOfEvent(event, agentId, memory, settings, codeIdOf) }
    case 'remoteagentsessionend':
      return { kind: 'ending', cause: END_CAUSES[(textOf(pick(event, 'Message')) ?? '').toLowerCase()] ?? 'system' }
    case 'agentsessionend': {
      const message = textOf(pick(event, 'Message'))
      return { kind: 'ended', ...(message !== undefined && { message }) }
    }
    case 'agenterror':
      return refusalOf(event)
    case 'updateunavailablecodes':
      return { kind: 'codes-changed' }
    default:
      return undefined
  }
}

/**
 * An `AgentError` (section 3.6) about a change of state: what was accepted is not done. Those about legs and contacts refuse no command.
 * The words of `Command` are not published; all that name a state are taken.
 */
function refusalOf(event: unknown): SessionNews | undefined {
  const command = textOf(pick(event, 'Command'))
  if (command === undefined || !/state/i.test(command)) return undefined
  const result = textOf(pick(event, 'ResultCode')) ?? 'none'
  return {
    kind: 'refused',
    refusal: {
      code: ERROR_CODES_BY_RESULT[result.toLowerCase()] ?? 'VENDOR_REJECTED',
      detail: `the platform accepted ${command} and then refused it: ${result}`,
      fault: { system: 'cxone', code: result, name: command },
    },
  }
}

function viewOfEvent(event: unknown, agentId: string, memory: AgentMemory, settings: RowSettings, codeIdOf: CodeIdOf): AgentView {
  const stateName = textOf(pick(event, 'CurrentState'))
  const outStateName = textOf(pick(event, 'CurrentOutReason'))
  const since = instantOf(pick(event, 'StartTimeUTC'))
  const codeId = outStateName === undefined ? undefined : codeIdOf(outStateName)
  const next = nextStateOf(event)
  if (next === undefined) delete memory.next
  else memory.next = next
  const sighting = {
    acw: truthOf(pick(event, 'IsAcw')),
    ...(stateName !== undefined && { stateName }),
    ...(outStateName !== undefined && { outStateName }),
    ...(codeId !== undefined && { outStateId: Number(codeId) }),
    ...(next !== undefined && { next }),
    ...(since !== undefined && { since }),
  }
  const reading = readState(sighting, memory.state)
  memory.state = reading.state
  delete memory.asked
  return viewFrom(agentId, sighting, reading, memory, settings)
}

/** The first of `NextStates`; a list, one object, or either of them as JSON text. */
function nextStateOf(event: unknown): ReturnType<typeof readState>['state'] | undefined {
  const given = pick(event, 'NextStates')
  const value = typeof given === 'string' ? parsed(given) : given
  const first = Array.isArray(value) ? (value as readonly unknown[])[0] : value
  const name = textOf(pick(first, 'State'))
  return name === undefined ? undefined : stateByName(name)?.state
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Events of one answer. */
export const eventsOf = (body: unknown): readonly unknown[] => listOf(body, 'events') ?? []
