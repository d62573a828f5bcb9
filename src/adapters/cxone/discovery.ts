import { retryAfterMs, type VendorHttp } from '../_shared/http.js'
import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'
import { exchange, type Redact } from './exchange.js'
import { faultOf } from './faults.js'
import { bare } from './grants.js'
import { pick, textOf } from './lenient.js'
import type { CxoneOptions } from './options.js'
import { claimsOf, type TokenSource } from './tokens.js'
import { abortAfter, unlessAborted } from './timing.js'
import type { Trust } from './trust.js'

/** Where the API is. */
export interface Discovery {
  /** Base URL without the slash at its end; asked once, then known. Fails: VENDOR_UNAVAILABLE, VENDOR_AUTH … */
  apiBase(signal: AbortSignal): Promise<string>
  /** What is known of it now, for descriptions. */
  known(): string | undefined
}

/**
 * Fixed issuer → token → claim `tenantId` → discovery → `api_endpoint` (vendors/cxone.md section 2.1). Where claim or discovery is
 * missing, the cluster of the token names the host, as two field clients do.
 */
export function createDiscovery(
  options: CxoneOptions,
  http: VendorHttp,
  tokens: TokenSource,
  trust: Trust,
  clock: Clock,
  redact: Redact,
): Discovery {
  let base: string | undefined = options.hosts.api === undefined ? undefined : bare(options.hosts.api)
  let running: Promise<string> | undefined

  const ask = async (tenantId: string, signal: AbortSignal): Promise<string> => {
    const answer = await exchange(http, redact, {
      method: 'GET',
      url: `${bare(options.hosts.discovery ?? options.issuer)}/.well-known/cxone-configuration`,
      params: { tenantId },
      headers: { Accept: 'application/json' },
      timeout: options.requestTimeoutMs,
      signal,
    })
    if (answer.status !== 200) {
      throw faultOf({
        call: 'discovery',
        status: answer.status,
        body: answer.data,
        icStatusDescription: undefined,
        retryAfterMs: retryAfterMs(answer.headers['retry-after'], clock.now()),
        redact,
      })
    }
    const endpoint = textOf(pick(answer.data, 'api_endpoint'))
    if (endpoint === undefined) throw unavailable('discovery named no api_endpoint')
    if (!trust(endpoint)) throw unavailable('discovery named a host that is not trusted; add it to trustedHosts')
    return bare(endpoint)
  }

  const find = async (signal: AbortSignal): Promise<string> => {
    const claims = claimsOf((await tokens.get(signal)).idToken)
    const tenantId = options.tenantId ?? textOf(claims['tenantId'])
    const cluster = textOf(claims['icClusterId'])
    const fallback =
      cluster !== undefined && /^[a-z0-9-]{1,20}$/i.test(cluster) ? `https://api-${cluster.toLowerCase()}.nice-incontact.com` : undefined
    if (tenantId !== undefined) {
      try {
        return await ask(tenantId, signal)
      } catch (error) {
        const unreachable = !(error instanceof CtiError) || error.code !== 'VENDOR_UNAVAILABLE' || error.fault?.httpStatus === undefined
        if (fallback === undefined || unreachable) throw error
      }
    }
    if (fallback === undefined) throw unavailable('the token names neither tenant nor cluster; set tenantId or hosts.api')
    return fallback
  }

  const findOnce = async (): Promise<string> => {
    const limit = abortAfter(clock, options.requestTimeoutMs * 2)
    try {
      base = await find(limit.signal)
      return base
    } finally {
      running = undefined
      limit.close()
    }
  }

  return {
    known: () => base,
    async apiBase(signal) {
      if (base !== undefined) return base
      running ??= findOnce()
      return unlessAborted(
        running,
        signal,
        () => new CtiError('VENDOR_TIMEOUT', { detail: 'no discovery before the deadline', effect: 'none' }),
      )
    },
  }
}

function unavailable(detail: string): CtiError {
  return new CtiError('VENDOR_UNAVAILABLE', { detail, fault: { system: 'cxone', code: 'discovery', message: detail } })
}
