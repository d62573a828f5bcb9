/**
 * Frames of the bus: `<sender>:<batch>:<piece>:<1 when last>:<text>`. What is too long for one frame goes in pieces, because
 * PostgreSQL takes less than 8,000 bytes at once and a view of an agent with many channels is longer.
 */
const HEADER = /^([\w-]{1,64}):(\d{1,15}):(\d{1,6}):([01]):/
/** The longest header, bytes. */
const HEADER_BYTES = 64 + 15 + 6 + 1 + 4
/** Senders whose pieces are kept at once; the one heard longest ago is forgotten first. */
const MAX_SENDERS = 100

/** Cuts between characters: half a character would arrive as a replacement character. */
function pieces(text: string, maxBytes: number): readonly string[] {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= maxBytes) return [text]
  const found: string[] = []
  for (let from = 0; from < bytes.length;) {
    let to = Math.min(bytes.length, from + maxBytes)
    while (to < bytes.length && ((bytes[to] ?? 0) & 0xc0) === 0x80) to -= 1
    found.push(bytes.toString('utf8', from, to))
    from = to
  }
  return found
}

/** Every frame has at most `maxBytes` bytes (at least 200). */
export function encodeFrames(sender: string, batch: number, text: string, maxBytes: number): readonly string[] {
  const parts = pieces(text, maxBytes - HEADER_BYTES)
  return parts.map((part, index) => `${sender}:${batch}:${index}:${index === parts.length - 1 ? 1 : 0}:${part}`)
}

/** `none`: our own, or more is to come · `broken`: not a frame, or a piece before it was lost. */
export type Decoded = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'none' } | { readonly kind: 'broken' }

interface Unfinished {
  readonly batch: number
  readonly next: number
  readonly text: string
}

/** Puts pieces together again. Keeps at most one unfinished text for each sender, each at most `maxLength` characters. */
export function createDecoder(self: string, maxLength: number): (frame: string) => Decoded {
  const unfinished = new Map<string, Unfinished>()
  return (frame) => {
    const header = HEADER.exec(frame)
    if (header === null) return { kind: 'broken' }
    const [head, sender = '', batchText, indexText, last] = header
    if (sender === self) return { kind: 'none' }
    const batch = Number(batchText)
    const index = Number(indexText)
    const begun = index === 0 ? { batch, next: 0, text: '' } : unfinished.get(sender)
    unfinished.delete(sender)
    if (begun === undefined || begun.batch !== batch || begun.next !== index) return { kind: 'broken' }
    const text = begun.text + frame.slice(head.length)
    if (text.length > maxLength) return { kind: 'broken' }
    if (last === '1') return { kind: 'text', text }
    const [oldest] = unfinished.keys()
    if (unfinished.size >= MAX_SENDERS && oldest !== undefined) unfinished.delete(oldest)
    unfinished.set(sender, { batch, next: index + 1, text })
    return { kind: 'none' }
  }
}
