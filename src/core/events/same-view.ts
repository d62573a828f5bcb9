import type { AgentView, ChannelView, ViewReason } from '../model/agent-state.js'

const VIEW_FIELDS = [
  'state',
  'routable',
  'pendingState',
  'cause',
  'vendorState',
  'since',
  'stale',
] as const satisfies readonly (keyof AgentView)[]
const REASON_FIELDS = ['id', 'code', 'name', 'key'] as const satisfies readonly (keyof ViewReason)[]
const CHANNEL_FIELDS = [
  'id',
  'name',
  'state',
  'routable',
  'pendingState',
  'vendorState',
  'since',
  'tasks',
  'maxTasks',
] as const satisfies readonly (keyof ChannelView)[]

const same = <T extends object>(a: T | undefined, b: T | undefined, fields: readonly (keyof T)[]): boolean =>
  a === b || (a !== undefined && b !== undefined && fields.every((field) => a[field] === b[field]))

/** Do two views of one agent say the same? How and when that was learned makes no difference. */
export function sameView(a: AgentView, b: AgentView): boolean {
  return (
    same(a, b, VIEW_FIELDS) &&
    same(a.reason, b.reason, REASON_FIELDS) &&
    a.channels.length === b.channels.length &&
    a.channels.every((channel, at) => same(channel, b.channels[at], CHANNEL_FIELDS))
  )
}
