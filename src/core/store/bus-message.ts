import type { BusMessage } from '../site/bus.js'
import { AGENT_STATES } from '../model/agent-state.js'
import { LINK_STATUSES } from '../model/event.js'

type Fields = Readonly<Record<string, unknown>>

const isText = (value: unknown): boolean => typeof value === 'string'
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isOneOf =
  (words: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && words.includes(value)

const isView = (value: unknown): boolean =>
  isFields(value) &&
  isText(value['agentId']) &&
  isOneOf(AGENT_STATES)(value['state']) &&
  typeof value['routable'] === 'boolean' &&
  typeof value['observedAt'] === 'number' &&
  Array.isArray(value['channels'])
const isRefusal = (value: unknown): boolean => isFields(value) && isText(value['code'])
const isAgentEvent = (value: unknown): boolean =>
  isFields(value) &&
  isText(value['agentId']) &&
  (value['view'] === undefined || isView(value['view'])) &&
  (value['refused'] === undefined || isRefusal(value['refused']))
const isNumber = (value: unknown): boolean => Number.isFinite(value)
const isStamp = (value: unknown): boolean => isFields(value) && isNumber(value['term']) && isNumber(value['n'])
const optional =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || holds(value)
const isLinkEvent = (value: unknown): boolean => isFields(value) && isOneOf(LINK_STATUSES)(value['status'])

/** What each kind must carry to be of use. More is let through: a newer process of the site may say more. */
const NEEDED: Readonly<Record<BusMessage['kind'], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  run: { key: isText, accepted: optional(isText) },
  replaced: { key: isText, commandIds: isTexts },
  settled: { id: isText },
  event: { platform: isText, event: isAgentEvent, stamp: optional(isStamp) },
  read: { platform: isText, view: isView, stamp: optional(isStamp), answers: optional(isText) },
  link: { platform: isText, event: isLinkEvent, stamp: optional(isStamp) },
  owner: { platform: isText, stamp: isStamp, link: isLinkEvent, since: isNumber, answers: optional(isText) },
  released: { platform: isText },
  ask: { platform: isText, id: isText, agentId: optional(isText) },
  'not-read': { answers: isText, problem: isRefusal },
  'secret-wanted': { commandId: isText },
  secret: { commandId: isText, sealed: isText },
  events: {},
  rate: { account: isText },
}

/** True for what a listener can use. Kinds that only a newer process knows are not among them. */
export function isBusMessage(value: unknown): value is BusMessage {
  if (!isFields(value) || typeof value['kind'] !== 'string' || !Object.hasOwn(NEEDED, value['kind'])) return false
  return Object.entries(NEEDED[value['kind'] as BusMessage['kind']]).every(([name, holds]) => holds(value[name]))
}
