import type { AdapterContext, EventSink, LinkHealth } from '../../core/adapter.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import type { LinkStatus } from '../../core/model/event.js'
import type { SupervisorAccount } from './account.js'
import type { Background } from './background.js'
import { failureText, isUsable, type NodePair } from './nodes.js'
import type { FinesseOptions } from './options.js'
import type { FinesseReader } from './reader.js'
import type { Refresher } from './refresher.js'
import type { Roster } from './roster.js'
import { openXmpp, XmppAuthError, type XmppHandlers, type XmppSession, type XmppSettings } from './xmpp-session.js'

export interface LinkPorts {
  readonly context: AdapterContext & { readonly options: FinesseOptions }
  readonly background: Background
  readonly nodes: NodePair
  readonly account: SupervisorAccount
  readonly reader: FinesseReader
  readonly refresher: Refresher
  readonly roster: Roster
  readonly onNotification: (node: string, text: string) => void
  readonly sink: () => EventSink | undefined
  readonly resource: string
  readonly random: () => number
}

/** Keeps the link to the pair alive: which node, notifications or polling, and what is told of it. */
export interface Link {
  start(): void
  stop(): Promise<void>
  health(): LinkHealth
  /** Look at the nodes soon: a request has just found something wrong. Also without a start: who only sends must find the other node too. */
  kick(): void
  /** From now on this agent is re-read after a reconnect and has a subscription of its own. */
  follow(agentId: string): void
}

/** Own subscriptions at most; the others are seen through their team. */
const MAX_OWN_SUBSCRIPTIONS = 2_000
const SUBSCRIPTIONS_AT_ONCE = 50
const KICK_MS = 50

/**
 * Three slots and one session. `watch`: SystemInfo of the nodes (every 20 s, at once after trouble), switches the node. `connect`: the
 * XMPP session with the active node, retried with growing, jittered delays. `poll`: the teams, only while there is no session.
 *
 * Guarantees: loss of the session makes all views stale before polling begins to refresh them; after a reconnect every known agent is
 * told anew; a stopped link owns no timer and no socket.
 */
export function createLink(ports: LinkPorts): Link {
  const { nodes, account, background, roster } = ports
  const { options, clock, log } = ports.context
  /** Without a start nobody listens: another process has the site's link, and this one only sends and reads. */
  let started = false
  let session: XmppSession | undefined
  let connecting: Promise<void> = Promise.resolve()
  let failures = 0
  let authFailures = 0
  let downProbes = 0
  let finessePresent = true
  let mustTellAll = true
  let trouble = ''
  let shown: LinkHealth = { status: 'connecting', since: clock.now() }

  /** Doubles from the first delay to the longest; half of it is jitter, so that gateways do not come back in step. */
  const delay = (attempt: number): number =>
    Math.min(options.reconnectMaxMs, options.reconnectMinMs * 2 ** Math.min(attempt, 20)) * (0.5 + ports.random() / 2)

  const show = (status: LinkStatus, detail: string): void => {
    if (background.stopped || (shown.status === status && shown.detail === detail)) return
    shown = { status, detail, since: shown.status === status ? shown.since : clock.now() }
    ports.sink()?.link({ status, side: nodes.active().name, detail })
  }

  /** What the link is worth now, from what is known. */
  const tell = (): void => {
    const node = nodes.active()
    if (account.restMs() > 0) show('down', "the supervisor's credentials were refused; resting so that the account is not locked")
    else if (node.status === 'unknown') show('connecting', `${node.name}: reading SystemInfo${trouble === '' ? '' : ` (${trouble})`}`)
    else if (!isUsable(node.status)) show('down', `${node.name}: ${node.detail ?? node.status}`)
    else if (session === undefined) show('degraded', `${node.name}: polling, no notifications${trouble === '' ? '' : ` (${trouble})`}`)
    else if (!finessePresent) show('degraded', `${node.name}: the notification service reports itself away`)
    else if (node.status === 'partial') show('degraded', `${node.name}: ${node.detail ?? 'partly in service'}`)
    else show('up', `${node.name}: notifications on`)
  }

  /** Views are stale from here on, until the poll or the next session tells them anew. */
  const lose = (why: string): void => {
    session = undefined
    trouble = why
    mustTellAll = true
    show('down', why)
  }

  const watch = async (): Promise<void> => {
    const switched = await nodes.probe(account, background.within)
    if (background.stopped) return
    if (!started) return
    const usable = isUsable(nodes.active().status)
    downProbes = usable ? 0 : downProbes + 1
    if (switched) log.warn({ node: nodes.active().name }, 'Finesse node switched')
    const old = session
    if (old !== undefined && (switched || !usable)) {
      lose(switched ? 'node switched' : 'node out of service')
      await old.close()
    }
    tell()
    if (usable && session === undefined) {
      if (switched) failures = 0
      if (options.xmpp.enabled && (switched || !background.has('connect'))) background.schedule('connect', 0, connect)
      if (!background.has('poll')) background.schedule('poll', Math.min(options.pollMs, options.reconnectMinMs), poll)
    }
    const next = usable ? options.systemInfoMs : Math.min(delay(downProbes), options.systemInfoMs)
    if (!background.waits('watch')) background.schedule('watch', Math.max(next, account.restMs()), watch)
  }

  const connect = (): Promise<void> => (connecting = openSession())

  const openSession = async (): Promise<void> => {
    const node = nodes.active()
    if (session !== undefined || !isUsable(node.status)) return
    let opened: XmppSession | undefined
    let lost: string | undefined
    const handlers: XmppHandlers = {
      notification: ports.onNotification,
      finessePresence: (present) => {
        finessePresent = present
        tell()
      },
      closed: (why) => {
        lost = why
        if (session === opened) lostSession(why)
      },
    }
    try {
      finessePresent = true
      // First a request: it proves the credentials, so that a notification service that hangs holds nobody up.
      const teams = await background.within((signal) => ports.reader.teams(signal))
      opened = await account.guard(() => openXmpp(xmppSettings(options, node, ports.resource), handlers, clock, background.ending))
      await subscribeAll(opened, teams)
      await ports.refresher.all(true)
      if (lost !== undefined) throw new Error(lost)
      if (nodes.active() !== node || background.stopped) throw new Error('the node changed meanwhile')
      session = opened
      failures = 0
      authFailures = 0
      trouble = ''
      mustTellAll = false
      background.cancel('poll')
      log.info({ node: node.name }, 'Finesse notifications on')
    } catch (error) {
      await opened?.close()
      connectFailed(error)
    }
    tell()
  }

  const lostSession = (why: string): void => {
    if (session === undefined || background.stopped) return
    log.warn({ node: nodes.active().name, problem: why }, 'Finesse notifications lost; polling')
    lose(why)
    tell()
    background.schedule('watch', 0, watch)
  }

  const connectFailed = (error: unknown): void => {
    if (background.stopped) return
    failures += 1
    trouble = error instanceof CtiError ? failureText(error) : error instanceof Error ? error.message : 'failed'
    if (error instanceof XmppAuthError) authFailures += 1
    const rest = authFailures > 0 && authFailures % 3 === 0 ? options.authHoldMs : 0
    background.schedule('connect', Math.max(delay(failures - 1), rest, account.restMs()), connect)
    if (error instanceof CtiError) background.schedule('watch', KICK_MS, watch)
  }

  const subscribeAll = async (open: XmppSession, teams: readonly string[]): Promise<void> => {
    const wanted = [
      '/finesse/api/SystemInfo',
      ...teams.map((team) => `/finesse/api/Team/${team}/Users`),
      ...roster.followed().slice(0, MAX_OWN_SUBSCRIPTIONS).map(userNode),
    ]
    for (let at = 0; at < wanted.length; at += SUBSCRIPTIONS_AT_ONCE) {
      const batch = wanted.slice(at, at + SUBSCRIPTIONS_AT_ONCE)
      const granted = await Promise.all(batch.map((node) => open.subscribe(node)))
      const refused = batch.filter((node, index) => granted[index] === false && node.includes('/Team/'))
      if (refused.length > 0) log.warn({ nodes: refused }, 'Finesse refused team subscriptions')
    }
  }

  const poll = async (): Promise<void> => {
    if (session !== undefined || !isUsable(nodes.active().status)) return
    try {
      await ports.refresher.all(mustTellAll)
      mustTellAll = false
    } catch (error) {
      trouble = failureText(toCtiError(error))
      kick()
    }
    tell()
    if (session === undefined) background.schedule('poll', Math.max(options.pollMs, account.restMs()), poll)
  }

  const kick = (): void => background.schedule('watch', KICK_MS, watch)

  return {
    start() {
      started = true
      ports.sink()?.link({ status: 'connecting', side: nodes.active().name })
      background.schedule('watch', 0, watch)
    },
    async stop() {
      background.stop()
      const old = session
      session = undefined
      shown = { status: 'down', detail: 'stopped', since: clock.now() }
      await Promise.all([old?.close(), connecting])
    },
    health: () => shown,
    kick,
    follow(agentId) {
      if (roster.follow(agentId) && session !== undefined) void session.subscribe(userNode(agentId))
    },
  }
}

function userNode(agentId: string): string {
  return `/finesse/api/User/${agentId}`
}

function xmppSettings(options: FinesseOptions, node: ReturnType<NodePair['active']>, resource: string): XmppSettings {
  const domain = options.xmpp.domain ?? node.xmppDomain ?? new URL(node.api).hostname
  return {
    service: node.xmppService,
    domain,
    pubSubDomain: options.xmpp.pubSubDomain ?? node.pubSubDomain ?? `pubsub.${domain}`,
    username: options.supervisor.id,
    password: options.supervisor.password ?? options.supervisor.token ?? '',
    resource,
    allowPlaintext: options.xmpp.allowPlaintext,
    keepAliveMs: options.xmpp.keepAliveMs,
    connectMs: options.xmpp.connectMs,
    // An access token is no password that a challenge could be answered with.
    mechanism: options.supervisor.token !== undefined && options.xmpp.mechanism === 'auto' ? 'PLAIN' : options.xmpp.mechanism,
    ca: options.ca,
  }
}
