/** What happens at the vendor without the gateway: at the desk, on the phone, at the supervisor's, in the data centre. */
import type { Nodes } from './nodes.js'
import { FINESSE_STATES, type Pending, type User } from './population.js'
import { NODE_NAMES, type NodeName, type Site } from './site.js'
import { answerCall, changeState, endCall, endWrapUp, enter, isLoggedIn, offerCall, type Snapshot } from './user-rules.js'
import { textOf } from './xml.js'

type Body = Readonly<Record<string, unknown>>

interface VendorEvent {
  readonly text: string
  run(site: Site, nodes: Nodes, body: Body): unknown
}

function side(body: Body): NodeName {
  const found = NODE_NAMES.find((name) => name === body['side'])
  if (found === undefined) throw new Error('field "side" must be "primary" or "secondary"')
  return found
}

function userEvent(text: string, make: (user: User, body: Body, site: Site) => readonly Snapshot[]): VendorEvent {
  return {
    text: `${text}; {agentId}`,
    run(site, _nodes, body) {
      const user = site.user(body['agentId'])
      for (const snapshot of make(user, body, site)) site.publishUser(snapshot)
      return { agentId: user.id, state: user.state }
    },
  }
}

/** Marks the journal entry of a deferred change that has taken effect, and notifies with its requestId. */
function settle(site: Site, result: { states: readonly Snapshot[]; applied: Pending | undefined }): readonly Snapshot[] {
  const { states, applied } = result
  if (applied?.journalSeq !== undefined) site.journal.amend(applied.journalSeq, { effect: 'applied' })
  return states
}

function listeners(site: Site, body: Body) {
  const { side: name, agentId } = body
  return [...site.listeners].filter(
    (listener) => (name === undefined || listener.node === side(body)) && (agentId === undefined || listener.userId === textOf(agentId)),
  )
}

const logoutWith = (user: User, system?: number): readonly Snapshot[] =>
  isLoggedIn(user) ? [enter(user, 'LOGOUT', system === undefined ? {} : { system })] : []

export const VENDOR_EVENTS: Readonly<Record<string, VendorEvent>> = {
  'call-offer': userEvent('A call is offered to a READY agent: RESERVED', (user) => offerCall(user)),
  'call-answer': userEvent('The agent answers, or places a call: TALKING', (user) => answerCall(user)),
  'call-start': userEvent('Offer and answer in one', (user) => [...(user.state === 'READY' ? offerCall(user) : []), ...answerCall(user)]),
  'call-hold': userEvent('The agent puts the call on hold', (user) => {
    if (user.state !== 'TALKING') throw new Error(`user ${user.id} is not TALKING`)
    return [enter(user, 'HOLD')]
  }),
  'call-end': userEvent('The call ends; what was deferred takes effect; `wrapUp: true` for wrap-up first', (user, body, site) =>
    settle(site, endCall(user, body['wrapUp'] === true, site.options)),
  ),
  'wrap-up-end': userEvent('Wrap-up ends by the timer', (user, _body, site) => settle(site, endWrapUp(user, site.options))),
  rona: userEvent('An offered call is not answered: NOT_READY (32767)', (user) => {
    if (user.state !== 'RESERVED') throw new Error(`user ${user.id} is not RESERVED`)
    user.afterCall = undefined
    return [enter(user, 'NOT_READY', { system: 32767 })]
  }),
  'agent-login': userEvent('The agent signs in at the desk; `extension` if not the usual one', (user, body) => {
    if (isLoggedIn(user)) throw new Error(`user ${user.id} is signed in`)
    user.extension = typeof body['extension'] === 'string' ? body['extension'] : user.home
    return [enter(user, 'LOGIN'), enter(user, 'NOT_READY')]
  }),
  'agent-logout': userEvent('The agent signs out at the desk; `reasonCodeId`', (user, body) =>
    isLoggedIn(user) ? [enter(user, 'LOGOUT', { id: body['reasonCodeId'] === undefined ? undefined : Number(body['reasonCodeId']) })] : [],
  ),
  'agent-state': userEvent('The agent changes state at the desk; `state`, `reasonCodeId`', (user, body) => {
    const state = FINESSE_STATES.find((known) => known === body['state'])
    if (state === undefined) throw new Error(`field "state" must be one of: ${FINESSE_STATES.join(', ')}`)
    return [enter(user, state, { id: body['reasonCodeId'] === undefined ? undefined : Number(body['reasonCodeId']) })]
  }),
  'supervisor-logout': userEvent('A supervisor logs the agent out, after the call if there is one', (user, _body, site) => {
    const request = { state: 'LOGOUT', extension: undefined, reasonCodeId: undefined, bySupervisor: true, requestId: undefined } as const
    const outcome = changeState(user, request, site)
    if (outcome.kind === 'refused') throw new Error(`user ${user.id} is signed out`)
    return outcome.states
  }),
  inactivity: userEvent('Inactivity time-out: LOGOUT (50004)', (user) => logoutWith(user, 50004)),
  'device-out': userEvent('The phone goes out of service: LOGOUT (50003)', (user) => logoutWith(user, 50003)),
  'connection-lost': userEvent('The desktop is lost: LOGOUT (255)', (user) => logoutWith(user, 255)),
  'repeat-state': userEvent('The present state is notified once more', (user) => [{ ...user }]),
  'expire-tokens': {
    text: 'Access tokens end; the new one of a user is `token-<id>-<n>`; {}',
    run: (site) => site.population.users.forEach((user) => (user.tokenGeneration += 1)),
  },
  lock: {
    text: 'The user is locked out; {agentId, ms (lockMs)}',
    run: (site, _nodes, body) => void (site.user(body['agentId']).lockedUntil = Date.now() + Number(body['ms'] ?? site.options.lockMs)),
  },
  'side-down': { text: 'A node dies: ports closed, connections cut; {side}', run: (_site, nodes, body) => nodes.down(side(body)) },
  'side-up': { text: 'A node comes back in service; {side}', run: (_site, nodes, body) => void nodes.up(side(body)) },
  'side-standby': {
    text: 'A node is up but OUT_OF_SERVICE: 503; {side}',
    run: (_site, nodes, body) => nodes.setStatus(side(body), 'OUT_OF_SERVICE'),
  },
  'side-in-service': { text: 'A node is IN_SERVICE again; {side}', run: (_site, nodes, body) => nodes.setStatus(side(body), 'IN_SERVICE') },
  failover: {
    text: 'The primary goes OUT_OF_SERVICE, the secondary is in service; {}',
    run(_site, nodes) {
      nodes.setStatus('secondary', 'IN_SERVICE')
      nodes.setStatus('primary', 'OUT_OF_SERVICE')
    },
  },
  maintenance: {
    text: 'A node goes OUT_OF_SERVICE, or comes back with `on: false`; {side}',
    run: (_site, nodes, body) => nodes.setStatus(side(body), body['on'] === false ? 'IN_SERVICE' : 'OUT_OF_SERVICE'),
  },
  'cti-lost': {
    text: 'Both nodes lose their CTI Server: OUT_OF_SERVICE; {}',
    run: (_site, nodes) => NODE_NAMES.forEach((name) => nodes.setStatus(name, 'OUT_OF_SERVICE')),
  },
  'cti-back': { text: 'Both nodes are back; {}', run: (_site, nodes) => NODE_NAMES.forEach((name) => nodes.setStatus(name, 'IN_SERVICE')) },
  'xmpp-drop': {
    text: 'XMPP connections are cut; {side, agentId}',
    run: (site, _nodes, body) => listeners(site, body).forEach((one) => one.cut()),
  },
  'xmpp-silence': {
    text: 'XMPP connections stay and say nothing more; {side, agentId}',
    run: (site, _nodes, body) => listeners(site, body).forEach((one) => one.silence()),
  },
  'xmpp-garbage': {
    text: 'A notification whose payload is no XML; {side, agentId, text}',
    run: (site, _nodes, body) =>
      listeners(site, body).forEach(
        (one) => one.available && one.deliver(`/finesse/api/User/${one.userId}`, textOf(body['text'] ?? '<Update><data>')),
      ),
  },
}
