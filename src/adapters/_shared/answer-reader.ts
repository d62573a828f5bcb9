import { BadAnswer, parseHead, type AnswerHead } from './answer-head.js'

export interface WholeAnswer {
  readonly head: AnswerHead
  /** Chunks put together; still compressed, where it was. */
  readonly body: Buffer
}

/** Reads the answer to one request, in whatever pieces it comes. */
export interface AnswerReader {
  /** Undefined: more is to come. Fails: `BadAnswer`; then, and after the answer, it must not be used any more. */
  read(bytes: Buffer): WholeAnswer | undefined
  /** The vendor has ended the connection. Undefined: in the middle of the answer, or before it. */
  end(): WholeAnswer | undefined
  /** The head of the answer has come. */
  readonly begun: boolean
}

/** As Node has it. */
const MAX_HEAD_BYTES = 16_384
/** Of the line that tells a chunk's size, and of all trailers. */
const MAX_LINE_BYTES = 4_096
const CHUNK_SIZE = /^([\da-f]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i
const BEGIN = 'HTTP/1.'
const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')
const NOTHING = Buffer.alloc(0)

/** `toHead`: the request was a HEAD. `limit`: bytes of body that are taken; negative: any number. */
export function createAnswerReader(toHead: boolean, limit: number): AnswerReader {
  let rest: Buffer = NOTHING
  let head: AnswerHead | undefined
  let chunks: ((bytes: Buffer) => Buffer | undefined) | undefined
  const body = createBody(limit)

  function readHead(bytes: Buffer): Buffer | undefined {
    let left = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    for (;;) {
      const end = left.indexOf(HEAD_END)
      if (!BEGIN.startsWith(left.toString('latin1', 0, BEGIN.length))) throw new BadAnswer('the answer is not HTTP')
      if ((end < 0 ? left.length : end) > MAX_HEAD_BYTES) throw new BadAnswer('the head of the answer is too long')
      if (end < 0) {
        rest = left
        return undefined
      }
      const found = parseHead(left.toString('latin1', 0, end), toHead)
      left = left.subarray(end + HEAD_END.length)
      if (found.status === 101) throw new BadAnswer('the vendor switches to another protocol')
      if (found.status < 200) continue // something in advance; the answer is still to come
      if (typeof found.framing === 'number' && limit >= 0 && found.framing > limit) throw tooLong(limit)
      head = found
      return left
    }
  }

  /** What follows the end of the answer is nothing that we have asked for. */
  function whole(known: AnswerHead, after: number): WholeAnswer {
    if (after > 0) throw new BadAnswer('the answer is longer than it says')
    return { head: known, body: body.whole() }
  }

  function readBody(known: AnswerHead, bytes: Buffer): WholeAnswer | undefined {
    const { framing } = known
    if (framing === 'chunked') {
      chunks ??= createChunks(body.add)
      const after = chunks(bytes)
      return after === undefined ? undefined : whole(known, after.length)
    }
    const wanted = framing === 'close' ? bytes.length : Math.min(bytes.length, framing - body.size)
    if (wanted > 0) body.add(wanted === bytes.length ? bytes : bytes.subarray(0, wanted))
    return framing !== 'close' && body.size === framing ? whole(known, bytes.length - wanted) : undefined
  }

  return {
    read(bytes) {
      const left = head === undefined ? readHead(bytes) : bytes
      return head === undefined || left === undefined ? undefined : readBody(head, left)
    },
    end: () => (head?.framing === 'close' ? whole(head, 0) : undefined),
    get begun() {
      return head !== undefined
    },
  }
}

function tooLong(limit: number): BadAnswer {
  return new BadAnswer(`maxContentLength size of ${limit} exceeded`)
}

function createBody(limit: number) {
  const parts: Buffer[] = []
  let size = 0
  return {
    get size() {
      return size
    },
    add(bytes: Buffer): void {
      size += bytes.length
      if (limit >= 0 && size > limit) throw tooLong(limit)
      parts.push(bytes)
    },
    whole: (): Buffer => (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size)),
  }
}

/** Takes chunks apart (RFC 9112 section 7.1). Answers what comes behind the last one, once it is there; trailers are dropped. */
function createChunks(add: (bytes: Buffer) => void): (bytes: Buffer) => Buffer | undefined {
  let stage: 'size' | 'data' | 'data-end' | 'trailer' = 'size'
  let missing = 0
  let trailers = 0
  let rest: Buffer = NOTHING

  function onLine(line: string): void {
    if (stage === 'data-end') {
      if (line !== '') throw new BadAnswer('a chunk of the answer is longer than it says')
      stage = 'size'
      return
    }
    if (stage === 'trailer') {
      trailers += line.length
      if (trailers > MAX_LINE_BYTES) throw new BadAnswer('the trailers of the answer are too long')
      return
    }
    const size = CHUNK_SIZE.exec(line)?.[1]
    if (size === undefined) throw new BadAnswer('the size of a chunk is not valid')
    missing = Number.parseInt(size, 16)
    stage = missing === 0 ? 'trailer' : 'data'
  }

  return (bytes) => {
    let left = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    rest = NOTHING
    for (;;) {
      if (stage === 'data') {
        const part = left.subarray(0, missing)
        if (part.length > 0) add(part)
        missing -= part.length
        left = left.subarray(part.length)
        if (missing > 0) return undefined
        stage = 'data-end'
      }
      const end = left.indexOf(LINE_END)
      if ((end < 0 ? left.length : end) > MAX_LINE_BYTES) throw new BadAnswer('a line between chunks is too long')
      if (end < 0) {
        rest = left
        return undefined
      }
      const line = left.toString('latin1', 0, end)
      left = left.subarray(end + LINE_END.length)
      if (stage === 'trailer' && line === '') return left
      onLine(line)
    }
  }
}
