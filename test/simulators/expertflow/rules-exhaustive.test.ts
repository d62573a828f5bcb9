import { describe, expect, it } from 'vitest'
import { globalSteps, mrdSteps } from '../../../src/simulators/expertflow/global-rules.js'
import { hasMrdHandler } from '../../../src/simulators/expertflow/mrd-rules.js'
import { GLOBAL_STATES, MRD_STATES, type GlobalState } from '../../../src/simulators/expertflow/vocabulary.js'

type State = (typeof MRD_STATES)[number]

/**
 * The full product of expertflow.md §16: 3456 + 576 + 72 observations. The rules are written here a second time in another form,
 * as charts with one letter per state, so that a slip in the tables under test cannot repeat itself here.
 *
 * Column order of every chart: O=LOGOUT I=LOGIN N=NOT_READY P=PENDING_NOT_READY R=READY X=INTERRUPTED A=ACTIVE B=BUSY U=UNKNOWN.
 */
const LETTERS = 'OINPRXABU'
const SAME = LETTERS

/** §8.5 READY with the agent READY: chart by load, for a capacity of 3, and the chart for no capacity. */
const READY_CHARTS: Readonly<Record<number, string>> = { 0: 'OIRRRXRRU', 1: 'OINARXABU', 3: 'OINBRXABU' }
const READY_WITHOUT_CAPACITY = 'NNNBNNNNN'

/** §8.5 NOT_READY of a managed MRD without an offer, by "has tasks". */
const NOT_READY_CHARTS = { idle: 'OINNNXPPU', working: 'OINPNXPPU' }
const ALL_NOT_READY = 'NNNNNNNNN'

const ACTIVE_CHART = 'OINPAXAAU'
const BUSY_CHART = 'OIBBBXBBU'

interface Cell {
  readonly request: 'READY' | 'NOT_READY' | 'ACTIVE' | 'BUSY'
  readonly global: GlobalState
  readonly state: State
  readonly max: number
  readonly tasks: number
  readonly reserved: boolean
  readonly managed: boolean
}

function chartOf(cell: Cell): string {
  if (cell.request === 'ACTIVE') return ACTIVE_CHART
  if (cell.request === 'BUSY') return BUSY_CHART
  if (cell.request === 'READY') {
    if (cell.global !== 'READY') return SAME
    return cell.max === 0 ? READY_WITHOUT_CAPACITY : (READY_CHARTS[cell.tasks] ?? SAME)
  }
  if (!cell.managed) return ALL_NOT_READY
  if (cell.reserved) return SAME
  return cell.tasks === 0 ? NOT_READY_CHARTS.idle : NOT_READY_CHARTS.working
}

const lookUp = (chart: string, state: State): State | undefined => MRD_STATES[LETTERS.indexOf(chart[MRD_STATES.indexOf(state)] ?? '')]

function* product(): Generator<Cell> {
  for (const request of ['READY', 'NOT_READY', 'ACTIVE', 'BUSY'] as const)
    for (const global of GLOBAL_STATES)
      for (const state of MRD_STATES)
        for (const max of [0, 3])
          for (const tasks of [0, 1, 3])
            for (const reserved of [false, true])
              for (const managed of [true, false]) yield { request, global, state, max, tasks, reserved, managed }
}

describe('the whole product of the engine’s rules (expertflow.md §16)', () => {
  it('the charts use the letters of the states in their order', () => {
    expect(MRD_STATES).toEqual(['LOGOUT', 'LOGIN', 'NOT_READY', 'PENDING_NOT_READY', 'READY', 'INTERRUPTED', 'ACTIVE', 'BUSY', 'UNKNOWN'])
  })

  it('3456 MRD requests', () => {
    const wrong: unknown[] = []
    let seen = 0
    for (const cell of product()) {
      const { request, global, ...mrd } = cell
      const [step, ...more] = mrdSteps(request, 'm', { state: global, mrds: [{ id: 'm', ...mrd }] })
      const expected = lookUp(chartOf(cell), cell.state)
      const changed = expected !== cell.state
      const good =
        more.length === 0 &&
        step?.state === global &&
        step.mrds[0] === expected &&
        step.action === (changed ? 'AGENT_STATE_CHANGED' : 'AGENT_STATE_UNCHANGED') &&
        !step.agentStateChanged &&
        step.mrdStateChanges.length === (changed ? 1 : 0)
      if (!good) wrong.push({ ...cell, expected, step })
      seen += 1
    }
    expect(wrong).toEqual([])
    expect(seen).toBe(3456)
  })

  it('576 global NOT_READY requests', () => {
    const wrong: unknown[] = []
    let seen = 0
    for (const internal of [false, true])
      for (const managed of [true, false])
        for (const global of GLOBAL_STATES)
          for (const state of MRD_STATES)
            for (const tasks of [0, 1])
              for (const reserved of [false, true]) {
                const mrds = [{ id: 'm', state, tasks, max: 3, reserved, managed }]
                const [step] = globalSteps('NOT_READY', { state: global, mrds }, { internal })
                const expected = notReady({ internal, managed, global, state, tasks, reserved })
                const good = `${step?.state} ${step?.mrds[0]} ${step?.action}` === expected
                if (!good) wrong.push({ internal, managed, global, state, tasks, reserved, expected, step })
                seen += 1
              }
    expect(wrong).toEqual([])
    expect(seen).toBe(576)
  })

  it('72 global READY and LOGIN requests', () => {
    /** Per request: outcome by present global state, `*` is "the MRD as it was". */
    const rows: Record<string, Record<GlobalState, string>> = {
      READY: { LOGIN: 'LOGIN * UNCHANGED', NOT_READY: 'READY * CHANGED', READY: 'READY * UNCHANGED', LOGOUT: 'LOGOUT * UNCHANGED' },
      LOGIN: {
        LOGIN: 'LOGIN * UNCHANGED',
        NOT_READY: 'NOT_READY * UNCHANGED',
        READY: 'READY * UNCHANGED',
        LOGOUT: 'NOT_READY NOT_READY CHANGED',
      },
    }
    let seen = 0
    for (const request of ['READY', 'LOGIN'] as const)
      for (const global of GLOBAL_STATES)
        for (const state of MRD_STATES) {
          const steps = globalSteps(request, {
            state: global,
            mrds: [{ id: 'm', state, tasks: 0, max: 3, reserved: false, managed: true }],
          })
          const last = steps.at(-1)
          expect(`${last?.state} ${last?.mrds[0]} ${last?.action}`).toBe(
            rows[request]?.[global].replace('*', state).replace(/(\w+)$/, 'AGENT_STATE_$1'),
          )
          expect(steps).toHaveLength(request === 'LOGIN' && global === 'LOGOUT' ? 2 : 1)
          seen += 1
        }
    expect(seen).toBe(72)
  })

  it('4 of the 9 MRD states have a handler', () => {
    expect(MRD_STATES.filter((state) => hasMrdHandler(state))).toEqual(['NOT_READY', 'READY', 'ACTIVE', 'BUSY'])
  })
})

/** §8.4, NOT_READY rows, as a decision list for one MRD. */
function notReady(cell: {
  internal: boolean
  managed: boolean
  global: GlobalState
  state: State
  tasks: number
  reserved: boolean
}): string {
  const { internal, managed, global, state, tasks, reserved } = cell
  if (global === 'NOT_READY') return `NOT_READY ${state} AGENT_STATE_CHANGED`
  if (global !== 'READY' || reserved) return `${global} ${state} AGENT_STATE_UNCHANGED`
  const settled = ['NOT_READY', 'PENDING_NOT_READY'].includes(state)
  if (internal && !managed) return settled ? `NOT_READY ${state} AGENT_STATE_CHANGED` : `READY ${state} AGENT_STATE_UNCHANGED`
  const after = state === 'PENDING_NOT_READY' || tasks > 0 ? 'PENDING_NOT_READY' : 'NOT_READY'
  return `NOT_READY ${after} AGENT_STATE_CHANGED`
}
