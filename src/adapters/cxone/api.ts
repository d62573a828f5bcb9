import type { AxiosRequestConfig } from 'axios'
import { retryAfterMs, type VendorHttp } from '../_shared/http.js'
import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'
import type { Discovery } from './discovery.js'
import { exchange, NO_CONTENT_TYPE, type Answer, type Redact } from './exchange.js'
import { faultOf, READ_CALLS, type Call } from './faults.js'
import type { CxoneOptions } from './options.js'
import type { ApiRequest } from './requests.js'
import type { Throttle, Turn } from './throttle.js'
import type { TokenSource } from './tokens.js'

export interface ApiCallOptions {
  readonly call: Call
  readonly signal: AbortSignal
  readonly turn: Turn
  /** Another identity than the tenant's API user: an agent who signed in with a key of its own. */
  readonly tokens?: TokenSource
  /** Statuses besides 2xx that the caller understands itself. */
  readonly also?: readonly number[]
}

/** Calls below `services/v{N}.0/`. */
export interface Api {
  /**
   * One exchange: 2xx and `also` resolve, everything else is a `CtiError` by `faults.ts`.
   *
   * Guarantees: a 401 renews the token and repeats the request once, for a 401 proves that nothing was done (vendors/cxone.md
   * section 2.6); nothing else is repeated; a 429 holds back all further requests as long as the vendor asked.
   */
  call(request: ApiRequest, options: ApiCallOptions): Promise<Answer>
  /** A long poll: outside the throttle, for it rests at the vendor (section 3.5), and on sockets of its own. */
  longPoll(request: ApiRequest, options: Omit<ApiCallOptions, 'turn'> & { readonly timeoutMs: number }): Promise<Answer>
  /** Full address for people, also before discovery. */
  addressOf(request: ApiRequest): string
}

export interface ApiParts {
  readonly http: VendorHttp
  readonly longPollHttp: VendorHttp
  readonly tokens: TokenSource
  readonly discovery: Discovery
  readonly throttle: Throttle
  readonly clock: Clock
  readonly redact: Redact
}

/** After a 429 without Retry-After nobody asks for this long, ms (section 5.3: none that can be relied on is sent). */
const PAUSE_AFTER_429_MS = 1000

export function createApi(options: CxoneOptions, parts: ApiParts): Api {
  const { clock, discovery, redact, throttle } = parts

  const pathOf = (request: ApiRequest): string => `/incontactapi/services/${options.apiVersion}/${request.path}`

  const configOf = (request: ApiRequest, base: string, token: string, timeout: number): AxiosRequestConfig => {
    const query = queryOf(request, options.parameters)
    const body = bodyOf(request, options.parameters)
    return {
      method: request.method,
      url: `${base}${pathOf(request)}`,
      headers: {
        Accept: 'application/json', // without it an error "cannot render" may come (section 2.7)
        Authorization: `Bearer ${token}`,
        'Content-Type': body === undefined ? NO_CONTENT_TYPE : 'application/json',
      },
      timeout,
      ...(query !== undefined && { params: query }),
      ...(body !== undefined && { data: JSON.stringify(body) }),
    }
  }

  const send = async (
    http: VendorHttp,
    request: ApiRequest,
    { call, signal, tokens = parts.tokens, also = [] }: Omit<ApiCallOptions, 'turn'>,
    turn: Turn | undefined,
    timeout: number,
  ): Promise<Answer> => {
    for (let renewed = false; ; renewed = true) {
      const token = await tokens.get(signal)
      const base = await discovery.apiBase(signal)
      if (turn !== undefined) await throttle.enter(turn, signal)
      const answer = await exchange(http, redact, { ...configOf(request, base, token.accessToken, timeout), signal }).catch(
        (error: unknown) => {
          throw READ_CALLS.has(call) ? harmless(error) : error
        },
      )
      const { status } = answer
      if ((status >= 200 && status < 300) || also.includes(status)) return answer
      if (status === 401 && !renewed) {
        tokens.reject(token.serial)
        continue
      }
      const wish = retryAfterMs(answer.headers['retry-after'], clock.now())
      if (status === 429) throttle.pause(wish ?? PAUSE_AFTER_429_MS)
      throw faultOf({
        call,
        status,
        body: answer.data,
        icStatusDescription: answer.headers['icstatusdescription'],
        retryAfterMs: wish,
        redact,
      })
    }
  }

  return {
    call: (request, given) => send(parts.http, request, given, given.turn, options.requestTimeoutMs),
    longPoll: (request, given) => send(parts.longPollHttp, request, given, undefined, given.timeoutMs),
    addressOf(request) {
      const query = queryOf(request, options.parameters)
      const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
      return `${request.method} ${discovery.known() ?? 'https://{api_endpoint}'}${pathOf(request)}${search}`
    },
  }
}

/** Where the parameters go: reads and flags in the query, writes where the setting says. */
export function queryOf(request: ApiRequest, place: CxoneOptions['parameters']): Readonly<Record<string, string>> | undefined {
  const { parameters, queryOnly, method } = request
  if (parameters === undefined || Object.keys(parameters).length === 0) return undefined
  return method === 'GET' || queryOnly === true || place === 'query' ? parameters : undefined
}

/** The JSON body, where the parameters do not go to the query. */
export function bodyOf(request: ApiRequest, place: CxoneOptions['parameters']): Readonly<Record<string, string>> | undefined {
  return request.parameters === undefined || request.method === 'GET' || request.queryOnly === true || place === 'query'
    ? undefined
    : request.parameters
}

/** A read changes nothing, whatever became of it. */
function harmless(error: unknown): unknown {
  if (!(error instanceof CtiError) || error.effect === 'none') return error
  const { code, detail, fault, retry } = error
  return new CtiError(code, { effect: 'none', retry, ...(detail !== undefined && { detail }), ...(fault !== undefined && { fault }) })
}
