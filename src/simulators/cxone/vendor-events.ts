/** What happens at the vendor without the gateway: at the desk, at the supervisor's, in the data centre. */
import type { Agent } from './agent.js'
import { codeOut, endSession, enter, publish, remoteLogout, requestState } from './agent-rules.js'
import { REFUSAL_CAUSES, STATE, STATE_NAMES, type StateId, type UnavailableCode } from './codes.js'
import { accept, beginAcw, end, endAcw, offer, refuse } from './contacts.js'
import { PERMISSIONS, type Permission } from './options.js'
import { REFUSAL_EVENTS, startingBatches } from './refusal-events.js'
import { begin, desktopSeat, openSession } from './session-rules.js'
import type { Site } from './site.js'
import type { VendorEvent } from './vendor-event.js'

type Body = Readonly<Record<string, unknown>>

/** What there is at the start: the first agents sit at their own desktops, the report has its rows. */
export function furnish(site: Site): void {
  site.refusals.batches.push(...startingBatches(site))
  for (const agent of [...site.population.agents.values()].slice(0, site.options.loggedIn)) logIn(site, agent)
}

function logIn(site: Site, agent: Agent): void {
  if (agent.session !== undefined) throw new Error(`agent ${agent.id} is logged in`)
  begin(site, openSession(site, agent, desktopSeat(agent)))
}

function agentOf(site: Site, body: Body): Agent {
  const id = body['agentId']
  if (typeof id !== 'string' && typeof id !== 'number') throw new Error('field "agentId" is missing')
  const agent = site.agent(String(id))
  if (agent === undefined) throw new Error(`no agent ${id}`)
  return agent
}

/** An event about one agent; the answer shows what became of it. */
function agentEvent(text: string, run: (site: Site, agent: Agent, body: Body) => void): VendorEvent {
  return {
    text: `${text}; {agentId}`,
    run(site, body) {
      const agent = agentOf(site, body)
      run(site, agent, body)
      return { agentId: String(agent.id), state: STATE_NAMES[agent.state], outStateId: agent.out.outStateId ?? null }
    },
  }
}

/** A field that is a text, or else `fallback`. */
function words(body: Body, name: string, fallback: string): string {
  const value = body[name]
  if (value === undefined) return fallback
  if (typeof value !== 'string') throw new Error(`field "${name}" must be a text`)
  return value
}

function stateOf(body: Body): StateId {
  const at = STATE_NAMES.findIndex((name) => name.toLowerCase() === words(body, 'state', '').toLowerCase())
  if (at < 0) throw new Error(`field "state" must be one of: ${STATE_NAMES.join(', ')}`)
  return at as StateId
}

/** A code by `code`: its id or its name. */
function codeOf(site: Site, body: Body): UnavailableCode | undefined {
  const wanted = body['code']
  if (wanted === undefined) return undefined
  const code = [...site.population.codes.values()].find((known) => known.id === Number(wanted) || known.name === wanted)
  if (code === undefined) throw new Error(`no unavailable code ${JSON.stringify(wanted)}`)
  return code
}

function change(site: Site, agent: Agent, body: Body): void {
  if (agent.session === undefined) throw new Error(`agent ${agent.id} is logged out`)
  const state = stateOf(body)
  const code = codeOf(site, body)
  if (state !== STATE.available && state !== STATE.unavailable) {
    enter(site, agent, state, codeOut(code))
    return
  }
  const decision = requestState(site, agent, state, code)
  if ('why' in decision) throw new Error(decision.why)
  decision.make()
}

export const VENDOR_EVENTS: Readonly<Record<string, VendorEvent>> = {
  'contact-offered': agentEvent('A contact is offered; `inbound` (true)', (site, agent, body) => {
    offer(site, agent, body['inbound'] !== false)
  }),
  'contact-accepted': agentEvent(
    'The agent takes the offered contact, or one comes and is taken; `state` to choose the contact state',
    (site, agent, body) => {
      if (agent.contact === undefined) offer(site, agent, body['inbound'] !== false)
      accept(site, agent, body['state'] === undefined ? undefined : stateOf(body))
    },
  ),
  'contact-ended': agentEvent('The contact ends; `acw: true` for after-call work first', (site, agent, body) =>
    end(site, agent, body['acw'] === true),
  ),
  'contact-refused': agentEvent(
    `The offered contact (one is offered if there is none) is not taken; \`cause\` (NoAnswer) of the report: ${REFUSAL_CAUSES.join(', ')}`,
    (site, agent, body) => {
      const cause = words(body, 'cause', 'NoAnswer')
      if (!REFUSAL_CAUSES.some((known) => known === cause)) throw new Error(`field "cause" must be one of: ${REFUSAL_CAUSES.join(', ')}`)
      if (agent.contact === undefined) offer(site, agent, true)
      refuse(site, agent, cause)
    },
  ),
  'acw-begin': agentEvent('After-call work begins', beginAcw),
  'acw-end': agentEvent('After-call work ends', endAcw),
  'agent-state': agentEvent('The agent changes state at the desktop; `state`, `code` (id or name)', change),
  'supervisor-state': agentEvent('A supervisor changes the state; `state`, `code` (id or name)', change),
  'agent-login': agentEvent('The agent logs in at the desktop', logIn),
  'agent-logout': agentEvent('The agent logs out at the desktop', (site, agent) => endSession(site, agent)),
  'supervisor-logout': agentEvent('A supervisor logs the agent out', (site, agent) => void remoteLogout(site, agent)),
  inactivity: agentEvent('The platform ends the session for inactivity', (site, agent) => endSession(site, agent, 'SessionTimeout')),
  'personal-queue': agentEvent('So many items wait in the personal queue; `items`', (_site, agent, body) => {
    agent.personalQueue = Number(body['items'] ?? 1)
  }),
  'restrict-agent': agentEvent('Supervisors may not change this agent, 403; `restricted` (true)', (_site, agent, body) => {
    agent.restricted = body['restricted'] !== false
  }),
  'agent-error': agentEvent('An AgentError event; `resultCode` (InvalidState)', (site, agent, body) =>
    publish(site, agent, {
      Type: 'AgentError',
      Command: 'SetAgentState',
      ResultCode: words(body, 'resultCode', 'InvalidState'),
      ContactID: '',
      Target: '',
      ErrorLevel: 'Error',
    }),
  ),
  'codes-change': {
    text: 'An unavailable code appears or changes, and the desktops are told; {id, name, isAcw, isActive, timeoutMinutes, teamIds}',
    run(site, body) {
      const id = Number(body['id'])
      const known = site.population.codes.get(id)
      if (!Number.isInteger(id) || id <= 0) throw new Error('field "id" must be a positive whole number')
      site.population.codes.set(id, {
        id,
        name: words(body, 'name', known?.name ?? `Code ${id}`),
        isAcw: Boolean(body['isAcw'] ?? known?.isAcw),
        isActive: body['isActive'] !== false,
        timeoutMinutes: Number(body['timeoutMinutes'] ?? known?.timeoutMinutes ?? 120),
      })
      if (Array.isArray(body['teamIds']))
        for (const team of site.population.teams.values())
          team.codeIds = body['teamIds'].map(Number).includes(team.id)
            ? [...new Set([...team.codeIds, id])]
            : team.codeIds.filter((other) => other !== id)
      for (const agent of site.population.agents.values()) publish(site, agent, { Type: 'UpdateUnavailableCodes' })
    },
  },
  permissions: {
    text: `What the API user may do from now on; {permissions: [${PERMISSIONS.join(', ')}]}`,
    run(site, body) {
      const wanted = Array.isArray(body['permissions']) ? body['permissions'].map(String) : undefined
      if (wanted === undefined || wanted.some((name) => !PERMISSIONS.includes(name as Permission)))
        throw new Error(`field "permissions" must be a list of: ${PERMISSIONS.join(', ')}`)
      site.permissions.clear()
      for (const name of wanted) site.permissions.add(name as Permission)
    },
  },
  'token-revoke': { text: 'All access tokens are revoked; {}', run: (site) => ({ revoked: site.tokens.revoke() }) },
  down: {
    text: 'The vendor is down until `up`; {mode: "reset" (default, every connection is reset) or "unavailable" (503)}',
    run(site, body) {
      site.outage = body['mode'] === 'unavailable' ? 'unavailable' : 'reset'
      site.cutConnections()
    },
  },
  ...REFUSAL_EVENTS,
  up: {
    text: 'The vendor is back; {}',
    run(site) {
      site.outage = 'none'
    },
  },
}
