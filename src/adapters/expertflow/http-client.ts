import { createVendorHttp, retryAfterMs, type VendorHttp } from '../_shared/http.js'
import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'
import { bounded } from './bounded.js'
import { scrub, type Answer, type Service } from './faults.js'
import { serviceUrls, type ExpertflowOptions } from './options.js'

export interface Call {
  readonly service: Service
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly params?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly token?: string | undefined
  /** Texts that must not get into errors, besides the token. */
  readonly secrets?: readonly string[]
}

/** The services over HTTP. */
export interface HttpClient {
  /** Sends once, within `restMs`. Resolves with any status. Fails: VENDOR_UNAVAILABLE, VENDOR_TIMEOUT, VENDOR_PROTOCOL; never with a secret in it. */
  exchange(call: Call, signal: AbortSignal): Promise<Answer>
  close(): void
}

/** A list of all agents of a large site is some 2 kB per agent. */
const LARGEST_ANSWER = 256 * 1024 * 1024

export function createHttpClient(options: ExpertflowOptions, clock: Clock): HttpClient {
  const urls = serviceUrls(options)
  const open = (system: Service, baseURL: string): VendorHttp =>
    createVendorHttp({
      system,
      baseURL,
      maxSockets: options.maxInFlight,
      maxResponseBytes: LARGEST_ANSWER,
      ...(options.ca !== undefined && { ca: options.ca }),
    })
  const services: Readonly<Record<Service, VendorHttp>> = {
    'agent-manager': open('agent-manager', urls.agentManager),
    'unified-admin': open('unified-admin', urls.unifiedAdmin),
    'routing-engine': open('routing-engine', urls.routingEngine),
    'conversation-manager': open('conversation-manager', urls.conversationManager),
  }
  return {
    async exchange(call, signal) {
      const secrets = [...(call.secrets ?? []), ...(call.token === undefined ? [] : [call.token])]
      try {
        const response = await bounded(clock, options.restMs, signal, (inner) =>
          services[call.service].request({
            method: call.method,
            url: call.path,
            signal: inner,
            ...(call.params !== undefined && { params: call.params }),
            ...(call.body !== undefined && { data: call.body }),
            ...(call.token !== undefined && { headers: { Authorization: `Bearer ${call.token}` } }),
          }),
        )
        const requestId: unknown = response.headers['correlationid']
        return {
          service: call.service,
          status: response.status,
          body: response.data,
          retryAfterMs: retryAfterMs(response.headers['retry-after'], clock.now()),
          requestId: typeof requestId === 'string' ? requestId : undefined,
          secrets,
        }
      } catch (error) {
        throw withoutSecrets(error, secrets)
      }
    },
    close() {
      for (const service of Object.values(services)) service.close()
    },
  }
}

/** The transport's error without its cause, which holds the whole request with password and token. */
function withoutSecrets(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof CtiError)) return error
  const { fault, detail } = error
  return new CtiError(error.code, {
    effect: error.effect,
    retry: error.retry,
    ...(detail !== undefined && { detail }),
    ...(fault !== undefined && { fault: { ...fault, ...(fault.message !== undefined && { message: scrub(fault.message, secrets) }) } }),
  })
}

/** The same error for a call that changes nothing: whatever became of it, it had no effect. */
export function harmless(error: unknown): unknown {
  if (!(error instanceof CtiError) || error.effect === 'none') return error
  const { fault, detail, retryAfterMs: wait } = error
  return new CtiError(error.code, {
    effect: 'none',
    retry: error.retry,
    ...(detail !== undefined && { detail }),
    ...(fault !== undefined && { fault }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  })
}
