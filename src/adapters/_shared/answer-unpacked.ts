import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { BadAnswer } from './answer-head.js'
import type { WholeAnswer } from './answer-reader.js'

type Decoder = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}
const LARGEST = 2 ** 31 - 1

/**
 * The answer without its content coding, and without the headers that spoke of it: proxies in front of a vendor compress on their own.
 * `limit`: of the decoded bytes; negative: any number. Fails: `BadAnswer`.
 */
export async function unpacked(answer: WholeAnswer, limit: number): Promise<WholeAnswer> {
  const { 'content-encoding': given, 'content-length': _length, ...headers } = answer.head.headers
  const coding = String(given).trim().toLowerCase()
  if (coding === '' || coding === 'identity') return answer
  const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined
  if (decode === undefined) throw new BadAnswer(`the answer's content coding "${coding.slice(0, 40)}" is not known`)
  try {
    const body = await decode(answer.body, { maxOutputLength: limit > 0 ? limit : LARGEST })
    return { head: { ...answer.head, headers }, body }
  } catch (error) {
    const isTooLong = (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
    throw new BadAnswer(isTooLong ? `maxContentLength size of ${limit} exceeded` : 'stream has been aborted')
  }
}
