/** One block of a stream of server-sent events, as the gateway writes them: `id` first, then `event`, then `data`. */
export interface Block {
  readonly id: string | undefined
  /** Undefined for a comment. */
  readonly event: string | undefined
  readonly data: () => string
}

const LF = 10
const END = Buffer.from('\n\n')
const HEAD_END = Buffer.from('\r\n\r\n')
const ID = Buffer.from('id: ')
const EVENT = Buffer.from('event: ')
const DATA = Buffer.from('data: ')

/** The rest of the line that begins with this, at this place. */
function lineAt(bytes: Buffer, at: number, name: Buffer): string | undefined {
  if (bytes.compare(name, 0, name.length, at, Math.min(bytes.length, at + name.length)) !== 0) return undefined
  return bytes.toString('latin1', at + name.length, bytes.indexOf(LF, at))
}

function blockOf(bytes: Buffer, from: number, to: number): Block {
  let at = from
  // A comment: its line is passed over.
  if (bytes[at] === 58) at = bytes.indexOf(LF, at) + 1
  const id = at < to ? lineAt(bytes, at, ID) : undefined
  if (id !== undefined) at = bytes.indexOf(LF, at) + 1
  const event = at < to ? lineAt(bytes, at, EVENT) : undefined
  return {
    id,
    event,
    data() {
      const begin = bytes.indexOf(DATA, at)
      return bytes.toString('utf8', begin + DATA.length, to)
    },
  }
}

/**
 * Cuts what comes over a connection into blocks, the head of the answer left out; for readers of which there are a thousand in one
 * process. Fails on an answer that is no stream.
 */
export function eventBlocks(take: (block: Block) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  let begun = false
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    if (!begun) {
      const head = bytes.indexOf(HEAD_END)
      rest = bytes
      if (head < 0) return
      const text = bytes.toString('latin1', 0, head)
      if (!text.startsWith('HTTP/1.1 200 ') || /chunked/i.test(text)) throw new Error(`no stream of events: ${text}`)
      begun = true
      from = head + HEAD_END.length
    }
    for (let to = bytes.indexOf(END, from); to >= 0; to = bytes.indexOf(END, from)) {
      take(blockOf(bytes, from, to + 1))
      from = to + END.length
    }
    rest = bytes.subarray(from)
  }
}
