import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAnswerReader, type WholeAnswer } from '../../../src/adapters/_shared/answer-reader.js'

type Seen = Pick<WholeAnswer['head'], 'status' | 'statusText' | 'headers' | 'reusable' | 'idleMs'> & { readonly body: string }

/** What is read of these pieces; undefined: the answer is not whole. `isOver`: the vendor has ended the connection. */
function read(pieces: readonly Buffer[], { toHead = false, limit = -1, isOver = false } = {}): Seen | undefined {
  const reader = createAnswerReader(toHead, limit)
  let answer: WholeAnswer | undefined
  for (const piece of pieces) {
    expect(answer).toBeUndefined()
    answer = reader.read(piece)
  }
  if (isOver) answer ??= reader.end()
  if (answer === undefined) return undefined
  const { status, statusText, headers, reusable, idleMs } = answer.head
  return { status, statusText, headers: { ...headers }, reusable, idleMs, body: answer.body.toString() }
}
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const head = (...lines: readonly string[]): string => [...lines, '', ''].join('\r\n')
const OK = 'HTTP/1.1 200 OK'

type Options = { readonly toHead?: boolean; readonly isOver?: boolean }
const WHOLE: readonly (readonly [string, string, Partial<Seen>, Options?])[] = [
  ['by its length', `${head(OK, 'Content-Length: 5')}{"a":`, { status: 200, statusText: 'OK', body: '{"a":', reusable: true }],
  ['empty', head('HTTP/1.1 201 Created', 'Content-Length: 0'), { status: 201, body: '' }],
  ['without a word for its status', head('HTTP/1.1 200 ', 'Content-Length: 0'), { statusText: '' }],
  ['204', head('HTTP/1.1 204 No Content'), { status: 204, body: '', reusable: true }],
  ['304 with the length of what is not sent', head('HTTP/1.1 304 Not Modified', 'Content-Length: 7'), { body: '' }],
  ['to a HEAD', head(OK, 'Content-Length: 7'), { body: '' }, { toHead: true }],
  ['in chunks', `${head(OK, 'Transfer-Encoding: Chunked')}3\r\nabc\r\n1;x="y"\r\nd\r\n0\r\n\r\n`, { body: 'abcd', reusable: true }],
  [
    'in chunks with line breaks, and trailers',
    `${head(OK, 'transfer-encoding:chunked')}4 \r\n\r\n\r\n\r\n000\r\nX-T: 1\r\n\r\n`,
    { body: '\r\n\r\n' },
  ],
  ['until the end of the connection', `${head('HTTP/1.0 200 OK')}all of it`, { body: 'all of it', reusable: false }, { isOver: true }],
  [
    'after something in advance',
    `${head('HTTP/1.1 100 Continue')}${head('HTTP/1.1 103 Early', 'Link: </a>')}${head(OK, 'Content-Length: 1')}x`,
    { body: 'x' },
  ],
  ['with the end of the connection in sight', `${head(OK, 'Content-Length: 1', 'Connection: Close')}x`, { reusable: false }],
  ['of an old vendor', `${head('HTTP/1.0 200 OK', 'Content-Length: 1')}x`, { reusable: false }],
  ['with a time', head('HTTP/1.1 204 x', 'Keep-Alive: max=5, timeout=7'), { idleMs: 7000 }],
  [
    'with headers in any case, repeated, blank, and of one letter',
    head('HTTP/1.1 204 x', 'X-A:1', 'x-a: \t2 ', 'Set-Cookie: a', 'set-cookie: b', 'Server: one', 'server: two', 'E:', '__proto__: p'),
    { headers: { 'x-a': '1, 2', 'set-cookie': ['a', 'b'], server: 'one', e: '', ['__proto__']: 'p' } },
  ],
]

/** A row's options may be left out. */
const whole = WHOLE.map(([name, text, expected, options = {}]) => [name, text, expected, options] as const)

const BROKEN: readonly (readonly [string, string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['a switch of protocols', head('HTTP/1.1 101 Switching', 'Upgrade: odd')],
  ['another version', head('HTTP/2.0 200 OK', 'Content-Length: 0')],
  ['a status of four digits', head('HTTP/1.1 2000 OK', 'Content-Length: 0')],
  ['lines without carriage returns', 'HTTP/1.1 200 OK\nContent-Length: 0\n\r\n\r\n'],
  ['a header in two lines', head(OK, 'X-A: 1', ' 2', 'Content-Length: 0')],
  ['a blank before the colon', head(OK, 'Content-Length : 0')],
  ['a header without a name', head(OK, ': 0')],
  ['a control character', head(OK, 'X-A: a\x01b')],
  ['two lengths', `${head(OK, 'Content-Length: 1', 'Content-Length: 1')}x`],
  ['a length that is none', head(OK, 'Content-Length: -1')],
  ['a length in words', head(OK, 'Content-Length: 1, 1')],
  ['a length and chunks', `${head(OK, 'Content-Length: 1', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
  ['another transfer coding', head(OK, 'Transfer-Encoding: gzip, chunked')],
  ['more than its length says', `${head(OK, 'Content-Length: 1')}xy`],
  ['a second answer', `${head('HTTP/1.1 204 x')}${head('HTTP/1.1 204 x')}`],
  ['a chunk that is longer than it says', `${head(OK, 'Transfer-Encoding: chunked')}1\r\nxy\r\n0\r\n\r\n`],
  ['a chunk without a size', `${head(OK, 'Transfer-Encoding: chunked')}\r\nx\r\n`],
  ['a chunk of a size that is none', `${head(OK, 'Transfer-Encoding: chunked')}0x1\r\nx\r\n`],
  ['more behind the last chunk', `${head(OK, 'Transfer-Encoding: chunked')}0\r\n\r\nx`],
  ['a head without end', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(16_400)}`],
  ['a chunk size without end', `${head(OK, 'Transfer-Encoding: chunked')}${'0'.repeat(5000)}`],
  ['trailers without end', `${head(OK, 'Transfer-Encoding: chunked')}0\r\n${`X-T: ${'a'.repeat(1000)}\r\n`.repeat(6)}`],
]

/** Every way to send it in two pieces. */
const halves = (all: Buffer): (readonly Buffer[])[] =>
  Array.from({ length: all.length - 1 }, (_, at) => [all.subarray(0, at + 1), all.subarray(at + 1)])

describe('an answer', () => {
  it.each(whole)('%s is read, wherever it is cut', (_name, text, expected, options) => {
    const all = bytes(text)
    const atOnce = read([all], options)
    expect(atOnce).toMatchObject(expected)
    for (const pieces of halves(all)) expect(read(pieces, options)).toEqual(atOnce)
    expect(
      read(
        [...all].map((byte) => Buffer.from([byte])),
        options,
      ),
    ).toEqual(atOnce)
  })
  it.each(whole)('%s is nothing yet, as long as its last byte is missing', (_name, text) => {
    expect(read([bytes(text).subarray(0, -1)])).toBeUndefined()
  })
  it.each(BROKEN)('%s is refused, and its text is not told', (_name, text) => {
    const reader = createAnswerReader(false, -1)
    expect(() => reader.read(bytes(text))).toThrow(/^[a-z ,]+$/i)
  })
  it.each(BROKEN)('%s is refused byte by byte', (_name, text) => {
    const reader = createAnswerReader(false, -1)
    let answer: unknown
    expect(() => {
      for (const byte of bytes(text)) {
        if (answer !== undefined) throw new Error('bytes after the end: its connection is closed')
        answer = reader.read(Buffer.from([byte]))
      }
    }).toThrow()
  })
  it('that is too large is not read: announced, in chunks, or without end', () => {
    const limited = (text: string) => () => read([bytes(text)], { limit: 3 })
    expect(limited(head(OK, 'Content-Length: 4'))).toThrow('maxContentLength size of 3 exceeded')
    expect(limited(`${head(OK, 'Transfer-Encoding: chunked')}2\r\nab\r\n2\r\ncd`)).toThrow('size of 3')
    expect(limited(`${head(OK)}abcd`)).toThrow('size of 3')
    expect(read([bytes(`${head(OK, 'Content-Length: 3')}abc`)], { limit: 3 })?.body).toBe('abc')
  })
  it('in any chunks and pieces is the same', () => {
    const lists = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 })
    fc.assert(
      fc.property(lists, fc.array(fc.integer({ min: 1, max: 30 })), (parts, cuts) => {
        const chunk = (part: Uint8Array): Buffer => Buffer.concat([bytes(`${part.length.toString(16)}\r\n`), part, bytes('\r\n')])
        const all = Buffer.concat([bytes(head(OK, 'Transfer-Encoding: chunked')), ...parts.map(chunk), bytes('0\r\n\r\n')])
        const pieces: Buffer[] = []
        let at = 0
        for (const cut of cuts.filter(() => at < all.length)) pieces.push(all.subarray(at, (at += cut)))
        const reader = createAnswerReader(false, -1)
        const answers = [...pieces, all.subarray(at)].filter((piece) => piece.length > 0).map((piece) => reader.read(piece))
        expect(answers.pop()?.body).toEqual(Buffer.concat(parts))
      }),
    )
  })
})
