import type { Cause } from '../../core/model/agent-state.js'
import type { Refusal } from '../../core/model/event.js'
import type { Presence, PresenceEvent } from './presence.js'
import type { ChangeAgentState } from './plan.js'

/** What was asked last on one desk. The vendor has no request correlation (section 6), so this is all there is to match with. */
export interface Ask {
  readonly state: 'LOGIN' | 'READY' | 'NOT_READY' | 'LOGOUT'
  readonly mrdId?: string
  /** Monotonic ms. */
  readonly at: number
}

export function askOf(payload: ChangeAgentState, at: number): Ask {
  return payload.action === 'agentState' ? { state: payload.state.name, at } : { state: payload.state, mrdId: payload.mrdId, at }
}

/** MRD states that show the request done (section 8.5). */
const MRD_DONE: Readonly<Record<'READY' | 'NOT_READY', readonly string[]>> = {
  READY: ['READY', 'ACTIVE', 'BUSY'],
  NOT_READY: ['NOT_READY', 'PENDING_NOT_READY'],
}

/** Does this presence show what was asked for? */
export function answers(presence: Presence, ask: Ask): boolean {
  if (ask.mrdId !== undefined && (ask.state === 'READY' || ask.state === 'NOT_READY')) {
    const mrd = presence.mrds.find((each) => each.id === ask.mrdId)
    return mrd !== undefined && MRD_DONE[ask.state].includes(mrd.state)
  }
  return ask.state === 'LOGIN' ? presence.state === 'NOT_READY' || presence.state === 'READY' : presence.state === ask.state
}

/**
 * Why the vendor left everything as it was (AGENT_STATE_UNCHANGED; sections 8.4, 8.5 and 15.4). A READY agent who does not become
 * NOT_READY has a reserved task: there is no other row for it in section 8.4.
 */
export function refusalOf(event: PresenceEvent, ask: Ask, offered: boolean): Refusal {
  const { presence } = event
  const mrd = presence.mrds.find((each) => each.id === ask.mrdId)
  const fault = { system: 'agent-manager', code: 'AGENT_STATE_UNCHANGED', name: mrd?.state ?? presence.state ?? '' }
  const stayed = mrd === undefined ? `the agent stayed ${presence.state ?? 'as it was'}` : `the channel stayed ${mrd.state}`
  if (ask.mrdId !== undefined && ask.state === 'READY' && presence.state !== 'READY')
    return { code: 'PARENT_NOT_READY', detail: stayed, fault }
  const working = mrd === undefined ? presence.state === 'READY' : MRD_DONE.READY.includes(mrd.state) || mrd.state === 'RESERVED'
  if (ask.state === 'NOT_READY' && (working || offered)) {
    return { code: 'OFFER_PENDING', detail: `${stayed}: a contact is being offered`, fault }
  }
  return { code: 'INVALID_TRANSITION', detail: stayed, fault }
}

/**
 * Who brought the agent here, as far as a desk can tell (section 11.3). A reason that names the supervisor or inactivity says
 * more and is looked at first (`mapping.ts`).
 */
export function causeOf(
  before: { readonly presence: Presence | undefined; readonly cause: Cause | undefined },
  now: Presence,
  facts: { readonly ask: Ask | undefined; readonly offerRevoked: boolean; readonly linkWasLost: boolean },
): Cause | undefined {
  const same = before.presence?.state === now.state && before.presence?.changedAt === now.changedAt
  if (same) return before.cause
  if (
    facts.ask !== undefined &&
    facts.ask.mrdId === undefined &&
    (answers(now, facts.ask) || (facts.ask.state === 'LOGIN' && now.state === 'LOGIN'))
  ) {
    return 'gateway'
  }
  if (now.state === 'NOT_READY' && facts.offerRevoked) return 'system' // RONA, section 8.6
  if (now.state === 'LOGOUT' && facts.linkWasLost) return 'system' // Agent_Disconnect timer, section 11.3
  return undefined
}
