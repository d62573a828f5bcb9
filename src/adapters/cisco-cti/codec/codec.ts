import { HEADER_BYTES, NEWEST_VERSION, OLDEST_VERSION } from './field-types.js'
import { checkVersion } from './layout.js'
import { MESSAGES, type Message } from './messages.js'
import { createReader } from './reader.js'
import { writeMessage } from './writer.js'

/** Reader and writer of one protocol version. */
export interface Codec {
  readonly version: number
  /**
   * The message in `bytes[start, end)`, header included. Texts and raw fields are copies; the bytes may be reused.
   * Fails: `Ged188Error` for bytes that break the message's layout; nothing else.
   */
  decode(bytes: Buffer, start?: number, end?: number): Message
  /** The whole frame. Fails: `Ged188Error` VALUE or FRAME_TOO_LONG. */
  encode(message: Message): Buffer
}

/** OPEN_REQ is in the form of the version that it asks for (section 1.2), if that is one that the tables have. */
function formVersion(asked: number, negotiated: number): number {
  return asked >= OLDEST_VERSION && asked <= NEWEST_VERSION ? asked : negotiated
}

function openVersion(bytes: Buffer, start: number, end: number, negotiated: number): number {
  if (end - start < HEADER_BYTES + 8 || bytes.readUInt32BE(start + 4) !== MESSAGES.OPEN_REQ.type) return negotiated
  return formVersion(bytes.readUInt32BE(start + HEADER_BYTES + 4), negotiated)
}

const readers = new Map<number, ReturnType<typeof createReader>>()

function readerOf(version: number): ReturnType<typeof createReader> {
  let reader = readers.get(version)
  if (reader === undefined) {
    reader = createReader(version)
    readers.set(version, reader)
  }
  return reader
}

/**
 * The codec of one negotiated version. Field tables are compiled once per version and process.
 * Fails: RangeError for a version outside 13 to 25.
 */
export function codecOf(version: number): Codec {
  checkVersion(version)
  const read = readerOf(version)
  return {
    version,
    decode(bytes, start = 0, end = bytes.length) {
      if (bytes[start + 7] === MESSAGES.OPEN_REQ.type) {
        const asked = openVersion(bytes, start, end, version)
        if (asked !== version) return readerOf(asked)(bytes, start, end)
      }
      return read(bytes, start, end)
    },
    encode: (message) => writeMessage(message, message.message === 'OPEN_REQ' ? formVersion(message.VersionNumber, version) : version),
  }
}
