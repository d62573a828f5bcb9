import type { Adapter, AdapterContext, EventSink, SendOptions, Step } from '../../core/adapter.js'
import type { AgentView, ViewSource } from '../../core/model/agent-state.js'
import type { LinkEvent, Refusal } from '../../core/model/event.js'
import { CtiError } from '../../core/model/error.js'
import { describeRequest, engineCall } from './describe.js'
import { createDesks } from './desks.js'
import { createHealthBook } from './health.js'
import { createHttpClient } from './http-client.js'
import { login, requireIdentity, type UserAccount } from './login.js'
import { manifestOf } from './manifest.js'
import { viewOf } from './mapping.js'
import type { ExpertflowOptions } from './options.js'
import { createPlan, type ExpertflowRequest } from './plan.js'
import { previewLogout } from './preview.js'
import { createPoller, type Poller } from './poller.js'
import { newestInstant, type Presence, type PresenceEvent } from './presence.js'
import { parseReasons } from './reasons.js'
import { createResumer } from './resumer.js'
import { createServiceToken } from './service-token.js'
import { createSupervisor } from './supervisor.js'
import { createVendorApi } from './vendor-api.js'

/** Puts the parts together: REST for reads, a desk socket per agent, the supervisor's socket. See docs/platforms/expertflow.md. */
export function createExpertflow(
  { clock, log, options }: AdapterContext & { readonly options: ExpertflowOptions },
  random: () => number,
): Adapter {
  let given: EventSink | undefined
  let poller: Poller | undefined
  const sink: EventSink = { agent: (event) => given?.agent(event), link: (event) => heardOfLink(event) }
  /** With the platform's link down all views are stale: the next poll must tell all of them. */
  function heardOfLink(event: LinkEvent): void {
    if (event.status === 'down' && event.agentId === undefined) poller?.forget()
    given?.link(event)
  }
  const health = createHealthBook(options, clock, sink)
  const http = createHttpClient(options, clock)
  const { supervisor: account } = options
  const token =
    account === undefined ? undefined : createServiceToken((signal) => login(http, options.serviceLogin, account, 'service', signal), clock)
  const api = createVendorApi(http, token, health.rest)
  const forever = new AbortController()

  const toView = (presence: Presence, source: ViewSource, agentId = presence.agentId ?? ''): AgentView =>
    viewOf(presence, {
      agentId,
      source,
      now: clock.now(),
      desk: desks.statusOf(agentId),
      offered: desks.isOffered(agentId),
      cause: desks.causeFor(agentId, presence),
    })
  const read = async (agentId: string, signal: AbortSignal): Promise<AgentView> =>
    toView(await api.presence(agentId, signal), 'read', agentId)
  const list = async (signal: AbortSignal): Promise<readonly AgentView[]> =>
    (await api.presences(signal)).filter((presence) => presence.agentId !== undefined).map((presence) => toView(presence, 'read'))

  const foreign = ({ presence }: PresenceEvent, refused?: Refusal): void => {
    if (presence.agentId === undefined) return
    const occurredAt = newestInstant(presence)
    sink.agent({
      agentId: presence.agentId,
      view: toView(presence, 'event'),
      ...(refused !== undefined && { refused }),
      ...(occurredAt !== undefined && { occurredAt }),
    })
  }
  const desks = createDesks({ options, clock, random, log, sink, foreign, read: (agentId) => read(agentId, forever.signal) })
  const supervisor =
    token === undefined || options.sessionModel === 'in-cluster-rest'
      ? undefined
      : createSupervisor({ options, clock, random, log, sink, login: token.get, presence: foreign, onStatus: health.supervisor })

  /** Agents whom this process has logged out over the supervisor: the resumer leaves them alone. */
  const leavers = new Set<string>()

  const sendLogin = async (
    request: ExpertflowRequest & { kind: 'login' },
    { agentId, credentials, signal }: SendOptions,
  ): Promise<void> => {
    const found = await login(http, options.agentLogin, accountFor(request.username, agentId, credentials), 'agent', signal)
    requireIdentity(found, agentId)
    if (request.then === 'engine-login') await api.change('POST', '/agent-login', found.user, signal)
    else await desks.open(agentId, found, signal)
  }

  const accountFor = (planned: string, agentId: string, credentials: SendOptions['credentials']): UserAccount => {
    const configured = options.accounts[agentId]
    const username = credentials?.username ?? planned
    const password = credentials?.password ?? (configured?.username === username ? configured.password : undefined)
    if (password === undefined)
      throw new CtiError('CREDENTIALS_REQUIRED', { detail: 'user name and password of the agent at the platform' })
    return { username, password }
  }

  const send = async (request: ExpertflowRequest, sending: SendOptions): Promise<void> => {
    if (request.kind === 'login') return sendLogin(request, sending)
    const { way, payload } = request
    if (way === 'desk') return desks.send(sending.agentId, payload)
    if (way === 'rest') {
      const { method, path, body } = engineCall(payload)
      return api.change(method, path, body, sending.signal)
    }
    if (supervisor === undefined) throw new CtiError('UNSUPPORTED', { detail: 'the setting "supervisor" is missing' })
    if (payload.action === 'agentState' && payload.state.name === 'LOGOUT') {
      leavers.add(sending.agentId)
      await desks.leave(sending.agentId, sending.signal)
    }
    return supervisor.send(payload, sending.signal)
  }

  /** Opens the session of an agent that is still logged in, has an account in the settings (`soleDesk`) and has not been logged out by us. */
  const reopen = async (agentId: string, signal: AbortSignal): Promise<void> => {
    const found = await login(
      http,
      options.agentLogin,
      accountFor(options.accounts[agentId]?.username ?? '', agentId, undefined),
      'agent',
      signal,
    )
    requireIdentity(found, agentId)
    if ((await read(agentId, signal)).state === 'LOGGED_OUT' || leavers.has(agentId) || desks.statusOf(agentId) !== 'none') return
    await desks.open(agentId, found, signal)
  }

  let resumer: { stop(): void } | undefined
  return {
    manifest: manifestOf(options),
    plan: createPlan(options),
    describe: (step) => describeRequest((step as Step<ExpertflowRequest>).request, options),
    async send(step, sending) {
      await send((step as Step<ExpertflowRequest>).request, sending)
      return {}
    },
    read: (agentId, { signal }) => read(agentId, signal),
    list: ({ signal }) => list(signal),
    reasons: async ({ signal }) => parseReasons(await api.reasonDocuments(signal)),
    preview: (agentId, view, { signal }) => previewLogout({ api, options, log }, agentId, view, signal),
    start(eventSink) {
      given = eventSink
      supervisor?.start()
      poller = createPoller({ clock, pollMs: options.pollMs, sink }, list)
      if (options.soleDesk && options.sessionModel === 'headless-desk')
        resumer = createResumer({ options, clock, log, random }, list, reopen)
      return Promise.resolve()
    },
    stop() {
      poller?.stop()
      resumer?.stop()
      forever.abort()
      supervisor?.stop()
      desks.closeAll()
      token?.close()
      http.close()
      given = undefined
      return Promise.resolve()
    },
    health: health.get,
  }
}
