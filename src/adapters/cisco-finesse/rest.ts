import type { AxiosResponse } from 'axios'
import type { Credentials } from '../../core/adapter.js'
import { CtiError, toCtiError, type VendorFault } from '../../core/model/error.js'
import { createVendorHttp, retryAfterMs } from '../_shared/http.js'
import { faultOf, restVerdict, type FinesseError, type Identity } from './faults.js'
import { readError } from './notification.js'
import { child, MAX_XML_CHARS, parseXml, type XmlElement } from './xml.js'

export interface RestRequest {
  readonly method: 'GET' | 'PUT'
  /** Below `/finesse/api`, encoded, with query. */
  readonly path: string
  /** Missing: without credentials. */
  readonly authorization?: string
  readonly as: Identity
  /** XML text; never a secret. */
  readonly body?: string
  readonly requestId?: string
  readonly signal: AbortSignal
}

export interface RestAnswer {
  readonly status: number
  /** The request id that the node echoed. */
  readonly requestId?: string
  /** Of a GET. */
  readonly document?: XmlElement
}

/** REST side of one node. */
export interface FinesseRest {
  /** One HTTP exchange. Fails: `CtiError` with a vendor fault; neither it nor its cause holds credentials. */
  exchange(request: RestRequest): Promise<RestAnswer>
  close(): void
}

const CONTENT_TYPE = 'application/xml'

/** Path segment of an id. Dots alone would climb in the path instead of naming anybody. */
export function segment(id: string): string {
  if (/^\.{0,2}$/.test(id)) throw new CtiError('AGENT_NOT_FOUND', { detail: 'not a possible id' })
  return encodeURIComponent(id)
}

/** `Authorization` value: Bearer with a token, Basic with a password (section 4.1). Undefined without either. */
export function authorizationOf(credentials: Credentials | undefined, userId: string): string | undefined {
  if (credentials?.token !== undefined) return `Bearer ${credentials.token}`
  if (credentials?.password === undefined) return undefined
  return `Basic ${Buffer.from(`${credentials.username ?? userId}:${credentials.password}`, 'utf8').toString('base64')}`
}

export function createFinesseRest(options: { api: string; maxSockets: number; ca?: string | undefined; now: () => number }): FinesseRest {
  const http = createVendorHttp({
    system: 'finesse',
    baseURL: `${options.api.replace(/\/+$/, '')}/finesse/api`,
    maxSockets: options.maxSockets,
    maxResponseBytes: MAX_XML_CHARS,
    ...(options.ca !== undefined && { ca: options.ca }),
  })
  return {
    async exchange(request) {
      let response: AxiosResponse<string>
      try {
        response = await http.request<string>({
          method: request.method,
          url: request.path,
          headers: headersOf(request),
          ...(request.body !== undefined && { data: request.body }),
          responseType: 'text',
          transformResponse: [(raw: unknown) => raw],
          signal: request.signal,
        })
      } catch (error) {
        throw withoutCause(toCtiError(error))
      }
      return answerOf(response, request, options.now())
    },
    close: () => http.close(),
  }
}

export function headersOf(request: Pick<RestRequest, 'authorization' | 'body' | 'requestId'>): Record<string, string> {
  return {
    Accept: CONTENT_TYPE,
    ...(request.authorization !== undefined && { Authorization: request.authorization }),
    ...(request.body !== undefined && { 'Content-Type': CONTENT_TYPE }),
    ...(request.requestId !== undefined && { requestId: request.requestId }),
  }
}

function answerOf(response: AxiosResponse<string>, request: RestRequest, now: number): RestAnswer {
  const echoed: unknown = response.headers['requestid']
  const requestId = typeof echoed === 'string' ? echoed : request.requestId
  const status = response.status
  if (status >= 300) throw refusal(response, request, requestId, now)
  if (request.method !== 'GET') {
    if (isForeign(response)) {
      throw new CtiError('VENDOR_PROTOCOL', {
        detail: `the answer to ${request.method} ${request.path} is not from Finesse: a proxy or login page in front of it?`,
        fault: { system: 'finesse', code: String(status), httpStatus: status, ...(requestId !== undefined && { requestId }) },
      })
    }
    return { status, ...(requestId !== undefined && { requestId }) }
  }
  try {
    return { status, ...(requestId !== undefined && { requestId }), document: parseXml(response.data) }
  } catch (error) {
    throw new CtiError('VENDOR_PROTOCOL', {
      detail: `the answer to GET ${request.path.split('?')[0]} cannot be read: ${(error as Error).message}`,
      fault: { system: 'finesse', code: String(status), httpStatus: status },
      effect: 'none',
    })
  }
}

/** Finesse answers a write with nothing or with XML; anything else is somebody else's 2xx, and whether Finesse was asked is open. */
function isForeign(response: AxiosResponse<string>): boolean {
  if (response.data === '') return false
  if (/html/i.test(String(response.headers['content-type'] ?? ''))) return true
  try {
    parseXml(response.data)
    return false
  } catch {
    return true
  }
}

function refusal(response: AxiosResponse<string>, request: RestRequest, requestId: string | undefined, now: number): CtiError {
  const error = errorOf(response.data)
  const verdict = restVerdict(response.status, error, request.as)
  const retryAfter = retryAfterMs(response.headers['retry-after'], now)
  return new CtiError(verdict.code, {
    ...verdict.init,
    fault: faultOf(error, { status: response.status, ...(requestId !== undefined && { requestId }) }),
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
  })
}

/** The first ApiError of an answer; proxies and login pages in front answer something else, which tells nothing. */
function errorOf(body: string): FinesseError {
  try {
    return readError(child(parseXml(body), 'apierrors', 'apierror'))
  } catch {
    return {}
  }
}

/** An axios error carries the request with its Authorization header: it must not travel on. */
function withoutCause(error: CtiError): CtiError {
  const fault: VendorFault | undefined = error.fault
  return new CtiError(error.code, {
    effect: error.effect,
    retry: error.retry,
    ...(error.detail !== undefined && { detail: error.detail }),
    ...(fault !== undefined && { fault }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  })
}
