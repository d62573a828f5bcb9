/** An answer that is not HTTP as we understand it, or more than we take. The message holds nothing of the answer. */
export class BadAnswer extends Error {}

/** Where a body ends: after so many bytes, by chunks, or with the connection. */
export type Framing = number | 'chunked' | 'close'

export interface AnswerHead {
  readonly status: number
  readonly statusText: string
  /** Names in lower case; repeated ones as Node joins them. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly framing: Framing
  /** The connection may carry another exchange. */
  readonly reusable: boolean
  /** So long, ms, the vendor keeps it open without one, as far as it says. */
  readonly idleMs: number | undefined
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/
const NAME = /^[!#$%&'*+\-.^_`|~\w]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const LENGTH = /^\d{1,15}$/

/** Headers of which the first one counts (Node's documentation of `message.headers`); others are joined. */
const ONCE = new Set(
  (
    'age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since last-modified location ' +
    'max-forwards proxy-authorization referer retry-after server user-agent'
  ).split(' '),
)

/**
 * The lines before the body (RFC 9112) as an answer's head. `toHead`: the request was a HEAD, so that no body follows.
 * Strict: what Node's parser would refuse is refused here, and everything that two readers could understand in two ways.
 * Fails: `BadAnswer`.
 */
export function parseHead(text: string, toHead: boolean): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n')
  const [, minor, code, statusText = ''] = STATUS_LINE.exec(first) ?? []
  if (code === undefined) throw new BadAnswer('the answer is not HTTP')
  const headers = Object.create(null) as Record<string, string | string[]>
  for (const line of lines) addLine(headers, line)
  const status = Number(code)
  const framing = framingOf(status, headers, toHead)
  const connection = textOf(headers['connection']).toLowerCase()
  return {
    status,
    statusText,
    headers,
    framing,
    reusable: minor === '1' && framing !== 'close' && !connection.includes('close'),
    idleMs: idleOf(textOf(headers['keep-alive'])),
  }
}

function addLine(headers: Record<string, string | string[]>, line: string): void {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon)).toLowerCase()
  const value = withoutBlanks(line, colon + 1)
  if (!NAME.test(name) || !VALUE.test(value)) throw new BadAnswer('a header of the answer is not valid')
  const known = headers[name]
  if (known === undefined) headers[name] = name === 'set-cookie' ? [value] : value
  else if (name === 'content-length') throw new BadAnswer('the answer tells its length twice')
  else if (Array.isArray(known)) known.push(value)
  else if (!ONCE.has(name)) headers[name] = `${known}, ${value}`
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/** Not `trim`: it takes characters away that are no blanks in HTTP. */
function withoutBlanks(line: string, from: number): string {
  let begin = from
  let end = line.length
  while (begin < end && isBlank(line.charCodeAt(begin))) begin += 1
  while (end > begin && isBlank(line.charCodeAt(end - 1))) end -= 1
  return line.slice(begin, end)
}

function framingOf(status: number, headers: Readonly<Record<string, string | string[]>>, toHead: boolean): Framing {
  const coding = headers['transfer-encoding']
  const length = headers['content-length']
  if (coding !== undefined && length !== undefined) throw new BadAnswer('the answer tells its end in two ways')
  if (length !== undefined && !LENGTH.test(textOf(length))) throw new BadAnswer('the length of the answer is not valid')
  if (toHead || status < 200 || status === 204 || status === 304) return 0
  if (coding !== undefined) {
    if (textOf(coding).toLowerCase() !== 'chunked') throw new BadAnswer('the transfer coding of the answer is not known')
    return 'chunked'
  }
  return length === undefined ? 'close' : Number(length)
}

function idleOf(keepAlive: string): number | undefined {
  const seconds = /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(keepAlive)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

const textOf = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '')
