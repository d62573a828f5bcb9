import { z } from 'zod'
import { createVendorHttp, retryAfterMs } from '../../../src/adapters/_shared/http.js'
import { defineAdapter, type Adapter, type AdapterContext, type LinkHealth, type Step } from '../../../src/core/adapter.js'
import type { Manifest } from '../../../src/core/model/manifest.js'
import { faultOf } from './faults.js'
import { reasonOf, viewOf, type AcmeAgent, type AcmePauseCode } from './mapping.js'
import { plan, type PutStatus } from './plan.js'

const options = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/ }).describe('Address of Acme, for example https://acme.example.com'),
  token: z.string().min(1).describe('Service token; a secret, best taken from the environment'),
})
type AcmeOptions = z.infer<typeof options>

const manifest: Manifest = {
  kind: 'acme',
  vendor: 'Acme',
  title: 'Acme Contact Center',
  actions: ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'],
  confirms: 'read',
  events: 'none',
  reasons: { notReady: 'optional', logout: 'none', source: 'vendor' },
  channels: false,
  login: 'on-behalf',
  forcedLogout: 'native',
  logoutWhileBusy: 'refuse',
  link: 'none',
  refusals: false,
  maxInFlight: 20,
  testedVersions: ['2.1'],
  loginCreatesAgent: false,
}

function create({ clock, options: { baseUrl, token } }: AdapterContext & { readonly options: AcmeOptions }): Adapter {
  const http = createVendorHttp({ system: 'acme', baseURL: baseUrl, maxSockets: manifest.maxInFlight })
  let health: LinkHealth = { status: 'connecting', since: clock.now() }

  async function call<T>(method: 'GET' | 'PUT', path: string, signal: AbortSignal, data?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await http.request<T>({ method, url: path, headers, signal, ...(data !== undefined && { data }) })
    if (answer.status < 200 || answer.status > 299) throw faultOf(answer.status, retryAfterMs(answer.headers['retry-after'], clock.now()))
    return answer.data
  }
  const pathOf = (agentId: string): string => `/agents/${encodeURIComponent(agentId)}`

  return {
    manifest,
    plan,
    describe(step, agentId) {
      const body = JSON.stringify((step as Step<PutStatus>).request, null, 2)
      return { target: `PUT ${baseUrl}${pathOf(agentId)}/status`, headers: { authorization: 'Bearer ***' }, body }
    },
    async send(step, { agentId, signal }) {
      await call('PUT', `${pathOf(agentId)}/status`, signal, (step as Step<PutStatus>).request)
      return {}
    },
    read: async (agentId, { signal }) => viewOf(await call<AcmeAgent>('GET', pathOf(agentId), signal), clock.now()),
    reasons: async ({ signal }) => (await call<readonly AcmePauseCode[]>('GET', '/pause-codes', signal)).map(reasonOf),
    start(sink) {
      health = { status: 'up', since: clock.now() }
      sink.link({ status: 'up' })
      return Promise.resolve()
    },
    stop() {
      http.close()
      return Promise.resolve()
    },
    health: () => health,
  }
}

export const acme = defineAdapter({ kind: 'acme', options, create })
