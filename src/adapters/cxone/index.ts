import { defineAdapter, type Adapter, type AdapterContext, type EventSink, type Step } from '../../core/adapter.js'
import { createVendorHttp } from '../_shared/http.js'
import { createApi, bodyOf } from './api.js'
import { createDirectory } from './directory.js'
import { createDiscovery } from './discovery.js'
import { createFeed } from './feed.js'
import { createGrants } from './grants.js'
import { manifestOf } from './manifest.js'
import { cxoneCommandOptions, cxoneOptions, loginWay, type CxoneOptions } from './options.js'
import { plan, type PlanSettings } from './plan.js'
import { consequencesOf } from './preview.js'
import { createReader } from './reader.js'
import { createRedactor } from './redact.js'
import { createRefusals } from './refusals.js'
import { toApiRequest, type CxoneRequest } from './requests.js'
import { createSender } from './sender.js'
import { createSessions } from './sessions.js'
import { createThrottle } from './throttle.js'
import { createTokenSource } from './tokens.js'
import { createTrust } from './trust.js'
import { createMemories } from './views.js'

function planSettings(options: CxoneOptions): PlanSettings {
  const { defaultStationId, stationIs, inactivityTimeoutSeconds } = options.sessions
  return {
    mode: options.mode,
    login: loginWay(options),
    withinMs: options.confirmWithinMs,
    stationIs,
    inactivityTimeoutSeconds,
    ...(defaultStationId !== undefined && { defaultStationId }),
  }
}

/** Wires the parts of one platform. Nothing is sent before `start` or the first call. */
function create({ clock, log, options }: AdapterContext & { readonly options: CxoneOptions }): Adapter {
  const { auth, hosts } = options
  let sink: EventSink | undefined
  const redact = createRedactor([auth.accessKeySecret, auth.clientSecret, auth.accessKeyId])
  const trust = createTrust(options.issuer, [hosts.api, hosts.token, hosts.discovery, hosts.userHub], options.trustedHosts)
  const http = createVendorHttp({ system: 'cxone', maxResponseBytes: 16_777_216 })
  const longPollHttp = createVendorHttp({ system: 'cxone', maxSockets: options.sessions.maxHeld })
  const grants = createGrants(options, http, clock, redact)
  const tokens = createTokenSource((signal) => grants.service(signal), clock, {
    refreshMarginSeconds: auth.refreshMarginSeconds,
    timeoutMs: options.requestTimeoutMs,
  })
  const discovery = createDiscovery(options, http, tokens, trust, clock, redact)
  const throttle = createThrottle(options.throttle, clock)
  const api = createApi(options, { http, longPollHttp, tokens, discovery, throttle, clock, redact })
  const memories = createMemories()
  const directory = createDirectory(options, api, memories, clock)
  const sessions = createSessions(options, { api, clock, log, memories, directory, sink: () => sink })
  const isHeld = (agentId: string): boolean => sessions.get(agentId) !== undefined
  const feed = createFeed(options, { api, clock, log, memories, isHeld })
  const read = createReader(options, { api, clock, memories, isHeld })
  const send = createSender(options, { api, tokens, grants, sessions, directory, memories, clock, read })
  const settings = planSettings(options)
  const refusals = createRefusals(options, { tokens, discovery, trust, throttle, clock, redact })

  return {
    manifest: manifestOf(options),
    plan: (action, agentId, view) => plan(action, agentId, view, settings),
    describe(step, agentId) {
      const request = toApiRequest((step as Step<CxoneRequest>).request, agentId, '{sessionId}')
      const body = bodyOf(request, options.parameters)
      return {
        target: api.addressOf(request).replaceAll('%7BsessionId%7D', '{sessionId}'),
        headers: {
          Accept: 'application/json',
          Authorization: 'Bearer ***',
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body, undefined, 2) }),
      }
    },
    send: (step, given) => send((step as Step<CxoneRequest>).request, given),
    read: (agentId, { signal }) => read(agentId, signal),
    start(given) {
      sink = given
      feed.start(given)
      return Promise.resolve()
    },
    stop() {
      feed.stop()
      sessions.stop()
      sink = undefined
      for (const client of [http, longPollHttp, refusals]) client?.close()
      return Promise.resolve()
    },
    health: () => feed.health(),
    list: ({ signal }) => feed.list(signal),
    reasons: ({ signal, agentId }) => directory.reasons(agentId, signal),
    preview: (_agentId, view) => Promise.resolve(consequencesOf(view)),
    ...(refusals !== undefined && { refusals: (query) => refusals.rows(query) }),
  }
}

/** NICE CXone: token and discovery, Admin and real-time API, agent sessions, data download (vendors/cxone.md). */
export const cxone = defineAdapter({ kind: 'cxone', options: cxoneOptions, commandOptions: cxoneCommandOptions, create })
