/**
 * Reason codes of Cisco platforms: Cisco's predefined ones (vendors/cisco.md section 2) merged with a site's own list.
 * Cisco serves no list over the agent protocol (section 2.4), so the site's own codes come from configuration. Pure.
 */
import { z } from 'zod'
import type { Cause, ViewReason } from '../../core/model/agent-state.js'
import { CANONICAL_REASONS, REASON_TYPES, type Reason, type ReasonType } from '../../core/model/reason.js'
import { CCE_REASONS, CCX_REASONS, type CiscoReason } from './cisco-reason-tables.js'

/** Unified CCE and Unified CCX number their codes differently; the tables are never mixed. */
export const CISCO_PRODUCTS = ['CCE', 'CCX'] as const
export type CiscoProduct = (typeof CISCO_PRODUCTS)[number]

export const SYSTEM_REASONS: Readonly<Record<CiscoProduct, readonly CiscoReason[]>> = { CCE: CCE_REASONS, CCX: CCX_REASONS }

/** The code of a supervisor's action by product (sections 2.1 to 2.3). */
export const SUPERVISOR_CODE: Readonly<Record<CiscoProduct, Readonly<Record<ReasonType, number>>>> = {
  CCE: { LOGOUT: 999, NOT_READY: 999 },
  CCX: { LOGOUT: 22, NOT_READY: 33 },
}

/** Labels that the old Agent Desktop reserves; their numbers are site-defined (sections 2.1, 2.2: source O and D, confidence C). */
const RESERVED_LABELS: Readonly<Record<ReasonType, { readonly label: string; readonly key: Reason['key'] }>> = {
  LOGOUT: { label: 'supervisor logout', key: 'SUPERVISOR.FORCED_LOGOUT' },
  NOT_READY: { label: 'supervisor not ready', key: 'SUPERVISOR.FORCED_NOT_READY' },
}

/** One entry of a site's own list. Finesse accepts 1 to 65535 for logout and 1 to 65532 for not ready (section 2.2). */
export const siteReason = z.strictObject({
  code: z.number().int().min(1).max(65_535).describe('The number as it goes over the wire'),
  name: z.string().min(1).max(42).describe('Label; Finesse allows 40 characters, CTI OS 42'),
  type: z.enum(REASON_TYPES),
  key: z.enum(CANONICAL_REASONS).optional().describe('Canonical key under which a caller may name it'),
  description: z.string().max(255).optional(),
  teams: z.array(z.string()).optional().describe('Teams that may use it; missing: all'),
})
export type SiteReason = z.infer<typeof siteReason>

/** Signed code → the unsigned 16 bits of the wire: -1 → 65535. */
export function wireCode(code: number): number {
  return code & 0xffff
}

/** Wire → signed form. Only 65533 to 65535 are signed codes; everything below may be a site's own number (section 2). */
export function signedCode(wire: number): number {
  return wire >= 65_533 && wire <= 65_535 ? wire - 65_536 : wire
}

/** The surrogate id of a code: Cisco's codes have no other identity, and the same number means different things by state. */
export function reasonId(type: ReasonType, code: number): string {
  return `${type}:${signedCode(code)}`
}

const byStateAndCode = new Map<string, CiscoReason>(
  CISCO_PRODUCTS.flatMap((product) =>
    SYSTEM_REASONS[product].flatMap((reason) =>
      (reason.state === 'ANY' ? REASON_TYPES : [reason.state]).map((state) => [`${product}|${state}|${reason.code}`, reason] as const),
    ),
  ),
)

/** Cisco's own meaning of a code (signed or wire form), if it is a predefined one. */
export function systemReason(product: CiscoProduct, type: ReasonType, code: number): CiscoReason | undefined {
  return byStateAndCode.get(`${product}|${type}|${signedCode(code)}`)
}

/** Predefined codes of one product as the API shows them: system codes, not to be chosen by a caller. */
export function systemReasons(product: CiscoProduct): readonly Reason[] {
  return SYSTEM_REASONS[product].flatMap((reason) => {
    const types = reason.state === 'ANY' ? REASON_TYPES : REASON_TYPES.filter((type) => type === reason.state)
    return types.map((type) => toReason(reason, type))
  })
}

const PRODUCT_NAMES: Readonly<Record<NonNullable<CiscoReason['appliesTo']>, string>> = {
  CAD: 'Cisco Agent Desktop',
  Finesse: 'Cisco Finesse',
}

function toReason(reason: CiscoReason, type: ReasonType): Reason {
  return {
    id: reasonId(type, reason.code),
    code: reason.code,
    name: reason.name,
    type,
    description: reason.description,
    key: reason.key,
    system: true,
    source: `${reason.source} (confidence ${reason.confidence})`,
    ...(reason.article !== undefined && { vendorText: reason.article }),
    ...(reason.appliesTo !== undefined && { appliesTo: PRODUCT_NAMES[reason.appliesTo] }),
    ...(reason.note !== undefined && { note: reason.note }),
    raw: { wire: wireCode(reason.code), confidence: reason.confidence },
  }
}

/**
 * A site's list with Cisco's own codes behind it.
 * Guarantees: unique ids; a number that the site has given a meaning of its own is the site's; a label that the old Agent
 * Desktop reserves is a system code.
 */
export function mergeReasons(product: CiscoProduct, site: readonly SiteReason[]): readonly Reason[] {
  const merged = new Map<string, Reason>()
  for (const entry of site) {
    const id = reasonId(entry.type, entry.code)
    const reserved = RESERVED_LABELS[entry.type].label === entry.name.toLowerCase() ? RESERVED_LABELS[entry.type] : undefined
    const key = entry.key ?? reserved?.key
    merged.set(id, {
      id,
      code: signedCode(entry.code),
      name: entry.name,
      type: entry.type,
      system: reserved !== undefined,
      source: 'site configuration',
      raw: { wire: wireCode(entry.code) },
      ...(key !== undefined && { key }),
      ...(entry.description !== undefined && { description: entry.description }),
      ...(entry.teams !== undefined && { teams: entry.teams }),
    })
  }
  for (const reason of systemReasons(product)) if (!merged.has(reason.id)) merged.set(reason.id, reason)
  return [...merged.values()]
}

/** Looks codes of one platform up by state and wire number. */
export interface CiscoReasonIndex {
  readonly all: readonly Reason[]
  /** What stands on the state. 0 means that no code was supplied: undefined. A number that nobody knows keeps its number. */
  view(type: ReasonType, wire: number): ViewReason | undefined
  /** Who brought the agent there, where Cisco's table says so and the site has not given the number another meaning. */
  cause(type: ReasonType, wire: number): Cause | undefined
}

export function indexReasons(product: CiscoProduct, site: readonly SiteReason[]): CiscoReasonIndex {
  const all = mergeReasons(product, site)
  const byId = new Map(all.map((reason) => [reason.id, reason]))
  return {
    all,
    view(type, wire) {
      if (wire === 0) return undefined
      const id = reasonId(type, wire)
      const reason = byId.get(id)
      return {
        id,
        code: signedCode(wire),
        ...(reason !== undefined && { name: reason.name }),
        ...(reason?.key !== undefined && { key: reason.key }),
      }
    },
    cause(type, wire) {
      if (wire === 0) return undefined
      return byId.get(reasonId(type, wire))?.system === false ? 'agent' : systemReason(product, type, wire)?.cause
    },
  }
}
