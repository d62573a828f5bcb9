import type { CtiError, ErrorCode } from '../model/error.js'

/**
 * What the outcome of a call says about the vendor.
 * `answered`: it is there, whatever it said · `absent`: it is not, or cannot work · `limited`: it is there, and we call too
 * often · `nothing`: the call says nothing about the vendor.
 */
export type Verdict = 'answered' | 'absent' | 'limited' | 'nothing'

/** Codes that are more than an answer. All others are the vendor's word about one request: it is there. */
const VERDICTS: Partial<Record<ErrorCode, Verdict>> = {
  VENDOR_UNAVAILABLE: 'absent',
  VENDOR_TIMEOUT: 'absent',
  VENDOR_ERROR: 'absent', // what load balancers say (500, 502, 504) while everything behind them is down
  VENDOR_PROTOCOL: 'nothing', // a maintenance page, or an address that we were given wrongly: parking would hide the evidence
  CIRCUIT_OPEN: 'nothing',
  STORE_UNAVAILABLE: 'nothing',
  SUPERSEDED: 'nothing',
  CANCELLED: 'nothing',
  EXPIRED: 'nothing',
  STOPPING: 'nothing',
  INTERNAL: 'nothing',
}

/**
 * Without a fault of the vendor's, VENDOR_BUSY is our own word (an adapter's bound) and nothing was sent. With one, 503 means
 * that nobody is there to work; a wish to be asked later without 503 means that we ask too often.
 */
export function verdictOf(outcome: CtiError | 'unused' | undefined): Verdict {
  if (outcome === undefined) return 'answered'
  if (outcome === 'unused') return 'nothing'
  const { code, fault, retryAfterMs } = outcome
  if (fault?.httpStatus === 429) return 'limited'
  if (code !== 'VENDOR_BUSY') return VERDICTS[code] ?? 'answered'
  if (fault === undefined) return 'nothing'
  if (fault.httpStatus === 503) return 'absent'
  return retryAfterMs === undefined ? 'answered' : 'limited'
}
