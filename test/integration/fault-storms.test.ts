import { expect, it } from 'vitest'
import { createExpertflow } from '../../src/adapters/expertflow/adapter.js'
import { expertflowCommandOptions, expertflowOptions } from '../../src/adapters/expertflow/options.js'
import { ADAPTERS } from '../../src/adapters/index.js'
import { systemClock } from '../../src/core/clock.js'
import type { AdapterDefinition } from '../../src/core/adapter.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { SIMULATORS } from '../../src/simulators/index.js'
import { platformNamed, withoutReasons, type Fault } from '../chaos/platforms.js'
import { agent, credentialsOf, SUPERVISOR } from '../support/expertflow.js'
import { faultStorm, type FaultStormResult } from '../support/fault-storm.js'
import { silentLogger } from '../support/storm.js'

const AGENTS = 30
const EACH = 6
const GAP_MS = 150

/** Each with the same probability. */
function some(faults: readonly Omit<Fault, 'probability'>[]): readonly Fault[] {
  return faults.map((fault) => ({ ...fault, probability: 0.04 }))
}
const at = (operation: string, ...kinds: readonly string[]): readonly Omit<Fault, 'probability'>[] =>
  kinds.map((kind) => ({ kind, operation }))

const SET = 'SET_AGENT_STATE_REQ'
const QUERY = 'QUERY_AGENT_STATE_REQ'
const PUT = 'PUT /User/{id}'
const GET = 'GET /User/{id}'
const POST = 'POST /agents/*'
const START = 'POST /agent-sessions*'
const STATES = 'GET /agents/{agentId}/states'
const CHANGE = 'changeAgentState'

/** Faults of the platforms that are configured as in the chaos runs, and the shorter times of this test. */
const STORMS = {
  'cisco-cti': {
    faults: [
      ...at(SET, 'accept-then-nothing', 'late-failure', 'control-failure', 'drop-before', 'drop-after', 'no-conf', 'no-event'),
      ...at(SET, 'event-before-conf', 'duplicate-event', 'duplicate-conf', 'reorder-events', 'wrong-invoke-id'),
      { kind: 'late-event', operation: SET, delayMs: 80 },
      { kind: 'late-conf', operation: SET, delayMs: 80 },
      { kind: 'late-effect', operation: SET, delayMs: 120 },
      { kind: 'late-conf', operation: QUERY, delayMs: 60 },
      ...at(QUERY, 'hang'),
    ],
    refusals: ['late-failure', 'control-failure'],
    options: { answerTimeoutMs: 700, confirmWithinMs: 1500 },
  },
  'cisco-finesse': {
    faults: [
      ...at(
        PUT,
        'accept-then-nothing',
        'async-error',
        'unauthorized',
        'unavailable',
        'html-body',
        'broken-xml',
        'drop-before',
        'drop-after',
      ),
      ...at(PUT, 'hang-after', 'no-event', 'event-before-answer', 'duplicate-event', 'reorder-events'),
      { kind: 'http-status-after', operation: PUT, status: 500 },
      { kind: 'late-event', operation: PUT, delayMs: 80 },
      { kind: 'late-effect', operation: PUT, delayMs: 120 },
      { kind: 'slow', operation: PUT, delayMs: 100 },
      ...at(GET, 'unavailable', 'drop-before'),
      ...at('xmpp publish', 'xmpp-cut'),
    ],
    refusals: ['async-error', 'unauthorized'],
    options: { confirmWithinMs: 1500 },
  },
  cxone: {
    faults: [
      ...[POST, START].flatMap((each) =>
        at(each, 'unavailable', 'drop-before', 'drop-after', 'truncate', 'error-after', 'html', 'expired-token'),
      ),
      ...[POST, START].flatMap((each) => at(each, 'accept-then-nothing', 'agent-error', 'hang-after')),
      { kind: 'delayed-effect', operation: POST, delayMs: 150 },
      { kind: 'slow', operation: POST, delayMs: 100 },
      ...at(STATES, 'unavailable', 'drop-before', 'error'),
    ],
    refusals: ['agent-error'],
    options: { confirmWithinMs: 2500 },
  },
} as const satisfies Readonly<
  Record<string, { faults: readonly Omit<Fault, 'probability'>[]; refusals: readonly string[]; options: object }>
>

function judge({ wrong, open, statuses }: FaultStormResult): void {
  expect({ wrong, open, statuses }).toMatchObject({ wrong: [], open: [] })
  expect(statuses['confirmed'] ?? 0).toBeGreaterThan(AGENTS)
  expect(Object.keys(statuses).filter((status) => !['confirmed', 'superseded', 'rejected', 'unconfirmed'].includes(status))).toEqual([])
}

const WHAT = `${AGENTS} agents × ${EACH} random commands, the vendor failing in all its ways: what was confirmed is true at the vendor`

it.each(Object.entries(STORMS))(
  `%s: ${WHAT}`,
  async (id, { faults, refusals, options }) => {
    const { simulator, configure, agentIds, body, stateOf } = withoutReasons(platformNamed(id))
    const definition = (await ADAPTERS[id]?.()) as AdapterDefinition
    const result = await faultStorm({
      id,
      simulator: (await SIMULATORS[id]?.()) as typeof expertflowSimulator,
      simulatorOptions: simulator(AGENTS),
      faults: some(faults),
      refusals: new Set<string>(refusals),
      agentIds: agentIds(AGENTS),
      adapter(endpoints) {
        const parsed = definition.options.parse({ ...configure(endpoints, AGENTS).options, ...options })
        const adapter = definition.create({ platform: id, log: silentLogger, clock: systemClock, options: parsed })
        return { adapter, commandOptions: definition.commandOptions }
      },
      body,
      stateOf,
      each: EACH,
      gapMs: GAP_MS,
    })
    judge(result)
  },
  90_000,
)

it(`expertflow: ${WHAT}`, async () => {
  const { agentIds, stateOf } = platformNamed('expertflow')
  const result = await faultStorm({
    id: 'expertflow',
    simulator: expertflowSimulator,
    simulatorOptions: { agents: String(AGENTS), disconnectMs: '60000' },
    faults: some([
      ...at(CHANGE, 'drop-before-effect', 'drop-after-effect', 'no-event', 'duplicate-event', 'errors-event', 'errors-after-effect'),
      { kind: 'late-old-event', operation: CHANGE, delayMs: 30 },
      { kind: 'delayed-event', operation: CHANGE, delayMs: 80 },
      ...at(CHANGE, 'disconnect-socket'),
      ...at('socket connect', 'disconnect-socket'),
      ...at('login', 'drop-before-effect'),
      { kind: 'http-status', operation: 'GET*', status: 503 },
      ...at('GET*', 'expired-token'),
    ]),
    refusals: new Set(),
    agentIds: agentIds(AGENTS),
    adapter(endpoints) {
      const options = expertflowOptions.parse({
        baseUrl: (endpoints['agent-manager'] as string).replace('/agent-manager', ''),
        supervisor: SUPERVISOR,
        soleDesk: true,
        accounts: Object.fromEntries(Array.from({ length: AGENTS }, (_none, index) => [agent(index + 1), credentialsOf(index + 1)])),
        pollMs: 300,
        commandMs: 1500,
        reconnect: { baseMs: 20, capMs: 200 },
      })
      const adapter = createExpertflow({ platform: 'expertflow', log: silentLogger, clock: systemClock, options }, Math.random)
      return { adapter, commandOptions: expertflowCommandOptions }
    },
    body: () => ({}),
    stateOf,
    each: EACH,
    gapMs: GAP_MS,
  })
  judge(result)
}, 90_000)
