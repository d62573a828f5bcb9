import { AGENT_MESSAGES } from './agent-messages.js'
import { CONFIG_MESSAGES } from './config-messages.js'
import type { FixedType, FloatType, MessageTable } from './field-types.js'
import { SESSION_MESSAGES } from './session-messages.js'
import type { TAGS } from './tags.js'
import { type TagName } from './tags.js'
import { TEAM_MESSAGES } from './team-messages.js'

/** Every message whose bytes are known, by name: the one table that everything else of this codec follows from. */
export const MESSAGES = { ...SESSION_MESSAGES, ...AGENT_MESSAGES, ...TEAM_MESSAGES, ...CONFIG_MESSAGES } as const
export type MessageName = keyof typeof MESSAGES
export const MESSAGE_NAMES = Object.keys(MESSAGES) as readonly MessageName[]

/** The table of one message, without its literal types. */
export function tableOf(name: MessageName): MessageTable {
  return MESSAGES[name]
}

type Value<T extends FixedType | FloatType> = T extends 'STRING'
  ? string
  : T extends 'UNSPEC'
    ? Uint8Array
    : T extends 'BOOL'
      ? boolean
      : number

type Optional = { readonly since: number } | { readonly form: string }
type FixedRow = readonly [string, FixedType, unknown?]
type RequiredRow<F> = F extends readonly [string, FixedType, Optional] ? never : F
type OptionalRow<F> = F extends readonly [string, FixedType, Optional] ? F : never
type FixedPart<F extends FixedRow> = {
  readonly [R in RequiredRow<F> as R extends FixedRow ? R[0] : never]: R extends FixedRow ? Value<R[1]> : never
} & { readonly [R in OptionalRow<F> as R extends FixedRow ? R[0] : never]?: R extends FixedRow ? Value<R[1]> : never }

type ListItem = { readonly list: string; readonly of: readonly unknown[] }
type FloatPart<I> = {
  readonly [N in Extract<I, TagName>]?: Value<(typeof TAGS)[N]['type']>
} & { readonly [L in Extract<I, ListItem> as L['list']]?: readonly FloatPart<L['of'][number]>[] }

type Flat<T> = { [K in keyof T]: T[K] }

/** A floating field that is not part of this message's table, or whose data has not the table's length: kept as it came. */
export interface ExtraField {
  readonly tag: number
  readonly raw: Uint8Array
  /** Its place among all floating fields of the message; missing: behind them. */
  readonly at?: number
}

interface Wire {
  readonly extra?: readonly ExtraField[]
  /** Tags of the known floating fields as they came, when that is not the order of the table. */
  readonly order?: readonly number[]
}

/** One message of a known kind. Fields have the names of the vendor's guide. */
export type MessageOf<N extends MessageName> = { readonly message: N } & Flat<
  FixedPart<(typeof MESSAGES)[N]['fixed'][number]> & FloatPart<(typeof MESSAGES)[N]['floats'][number]> & Wire
>
export type KnownMessage = { [N in MessageName]: MessageOf<N> }[MessageName]

/** A message type without a table: kept whole. */
export interface OtherMessage {
  readonly message: 'OTHER'
  readonly type: number
  readonly body: Uint8Array
}
export type Message = KnownMessage | OtherMessage

const byType = new Map<number, MessageName>(MESSAGE_NAMES.map((name) => [MESSAGES[name].type, name]))

export function messageName(type: number): MessageName | undefined {
  return byType.get(type)
}
