/**
 * The vendor's presence, parsed tolerantly (expertflow.md section 7 and the traps of section 14). Nothing is guessed: what is
 * missing or of a strange form stays undefined, and unknown names are kept as they came.
 */
export interface PresenceReason {
  readonly id?: string
  readonly name?: string
  readonly code?: number
}

export interface MrdPresence {
  readonly id: string
  readonly name?: string
  readonly state: string
  readonly interruptible?: boolean
  readonly changedAt?: number
  readonly maxTasks?: number
}

export interface Presence {
  readonly agentId: string | undefined
  /** `undefined` when the vendor sent no name. */
  readonly state: string | undefined
  readonly reason: PresenceReason | undefined
  /** Epoch ms, the vendor's clock. */
  readonly changedAt: number | undefined
  readonly mrds: readonly MrdPresence[]
}

export interface PresenceEvent {
  /** The request was processed and came to nothing; MRDs may have changed all the same (section 7, rule 2). */
  readonly unchanged: boolean
  /** Ids of the MRDs that changed. */
  readonly changedMrds: readonly string[]
  readonly presence: Presence
}

type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Body of `GET /agents/{id}/states`, and `agentPresence` of the event. Undefined when it is not a presence at all. */
export function parsePresence(value: unknown): Presence | undefined {
  const fields = fieldsOf(value)
  const state = fieldsOf(fields?.['state'])
  if (fields === undefined || state === undefined) return undefined
  const agent = fieldsOf(fields['agent'])
  const mrds = Array.isArray(fields['agentMrdStates']) ? fields['agentMrdStates'] : []
  return {
    agentId: textOf(agent?.['id']) ?? textOf(fieldsOf(agent?.['keycloakUser'])?.['id']),
    state: textOf(state['name']),
    reason: parseReason(state['reasonCode']),
    changedAt: parseTime(fields['stateChangeTime']),
    mrds: mrds.map(parseMrd).filter((mrd) => mrd !== undefined),
  }
}

/** Payload of the event `agentPresence`. */
export function parsePresenceEvent(value: unknown): PresenceEvent | undefined {
  const fields = fieldsOf(value)
  const presence = parsePresence(fields?.['agentPresence'])
  if (fields === undefined || presence === undefined) return undefined
  const changed = Array.isArray(fields['mrdStateChanges']) ? fields['mrdStateChanges'] : []
  return {
    unchanged: fields['action'] === 'AGENT_STATE_UNCHANGED',
    changedMrds: changed.filter((id) => typeof id === 'string'),
    presence,
  }
}

/** Newest instant that the presence tells: the order of events of one agent. MRDs change without the global state. */
export function newestInstant(presence: Presence): number | undefined {
  const times = [presence.changedAt, ...presence.mrds.map((mrd) => mrd.changedAt)].filter((time) => time !== undefined)
  return times.length === 0 ? undefined : Math.max(...times)
}

function parseMrd(value: unknown): MrdPresence | undefined {
  const fields = fieldsOf(value)
  const mrd = fieldsOf(fields?.['mrd'])
  const id = textOf(mrd?.['id'])
  if (fields === undefined || mrd === undefined || id === undefined) return undefined
  const name = textOf(mrd['name'])
  const changedAt = parseTime(fields['stateChangeTime'])
  const max = fields['maxAgentTasks']
  return {
    id,
    state: textOf(fields['state']) ?? '',
    ...(name !== undefined && { name }),
    ...(typeof mrd['interruptible'] === 'boolean' && { interruptible: mrd['interruptible'] }),
    ...(changedAt !== undefined && { changedAt }),
    ...(typeof max === 'number' && { maxTasks: max }),
  }
}

/** Object, text (trap 12) or nothing. An empty text is nothing. */
function parseReason(value: unknown): PresenceReason | undefined {
  const text = textOf(value)
  if (text !== undefined) return { name: text }
  const fields = fieldsOf(value)
  if (fields === undefined) return undefined
  const id = textOf(fields['id'])
  const name = textOf(fields['name']) ?? textOf(fields['label'])
  const code = fields['code']
  if (id === undefined && name === undefined && typeof code !== 'number') return undefined
  return { ...(id !== undefined && { id }), ...(name !== undefined && { name }), ...(typeof code === 'number' && { code }) }
}

/** Epoch ms as number or digits, or ISO text; documents call it a "Date Object" (section 7, rule 6). */
export function parseTime(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value > 0 ? value : undefined
  if (typeof value !== 'string' || value === '') return undefined
  const time = /^\d+$/.test(value) ? Number(value) : Date.parse(value)
  return Number.isFinite(time) && time > 0 ? time : undefined
}
