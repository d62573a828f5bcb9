import { parse } from 'csv-parse'
import { Readable } from 'node:stream'
import { CtiError } from '../../core/model/error.js'

/** A record that continues over more lines than this was opened by a stray quote. */
const MAX_JOINED_LINES = 5
const MAX_LINE_LENGTH = 256 * 1024
const BATCH_LENGTH = 32 * 1024

/**
 * Records of a CSV file as lists of fields, tolerant of what the vendor's files contain (vendors/cxone.md section 6.1: CRLF, irregular
 * quoting). The first record is the header.
 *
 * Guarantees: one stray quote costs one record, not the rest of the file: a line whose quote is never closed comes as a record of one
 * field, the whole line. Memory does not depend on the file's length.
 * Fails: VENDOR_PROTOCOL for a line longer than 256 KiB.
 */
export async function* parseCsv(chunks: AsyncIterable<Buffer>): AsyncIterable<readonly string[]> {
  const parser = parse({ bom: true, relax_quotes: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: '\n' })
  const source = Readable.from(batches(guardQuotes(linesOf(chunks))), { objectMode: true, highWaterMark: 2 })
  source.on('error', (error) => parser.destroy(error))
  try {
    for await (const record of source.pipe(parser)) yield record as readonly string[]
  } finally {
    source.destroy()
    parser.destroy()
  }
}

/** Physical lines without their ends. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', from)) {
      yield rest.slice(from, rest[end - 1] === '\r' && end > from ? end - 1 : end)
      from = end + 1
    }
    rest = rest.slice(from)
    if (rest.length > MAX_LINE_LENGTH)
      throw new CtiError('VENDOR_PROTOCOL', { detail: 'the report has a line without end', effect: 'none' })
  }
  rest += decoder.decode()
  if (rest !== '') yield rest.endsWith('\r') ? rest.slice(0, -1) : rest
}

/** How a text ends, read as the CSV library reads it with relaxed quotes; `clean`: every closing quote ends its field. Pure. */
export function scanCsv(text: string): { readonly open: boolean; readonly clean: boolean; readonly fields: number } {
  let fields = 1
  let clean = true
  let quoted = false
  let atStart = true
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index]
    if (quoted) {
      if (char !== '"') continue
      const next = text[index + 1]
      if (next === '"') index += 1
      else {
        quoted = false
        clean &&= next === undefined || next === ','
      }
    } else if (char === ',') {
      fields += 1
      atStart = true
      continue
    } else if (char === '"' && atStart) quoted = true
    atStart = false
  }
  return { open: quoted, clean, fields }
}

/** Joins lines that belong to one quoted record, and quotes whole the lines whose quote is never closed. */
export async function* guardQuotes(lines: AsyncIterable<string>): AsyncIterable<string> {
  let columns: number | undefined
  let waiting: string[] = []

  /** A line that is a record by itself: the quote before it was a stray one. */
  const isWhole = (line: string): boolean => {
    const { open, fields } = scanCsv(line)
    return columns !== undefined && columns > 1 && !open && fields === columns
  }
  const giveUp = (): string => {
    const [first = '', ...others] = waiting
    waiting = others
    return `"${first.replaceAll('"', '""')}"`
  }
  /** What can be said of the first waiting line; undefined: more lines are needed. */
  const settle = (atEnd: boolean): string | undefined => {
    const [first = '', ...others] = waiting
    if (!first.includes('"') || !scanCsv(first).open) {
      waiting = others
      return first
    }
    for (let count = 2; count <= waiting.length; count += 1) {
      const joined = waiting.slice(0, count).join('\n')
      const { open, clean, fields } = scanCsv(joined)
      if (open && !isWhole(waiting[count - 1] ?? '')) continue
      if (open || !clean || (columns !== undefined && fields !== columns)) return giveUp()
      waiting = waiting.slice(count)
      return joined
    }
    if (!atEnd && waiting.length < MAX_JOINED_LINES) return undefined
    return giveUp()
  }

  for await (const line of lines) {
    if (waiting.length === 0 && !line.includes('"')) {
      columns ??= scanCsv(line).fields
      yield line
      continue
    }
    waiting.push(line)
    for (let ready = settle(false); ready !== undefined; ready = waiting.length === 0 ? undefined : settle(false)) {
      columns ??= scanCsv(ready).fields
      yield ready
      if (waiting.length === 0) break
    }
  }
  while (waiting.length > 0) yield settle(true) as string
}

/** Lines as larger texts: one per line would cost more in streaming than in parsing. */
async function* batches(lines: AsyncIterable<string>): AsyncIterable<string> {
  let batch = ''
  for await (const line of lines) {
    batch += `${line}\n`
    if (batch.length >= BATCH_LENGTH) {
      yield batch
      batch = ''
    }
  }
  if (batch !== '') yield batch
}
