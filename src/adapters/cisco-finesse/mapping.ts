import { reasonId, signedCode, systemReason, type CiscoProduct } from '../_shared/cisco-reasons.js'
import type { AgentState, AgentView, Cause, ViewReason, ViewSource } from '../../core/model/agent-state.js'
import type { ActionKind } from '../../core/model/command.js'
import type { CanonicalReason, Reason, ReasonType } from '../../core/model/reason.js'
import { children, text, type XmlNode } from './xml.js'
import { readReason, type FinesseUser } from './user.js'

/** Finesse's words for states → ours. Source: cisco.md sections 4.3 and 6.1. */
export const STATE_OF: Readonly<Record<string, AgentState>> = {
  LOGIN: 'LOGGING_IN', // transient, becomes NOT_READY
  LOGOUT: 'LOGGED_OUT',
  NOT_READY: 'NOT_READY',
  READY: 'READY',
  RESERVED: 'RESERVED',
  RESERVED_OUTBOUND: 'RESERVED',
  RESERVED_OUTBOUND_PREVIEW: 'RESERVED',
  TALKING: 'BUSY',
  HOLD: 'HOLD',
  WORK: 'WRAP_UP', // then not ready
  WORK_READY: 'WRAP_UP', // then ready
  UNKNOWN: 'UNKNOWN',
}

/** What a User PUT asks for. */
export const ASK_FOR: Readonly<Record<ActionKind, 'LOGIN' | 'READY' | 'NOT_READY' | 'LOGOUT'>> = {
  LOGIN: 'LOGIN',
  READY: 'READY',
  NOT_READY: 'NOT_READY',
  LOGOUT: 'LOGOUT',
}

/** Only these carry a reason (section 2.2: valid for NOT_READY and LOGOUT only). */
const REASON_TYPE_OF: Readonly<Record<string, ReasonType>> = { NOT_READY: 'NOT_READY', LOGOUT: 'LOGOUT' }

/** The product whose system codes a deployment uses. */
export const PRODUCT_OF: Readonly<Record<'UCCE' | 'UCCX', CiscoProduct>> = { UCCE: 'CCE', UCCX: 'CCX' }

export interface MappingSettings {
  readonly product: CiscoProduct
  /** Canonical key by label or code of a site's own reason. */
  readonly reasonKeys: Readonly<Record<string, CanonicalReason>>
}

export function stateOf(word: string): AgentState {
  return Object.hasOwn(STATE_OF, word) ? (STATE_OF[word] ?? 'UNKNOWN') : 'UNKNOWN'
}

/** Voice is media type 1; other media have User-like objects of their own and are not ours (section 6.1). */
export function isVoice(user: FinesseUser): boolean {
  return user.mediaType === undefined || user.mediaType === '1'
}

/** User object → view under the id that the gateway knows the agent by. Unknown words keep their raw form. Pure. */
export function viewOf(user: FinesseUser, agentId: string, source: ViewSource, now: number, settings: MappingSettings): AgentView {
  const since = Date.parse(user.stateChangeTime ?? '')
  const { reason, cause } = reasonOf(user, settings)
  const vendor = Object.fromEntries(
    Object.entries({ extension: user.extension, teamId: user.teamId, teamName: user.teamName, loginName: user.loginName }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  )
  return {
    agentId,
    state: stateOf(user.state),
    routable: user.state === 'READY',
    ...(user.pendingState !== undefined && user.pendingState !== '' && { pendingState: stateOf(user.pendingState) }),
    ...(reason !== undefined && { reason }),
    ...(cause !== undefined && { cause }),
    channels: [],
    vendorState: user.state,
    ...(Number.isFinite(since) && { since }),
    observedAt: now,
    source,
    stale: false,
    vendor,
  }
}

function reasonOf(user: FinesseUser, settings: MappingSettings): { reason?: ViewReason; cause?: Cause } {
  const type = Object.hasOwn(REASON_TYPE_OF, user.state) ? REASON_TYPE_OF[user.state] : undefined
  if (type === undefined) return {}
  const id = realId(user.reason?.id) ?? realId(user.reasonCodeId)
  const code = user.reason?.code
  const system = code === undefined || code === 0 ? undefined : systemReason(settings.product, type, code)
  if (system !== undefined && code !== undefined) {
    return {
      reason: { id: reasonId(type, code), code: signedCode(code), name: user.reason?.label ?? system.name, key: system.key },
      cause: system.cause,
    }
  }
  const name = user.reason?.label
  const key = keyOf(name, code, settings)
  if (id === undefined && name === undefined && (code === undefined || code === 0)) return {}
  return {
    reason: {
      ...(id !== undefined ? { id } : code !== undefined && { id: reasonId(type, code) }),
      ...(code !== undefined && { code }),
      ...(name !== undefined && { name }),
      ...(key !== undefined && { key }),
    },
    cause: 'agent',
  }
}

/** −1 stands for none, not configured, just signed in, or fail-over (section 4.4). */
function realId(id: string | undefined): string | undefined {
  return id === undefined || id === '-1' || id === '0' ? undefined : id
}

function keyOf(label: string | undefined, code: number | undefined, settings: MappingSettings): CanonicalReason | undefined {
  const lookUp = (name: string): CanonicalReason | undefined =>
    Object.hasOwn(settings.reasonKeys, name) ? settings.reasonKeys[name] : undefined
  return (label === undefined ? undefined : lookUp(label)) ?? (code === undefined ? undefined : lookUp(String(code)))
}

/** A `ReasonCodes` document → the reasons that a caller may choose. `team` is set when the list is a team's. Pure. */
export function reasonsOf(document: XmlNode, asked: ReasonType, team: string | undefined, settings: MappingSettings): readonly Reason[] {
  return children(document, 'reasoncodes')
    .flatMap((list) => children(list, 'reasoncode'))
    .flatMap((node) => {
      const read = readReason(node)
      if (read?.id === undefined) return []
      const type = read.category === 'NOT_READY' || read.category === 'LOGOUT' ? read.category : asked
      const key = keyOf(read.label, read.code, settings)
      const forAll = text(node, 'forall') === 'true'
      return [
        {
          id: read.id,
          name: read.label ?? String(read.code ?? read.id),
          type,
          system: text(node, 'systemcode') === 'true',
          source: 'Finesse ReasonCodes (cisco.md section 4.6)',
          ...(read.code !== undefined && { code: read.code }),
          ...(key !== undefined && { key }),
          ...(team !== undefined && !forAll && { teams: [team] }),
        },
      ]
    })
}

/**
 * A team's summary over what is known: it leaves out fields that the full object has (section 4.8), and a field that is left out
 * has not changed. The pending state ends with the call. Pure.
 */
export function overlay(summary: FinesseUser, known: FinesseUser | undefined): FinesseUser {
  if (known === undefined) return summary
  const onContact = ['BUSY', 'HOLD', 'RESERVED', 'WRAP_UP'].includes(stateOf(summary.state))
  const same = summary.state === known.state && summary.stateChangeTime === known.stateChangeTime
  const bare = summary.reason === undefined && summary.reasonCodeId === undefined
  return {
    ...summary,
    ...keep('pendingState', onContact),
    ...keep('extension', summary.state !== 'LOGOUT'),
    ...keep('loginName', true),
    ...keep('teamId', true),
    ...keep('teamName', true),
    ...keep('mediaType', true),
    ...(same && bare && known.reason !== undefined && { reason: known.reason }),
    ...(same && bare && known.reasonCodeId !== undefined && { reasonCodeId: known.reasonCodeId }),
  }

  function keep<K extends keyof FinesseUser>(field: K, when: boolean): Partial<Pick<FinesseUser, K>> {
    const value = known?.[field]
    return when && summary[field] === undefined && value !== undefined ? ({ [field]: value } as unknown as Pick<FinesseUser, K>) : {}
  }
}
