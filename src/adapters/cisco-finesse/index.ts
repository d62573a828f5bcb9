import { randomBytes } from 'node:crypto'
import { defineAdapter, type Adapter, type AdapterContext, type EventSink } from '../../core/adapter.js'
import { ciscoPreview, type CiscoForcedLogout } from '../_shared/cisco-preview.js'
import { createSupervisorAccount } from './account.js'
import { createBackground } from './background.js'
import { createLink } from './link.js'
import { createListener } from './listener.js'
import { PRODUCT_OF, viewOf } from './mapping.js'
import { manifestOf } from './manifest.js'
import { createNodePair } from './nodes.js'
import { commandOptions, options, type FinesseOptions } from './options.js'
import { plan } from './plan.js'
import { createReader } from './reader.js'
import { createRefresher } from './refresher.js'
import { createOpenRequests } from './requests.js'
import { createRoster } from './roster.js'
import { createSender } from './sender.js'

/** LOGIN is followed by NOT_READY; when nothing follows in this time, the agent is read, ms (section 6.1). */
const LOGIN_SETTLES_MS = 2_000

/** CCE records 999, CCX 22 (section 4.2). That a supervisor's logout waits for the end of a call is not said of Finesse itself. */
const FORCED_LOGOUT: Readonly<Record<FinesseOptions['deployment'], CiscoForcedLogout>> = {
  UCCE: { reason: '999', onCall: { certainty: 'unknown', source: concluded() }, byForce: false },
  UCCX: { reason: '22', onCall: { certainty: 'unknown', source: concluded() }, byForce: false },
}

function concluded(): string {
  return 'concluded: Finesse lets a supervisor log out from TALKING and HOLD, and applies NOT_READY after the call; CTI OS says the same of logout'
}

function create(context: AdapterContext & { readonly options: FinesseOptions }): Adapter {
  const { clock, log, options: settings } = context
  const now = (): number => clock.now()
  const mapping = { product: PRODUCT_OF[settings.deployment], reasonKeys: settings.reasonKeys }
  let sink: EventSink | undefined
  const hear = (): EventSink | undefined => sink
  const background = createBackground(clock, log, settings.requestMs)
  const nodes = createNodePair(settings, now)
  const account = createSupervisorAccount(settings, clock)
  const roster = createRoster(settings.maxAgents, mapping, now)
  const requests = createOpenRequests()
  const reader = createReader(settings, nodes.active, account, mapping, { clock, teamOf: (agentId) => roster.known(agentId)?.teamId })
  const refresher = createRefresher({ reader, roster, background, sink: hear })
  const onNotification = createListener({
    roster,
    requests,
    log,
    sink: hear,
    onSystemStatus: () => link.kick(),
    reread: (agentId) => background.run(`reread ${agentId}`, () => refresher.one(agentId)),
    signingIn(agentId, still) {
      if (still) background.schedule(`login ${agentId}`, LOGIN_SETTLES_MS, () => refresher.one(agentId))
      else background.cancel(`login ${agentId}`)
    },
  })
  const resource = `${settings.xmpp.resource}-${randomBytes(4).toString('hex')}`
  const link = createLink({
    context,
    background,
    nodes,
    account,
    reader,
    refresher,
    roster,
    onNotification,
    sink: hear,
    resource,
    random: Math.random,
  })
  const sender = createSender({ options: settings, node: nodes.active, account, requests, onTrouble: () => link.kick() })
  return {
    manifest: manifestOf(settings),
    plan: (action, agentId, view) => plan(action, agentId, view, settings),
    describe: sender.describe,
    send(step, options) {
      link.follow(options.agentId)
      return sender.send(step, options)
    },
    async read(agentId, { signal }) {
      const user = await reader.user(agentId, signal)
      link.follow(agentId)
      return viewOf(user, agentId, 'read', now(), mapping)
    },
    start(given) {
      sink = given
      link.start()
      return Promise.resolve()
    },
    async stop() {
      await link.stop()
      sink = undefined
      nodes.close()
    },
    health: link.health,
    async list({ signal }) {
      const teams = await Promise.all((await reader.teams(signal)).map((team) => reader.team(team, signal)))
      return [...new Map(teams.flat().map((user) => [user.loginId, viewOf(user, user.loginId, 'read', now(), mapping)])).values()]
    },
    reasons: ({ agentId, signal }) => reader.reasons(agentId, signal),
    preview: (_agentId, view) => Promise.resolve(ciscoPreview(view, FORCED_LOGOUT[settings.deployment])),
  }
}

/** Cisco Finesse: REST out, XMPP notifications in, for a pair of nodes. See docs/platforms/cisco-finesse.md. */
export const ciscoFinesse = defineAdapter({ kind: 'cisco-finesse', options, commandOptions, create })
