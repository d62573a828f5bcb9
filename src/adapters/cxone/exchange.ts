import type { AxiosRequestConfig, AxiosResponse } from 'axios'
import { CtiError } from '../../core/model/error.js'
import type { VendorHttp } from '../_shared/http.js'

/** An answer of any status. `data` is the parsed JSON body, or undefined where the body is empty or something else. */
export interface Answer {
  readonly status: number
  readonly data: unknown
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, unknown>>
}

/** Without a body the HTTP client would name one of its own choice. */
export const NO_CONTENT_TYPE = false

export type Redact = (text: string) => string

/**
 * One HTTP exchange with the body read as text.
 * Guarantees: an error carries neither headers nor body nor the client's own error object, which would hold the secrets.
 */
export async function exchange(http: VendorHttp, redact: Redact, config: AxiosRequestConfig & { signal: AbortSignal }): Promise<Answer> {
  const response = await sendRaw<string>(http, redact, { ...config, responseType: 'text', transformResponse: (body: unknown) => body })
  return { status: response.status, data: parseJson(response.data), headers: response.headers }
}

/** As `exchange`, with the answer as the client gives it (a stream for downloads). */
export async function sendRaw<T>(
  http: VendorHttp,
  redact: Redact,
  config: AxiosRequestConfig & { signal: AbortSignal },
): Promise<AxiosResponse<T>> {
  try {
    return await http.request<T>(config)
  } catch (error) {
    throw withoutSecrets(error, redact)
  }
}

function withoutSecrets(error: unknown, redact: Redact): CtiError {
  if (!(error instanceof CtiError)) return new CtiError('INTERNAL', { detail: 'the request could not be made' })
  const { fault, detail } = error
  return new CtiError(error.code, {
    effect: error.effect,
    retry: error.retry,
    ...(detail !== undefined && { detail: redact(detail) }),
    ...(fault !== undefined && { fault: { ...fault, ...(fault.message !== undefined && { message: redact(fault.message) }) } }),
  })
}

function parseJson(text: unknown): unknown {
  if (typeof text !== 'string' || text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
