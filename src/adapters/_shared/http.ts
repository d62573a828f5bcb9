import axios, { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { CtiError } from '../../core/model/error.js'
import { sendDirectly, type SharedConfig } from './direct-request.js'
import { lightAdapter } from './light-adapter.js'

/** Errors of Node and axios that prove that no byte of the request reached the vendor. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** The client refused to make the request: a defect on our side, and nothing was sent. */
const NEVER_MADE = new Set(['ERR_BAD_REQUEST', 'ERR_INVALID_URL', 'ERR_BAD_OPTION_VALUE'])

export interface VendorHttpOptions {
  /** Named in vendor faults, for example `finesse`. */
  readonly system: string
  readonly baseURL?: string
  /** Sockets to this vendor at once: its bulkhead. */
  readonly maxSockets?: number
  /** Largest answer in bytes; default 1 MiB. */
  readonly maxResponseBytes?: number
  /** Trust settings for private vendor certificates; verification itself cannot be switched off. */
  readonly ca?: string
}

export interface VendorHttp {
  /** Sends once. Resolves with any HTTP status; rejects only with `CtiError` (VENDOR_UNAVAILABLE, VENDOR_TIMEOUT, VENDOR_PROTOCOL). */
  request<T = unknown>(config: AxiosRequestConfig & { signal: AbortSignal }): Promise<AxiosResponse<T>>
  /** For interceptors and the like. Once it has been asked for, `request` goes through it. */
  readonly axios: AxiosInstance
  close(): void
}

/**
 * An axios instance for one vendor account: own sockets, no redirects (a redirect turns a write into a read), no proxy
 * from the environment, bounded sizes, no absolute URLs that could leave the host.
 * Two ways over Node's client, the same answers: plain requests directly; through axios when its instance is in use, or when they
 * need more.
 */
export function createVendorHttp(options: VendorHttpOptions): VendorHttp {
  const agentOptions = {
    keepAlive: true,
    maxSockets: options.maxSockets ?? 50,
    maxFreeSockets: options.maxSockets ?? 50,
    keepAliveMsecs: 10_000,
  }
  const httpAgent = new HttpAgent(agentOptions)
  const httpsAgent = new HttpsAgent({ ...agentOptions, ...(options.ca !== undefined && { ca: options.ca }) })
  const shared: SharedConfig = {
    ...(options.baseURL !== undefined && { baseURL: options.baseURL, allowAbsoluteUrls: false }),
    httpAgent,
    httpsAgent,
    maxContentLength: options.maxResponseBytes ?? 1024 * 1024,
    maxBodyLength: 256 * 1024,
    validateStatus: () => true,
  }
  // No redirects and no proxy are inert here; they hold for whoever puts another adapter in.
  const instance = axios.create({ ...shared, adapter: lightAdapter, maxRedirects: 0, proxy: false })
  let handedOut = false
  return {
    get axios() {
      handedOut = true
      return instance
    },
    async request<T>(config: AxiosRequestConfig & { signal: AbortSignal }) {
      try {
        return await ((handedOut ? undefined : (sendDirectly(shared, config) as Promise<AxiosResponse<T>> | undefined)) ??
          instance.request<T>(config))
      } catch (error) {
        throw transportError(options.system, error)
      }
    },
    close() {
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

/**
 * A failure without an HTTP answer → `CtiError` with the right effect. A reset is ambiguous, also on a socket that was used before
 * (`request.reusedSocket`): most often the vendor had closed it meanwhile, but it may have read the request before it did.
 */
export function transportError(system: string, error: unknown): CtiError {
  if (error instanceof CtiError) return error
  const { code = 'UNKNOWN', message } = error as { code?: string; message: string }
  const fault = { system, code, message }
  // Not the AxiosError itself: it carries the request with its Authorization header (product rule 7).
  const cause = new Error(`${code}: ${message}`)
  if (NEVER_MADE.has(code)) return new CtiError('INTERNAL', { fault, cause, effect: 'none' })
  if (NEVER_SENT.has(code)) return new CtiError('VENDOR_UNAVAILABLE', { fault, cause })
  if (code === 'ERR_CANCELED' || code === 'ECONNABORTED' || code === 'ETIMEDOUT') return new CtiError('VENDOR_TIMEOUT', { fault, cause })
  // HPE_…: what Node's HTTP parser says of an answer that is not HTTP.
  if (code === 'ERR_BAD_RESPONSE' || code.startsWith('HPE_')) return new CtiError('VENDOR_PROTOCOL', { fault, cause })
  return new CtiError('VENDOR_TIMEOUT', { fault, cause, detail: 'the connection broke before the answer came' })
}

/** `Retry-After` in ms: seconds or an HTTP date (RFC 9110 section 10.2.3), bounded to one hour. Undefined when absent or senseless. */
export function retryAfterMs(value: unknown, now: number): number | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const seconds = Number(value)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now
  if (!Number.isFinite(ms)) return undefined
  return Math.min(Math.max(ms, 0), 3_600_000)
}
