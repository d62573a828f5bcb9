/**
 * GED-188, the protocol of Cisco CTI Server, as a codec of its own: pure, without sockets or clocks. See docs/ged188.md.
 *
 * ```ts
 * import { codecOf, createFramer } from 'cti-gateway/ged188'
 * const codec = codecOf(20)
 * const framer = createFramer()
 * socket.on('data', (chunk) => framer.push(chunk, (bytes, start, end) => handle(codec.decode(bytes, start, end))))
 * ```
 */
export { codecOf, type Codec } from './codec.js'
export * from './constants.js'
export {
  FIXED_BYTES,
  Ged188Error,
  HEADER_BYTES,
  MAX_BODY_BYTES,
  NEWEST_VERSION,
  OLDEST_VERSION,
  WIDE_FLOATS_SINCE,
  type FixedField,
  type FixedType,
  type FloatItem,
  type FloatType,
  type MessageTable,
} from './field-types.js'
export { createFramer, type Framer, type OnFrame } from './framer.js'
export { fixedLayout, maxBytes } from './layout.js'
export {
  MESSAGES,
  MESSAGE_NAMES,
  messageName,
  tableOf,
  type ExtraField,
  type KnownMessage,
  type Message,
  type MessageName,
  type MessageOf,
  type OtherMessage,
} from './messages.js'
export { TAGS, type Tag, type TagName } from './tags.js'
