import { CtiError } from '../../core/model/error.js'

/** Texts of the answer besides the file itself, by lower-case key at any depth. */
export type Envelope = Map<string, string>

/** Another text of the answer than the file is cut after this many characters. */
const MAX_TEXT = 8192

/**
 * The content of a data download out of its JSON answer: decodes the base64 text of `file` while it comes and puts all other texts in
 * the envelope (vendors/cxone.md section 6.1; `GET files` wraps it once more). An answer that is no JSON object is the file itself.
 *
 * Why: the answer for 200,000 rows is some 30 MB on one line; parsed whole it would stand in memory three times.
 * Fails: VENDOR_PROTOCOL when the JSON breaks off.
 */
export async function* extractFile(chunks: AsyncIterable<Buffer>, envelope: Envelope): AsyncIterable<Buffer> {
  let scanner: ((text: string) => string) | undefined
  let finished: (() => boolean) | undefined
  let plain = false
  let carry = ''
  for await (const chunk of chunks) {
    if (plain) {
      yield chunk
      continue
    }
    const text = chunk.toString('latin1')
    if (scanner === undefined) {
      const first = /\S/.exec(text.replace(/^\xef\xbb\xbf/, ''))?.[0]
      if (first === undefined) continue
      if (first !== '{') {
        plain = true
        yield chunk
        continue
      }
      ;({ scan: scanner, finished } = createScanner(envelope))
    }
    // Whole groups of four characters are decoded; the rest waits for the next chunk.
    const base64 = carry + scanner(text)
    const whole = base64.length - (base64.length % 4)
    carry = base64.slice(whole)
    if (whole > 0) yield Buffer.from(base64.slice(0, whole), 'base64')
  }
  if (finished?.() === false) throw new CtiError('VENDOR_PROTOCOL', { detail: 'the report broke off', effect: 'none' })
  if (carry !== '') yield Buffer.from(carry, 'base64')
}

/** A scanner for JSON in pieces: returns what belongs to the value of `file`, unescaped and without white space. */
function createScanner(envelope: Envelope): { scan: (text: string) => string; finished: () => boolean } {
  let depth = 0
  let ended = false
  let inText = false
  let escape = ''
  let isKey = true
  let key = ''
  let value = ''

  const unescape = (code: string): string => {
    const kind = code[1] ?? ''
    if (kind === 'u') return String.fromCharCode(Number.parseInt(code.slice(2), 16))
    return { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }[kind] ?? kind
  }
  const put = (text: string): string => {
    if (!isKey && key === 'file') return text.replace(/\s/g, '')
    if (value.length < MAX_TEXT) value += text
    return ''
  }
  const endText = (): void => {
    inText = false
    const whole = Buffer.from(value, 'latin1').toString('utf8')
    if (isKey) key = whole.toLowerCase()
    else if (key !== 'file' && !envelope.has(key)) envelope.set(key, whole)
    value = ''
  }
  const outside = (char: string): void => {
    if (char === '"') inText = true
    else if (char === ':') isKey = false
    else if (char === ',') isKey = true
    else if (char === '{') {
      depth += 1
      isKey = true
    } else if (char === '}') {
      depth -= 1
      isKey = true
      if (depth === 0) ended = true
    }
  }
  const escaped = (char: string): string => {
    escape += char
    const whole = escape[1] === 'u' ? escape.length === 6 : escape.length === 2
    if (!whole) return ''
    const plain = unescape(escape)
    escape = ''
    return put(Buffer.from(plain, 'utf8').toString('latin1'))
  }

  return {
    finished: () => ended,
    scan(text) {
      let found = ''
      for (let index = 0; index < text.length; index += 1) {
        const char = text[index] as string
        if (!inText) outside(char)
        else if (escape !== '') found += escaped(char)
        else if (char === '\\') escape = char
        else if (char === '"') endText()
        else {
          // The long run up to the next quote or escape in one go.
          const quote = text.indexOf('"', index)
          const slash = text.indexOf('\\', index)
          const end = Math.min(quote === -1 ? text.length : quote, slash === -1 ? text.length : slash)
          found += put(text.slice(index, end))
          index = end - 1
        }
      }
      return found
    },
  }
}
