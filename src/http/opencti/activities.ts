import type { CommandRequest } from '../../core/accept/command-request.js'
import type { ActionKind } from '../../core/model/command.js'
import { CtiError } from '../../core/model/error.js'
import type { components } from '../../generated/gateway.js'

/** Activities of Pega's OpenCTI adapter that ask for a state of the agent, and what each asks for (vendors/pega-and-crm.md section 2.2). */
export const ACTIVITIES = {
  LoginAgent: 'LOGIN',
  SetAgentReady: 'READY',
  SetAgentNotReady: 'NOT_READY',
  LogoutAgent: 'LOGOUT',
} as const satisfies Readonly<Record<string, ActionKind>>
export type Activity = keyof typeof ACTIVITIES

export type OpenCtiRequest = components['schemas']['OpenCtiRequest']

/** What an activity asks for. Work after a call is a NOT_READY whose reason has still to be found (`after-call.ts`). */
export interface Asked {
  readonly agentId: string
  readonly command: CommandRequest
  readonly afterCallWork: boolean
}

/** Work modes in all the spellings of section 4, in capitals. `none`: no wish. */
const WORK_MODES: Readonly<Record<string, 'none' | 'auto' | 'manual' | 'after-call' | 'aux' | 'busy'>> = {
  '': 'none',
  MODE_NONE: 'none',
  UNSPECIFIED: 'none',
  MODE_AUTO_IN: 'auto',
  AUTO_IN: 'auto',
  MODE_MANUAL_IN: 'manual',
  MANUAL_IN: 'manual',
  ACW: 'after-call',
  AFTER_CALL_WORK: 'after-call',
  AUX_WORK: 'aux',
  BUSY: 'busy',
}

/** Work modes that an activity can mean. The platforms return an agent to READY after a contact by themselves (`auto`). */
const ALLOWED: Readonly<Record<Activity, readonly (typeof WORK_MODES)[string][]>> = {
  LoginAgent: ['none', 'auto'],
  SetAgentReady: ['none', 'auto'],
  SetAgentNotReady: ['none', 'aux', 'after-call'],
  // The mode of the agent's last state may still stand on the page.
  LogoutAgent: ['none', 'auto', 'manual', 'after-call', 'aux', 'busy'],
}

/**
 * An activity's properties → what is asked of the gateway. Pure. Blank properties are not set: Pega sends every property of the page.
 * Properties that an activity has no use for are ignored for the same reason.
 * Fails: INVALID_REQUEST naming the property.
 */
export function askedBy(activity: Activity, page: OpenCtiRequest): Asked {
  const kind = ACTIVITIES[activity]
  const mode = workModeOf(activity, page)
  const reason = kind === 'NOT_READY' || kind === 'LOGOUT' ? reasonOf(page) : undefined
  const queue = filled(page.Queue)
  return {
    agentId: page.AgentID,
    afterCallWork: kind === 'NOT_READY' && mode === 'after-call',
    command: {
      action: kind,
      ...(reason !== undefined && { reason }),
      ...(queue !== undefined && { queues: [queue] }),
      ...(kind === 'LOGIN' && loginOf(page)),
    },
  }
}

function loginOf(page: OpenCtiRequest): Pick<CommandRequest, 'station' | 'credentials'> {
  const station = oneOf({ Extension: page.Extension, DN: page.DN })
  const username = filled(page.UserName)
  const password = page.AgentPassword === '' ? undefined : page.AgentPassword
  return {
    ...(station !== undefined && { station }),
    ...((username !== undefined || password !== undefined) && {
      credentials: { ...(username !== undefined && { username }), ...(password !== undefined && { password }) },
    }),
  }
}

/** The reason stands on the page itself or where Pega puts it: on `pyOpenCTI` of the embedded page `AgentOptions`. */
function reasonOf(page: OpenCtiRequest): string | undefined {
  return oneOf({ pyReasonCode: page.pyReasonCode, 'AgentOptions.pyOpenCTI.pyReasonCode': page.AgentOptions?.pyOpenCTI?.pyReasonCode })
}

function workModeOf(activity: Activity, page: OpenCtiRequest): (typeof WORK_MODES)[string] {
  const text = (page.WorkMode ?? '').trim().toUpperCase()
  const mode = Object.hasOwn(WORK_MODES, text) ? WORK_MODES[text] : undefined
  if (mode !== undefined && ALLOWED[activity].includes(mode)) return mode
  const spellings = Object.keys(WORK_MODES).filter((name) => name !== '' && ALLOWED[activity].includes(WORK_MODES[name] ?? 'none'))
  throw invalid('/WorkMode', `${activity} takes ${spellings.join(', ')}, or nothing`)
}

/** The value of properties that mean the same. */
function oneOf(properties: Readonly<Record<string, string | undefined>>): string | undefined {
  const given = Object.entries(properties).filter(([, value]) => filled(value) !== undefined)
  const values = new Set(given.map(([, value]) => filled(value)))
  if (values.size > 1) {
    const names = given.map(([name]) => name)
    throw invalid(`/${names[0] ?? ''}`, `${names.join(' and ')} differ; send one, or the same in both`)
  }
  return values.values().next().value
}

function filled(value: string | undefined): string | undefined {
  const text = value?.trim()
  return text === '' ? undefined : text
}

function invalid(field: string, message: string): CtiError {
  return new CtiError('INVALID_REQUEST', { detail: message, errors: [{ field, message }] })
}
