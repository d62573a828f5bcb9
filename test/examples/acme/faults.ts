import { CtiError, type ErrorCode } from '../../../src/core/model/error.js'

/** Acme's HTTP statuses → our codes. Effect and retry follow from the catalogue. */
const CODE_OF: Readonly<Record<number, ErrorCode>> = {
  401: 'VENDOR_AUTH',
  404: 'AGENT_NOT_FOUND',
  409: 'INVALID_TRANSITION',
  429: 'VENDOR_BUSY',
  503: 'VENDOR_BUSY',
}

/** An answer that is not 2xx. Acme's own code is kept; its text is not, because it repeats the request. */
export function faultOf(status: number, retryAfterMs: number | undefined): CtiError {
  const code = CODE_OF[status] ?? (status >= 500 ? 'VENDOR_ERROR' : 'VENDOR_REJECTED')
  return new CtiError(code, {
    fault: { system: 'acme', code: String(status), httpStatus: status },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
