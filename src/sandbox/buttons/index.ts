import type { SandboxButtons } from '../../http/sandbox-buttons.js'
import { CtiError } from '../../core/model/error.js'
import { CISCO_CTI_BUTTONS } from './cisco-cti.js'
import { CISCO_FINESSE_BUTTONS } from './cisco-finesse.js'
import { CXONE_BUTTONS } from './cxone.js'
import { EXPERTFLOW_BUTTONS } from './expertflow.js'
import type { ButtonRow, ControlRequest, SimulatedAgent, Situation } from './table.js'

export const BUTTONS: Readonly<Record<string, readonly ButtonRow[]>> = {
  expertflow: EXPERTFLOW_BUTTONS,
  cxone: CXONE_BUTTONS,
  'cisco-cti': CISCO_CTI_BUTTONS,
  'cisco-finesse': CISCO_FINESSE_BUTTONS,
}

/** Where a simulator of the sandbox is steered. */
export interface SteeredSimulator {
  readonly platform: string
  /** Base URL of its control API. */
  readonly control: string
}

/** For all requests of one press together, ms. */
const PRESS_MS = 5_000

/** The buttons of these simulators, pressed over their control APIs. */
export function createSandboxButtons(simulators: readonly SteeredSimulator[]): SandboxButtons {
  const known = simulators.filter(({ platform }) => Object.hasOwn(BUTTONS, platform))
  return {
    list: () =>
      known.map(({ platform }) => ({
        platform,
        buttons: (BUTTONS[platform] ?? []).map(({ id, label, description, group, to }) => ({
          id,
          label,
          description,
          group,
          agent: to === undefined ? 'none' : 'one',
        })),
      })),
    async press(platform, button, agentId) {
      const simulator = known.find((one) => one.platform === platform)
      const row = BUTTONS[platform]?.find(({ id }) => id === button)
      if (simulator === undefined || row === undefined)
        throw new CtiError('NOT_FOUND', { detail: `the sandbox has no button "${button}" for "${platform}"` })
      const ask = steer(simulator)
      if (row.to === undefined) {
        await inTurn(ask, row.does, {})
        return { watch: row.watch }
      }
      const agents = (await ask('GET', '/agents')) as readonly SimulatedAgent[]
      const { agent, situation } = agentFor(agents, row.to, agentId)
      const id = idOf(agent)
      const other =
        row.with === undefined
          ? {}
          : {
              with: idOf(
                agentFor(
                  agents.filter((one) => one !== agent),
                  [row.with],
                ).agent,
              ),
            }
      await inTurn(ask, situation.first ?? [], { agentId: id })
      await inTurn(ask, row.does, { agentId: id, ...other })
      return { agentId: id, watch: row.watch }
    },
  }
}

function idOf({ agentId, id }: SimulatedAgent): string {
  return String(agentId ?? id)
}

/** The named agent, or the first in the best situation. Fails: AGENT_NOT_FOUND, INVALID_TRANSITION. */
function agentFor(
  agents: readonly SimulatedAgent[],
  situations: readonly Situation[],
  wanted?: string,
): { readonly agent: SimulatedAgent; readonly situation: Situation } {
  const asked = wanted === undefined ? agents : agents.filter((agent) => idOf(agent) === wanted)
  if (asked.length === 0) throw new CtiError('AGENT_NOT_FOUND', { detail: `the simulator has no agent "${wanted}"` })
  for (const situation of situations) {
    const agent = asked.find(situation.is)
    if (agent !== undefined) return { agent, situation }
  }
  const states = [...new Set(situations.map(({ state }) => state))].join(' or ')
  const detail = wanted === undefined ? `no agent is ${states} now` : `agent ${wanted} is ${String(asked[0]?.['state'])}, not ${states}`
  throw new CtiError('INVALID_TRANSITION', { detail })
}

type Ask = (method: string, path: string, body?: object) => Promise<unknown>

/** Fails: INVALID_TRANSITION with the simulator's own words, VENDOR_UNAVAILABLE. */
function steer({ platform, control }: SteeredSimulator): Ask {
  const signal = AbortSignal.timeout(PRESS_MS)
  return async (method, path, body) => {
    const headers = { 'Content-Type': 'application/json' }
    const request = { method, signal, ...(body !== undefined && { headers, body: JSON.stringify(body) }) }
    const answer = await fetch(`${control}${path}`, request).catch((cause: unknown) => {
      throw new CtiError('VENDOR_UNAVAILABLE', { detail: `the simulator of ${platform} does not answer`, cause })
    })
    const text = await answer.text()
    if (answer.ok) return text === '' ? undefined : (JSON.parse(text) as unknown)
    throw new CtiError('INVALID_TRANSITION', { detail: complaintOf(text) })
  }
}

function complaintOf(text: string): string {
  try {
    return String((JSON.parse(text) as { error?: unknown }).error)
  } catch {
    return 'the simulator refuses it'
  }
}

async function inTurn(ask: Ask, requests: readonly ControlRequest[], about: Readonly<Record<string, string>>): Promise<void> {
  for (const request of requests) {
    if (request === 'no faults') await ask('DELETE', '/faults')
    else if ('event' in request) await ask('POST', '/events', { type: request.event, ...request.body, ...about })
    else {
      const { fault, ...more } = request
      await ask('POST', '/faults', { kind: fault, ...more })
    }
  }
}
