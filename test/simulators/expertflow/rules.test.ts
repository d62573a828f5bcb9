import { describe, expect, it } from 'vitest'
import { globalSteps, mrdSteps, type AgentSituation, type MrdInAgent } from '../../../src/simulators/expertflow/global-rules.js'
import { hasMrdHandler } from '../../../src/simulators/expertflow/mrd-rules.js'
import { isRoutable, mrdStateAfterSystem } from '../../../src/simulators/expertflow/system-rules.js'
import { MRD_STATES, type GlobalState, type MrdState } from '../../../src/simulators/expertflow/vocabulary.js'

type Given = Partial<Pick<MrdInAgent, 'tasks' | 'max' | 'reserved' | 'managed'>>

function channel(state: MrdState, given: Given = {}, id = 'm1'): MrdInAgent {
  return { id, state, tasks: 0, max: 5, reserved: false, managed: true, ...given }
}

function agent(state: GlobalState, ...mrds: MrdInAgent[]): AgentSituation {
  return { state, mrds }
}

/** `state / MRD states / action` of the last event. */
function outcome(steps: ReturnType<typeof globalSteps>): string {
  const last = steps.at(-1)
  return last === undefined ? 'no event' : `${last.state} / ${last.mrds.join(',')} / ${last.action}`
}

const global = (request: GlobalState, situation: AgentSituation, internal = false) => outcome(globalSteps(request, situation, { internal }))
const mrd = (request: MrdState, situation: AgentSituation) => outcome(mrdSteps(request, 'm1', situation))

describe('the 18 assertions of the test oracle (expertflow.md §16)', () => {
  it('1: global READY from NOT_READY leaves the MRD NOT_READY', () => {
    expect(global('READY', agent('NOT_READY', channel('NOT_READY')))).toBe('READY / NOT_READY / AGENT_STATE_CHANGED')
  })
  it('2: global READY while READY is unchanged', () => {
    expect(global('READY', agent('READY', channel('READY')))).toBe('READY / READY / AGENT_STATE_UNCHANGED')
  })
  it('3: global READY while LOGOUT is unchanged', () => {
    expect(global('READY', agent('LOGOUT', channel('LOGOUT')))).toBe('LOGOUT / LOGOUT / AGENT_STATE_UNCHANGED')
  })
  it('4: global NOT_READY with an active task leaves the MRD pending', () => {
    expect(global('NOT_READY', agent('READY', channel('ACTIVE', { tasks: 1 })))).toBe('NOT_READY / PENDING_NOT_READY / AGENT_STATE_CHANGED')
  })
  it('5: global NOT_READY with an open offer is refused', () => {
    expect(global('NOT_READY', agent('READY', channel('READY', { reserved: true })))).toBe('READY / READY / AGENT_STATE_UNCHANGED')
  })
  it.each([...MRD_STATES])('6: NOT_READY with another reason is a change and leaves the MRD in %s', (state) => {
    const [step] = globalSteps('NOT_READY', agent('NOT_READY', channel(state, { tasks: 1 })))
    expect(step).toMatchObject({
      state: 'NOT_READY',
      mrds: [state],
      action: 'AGENT_STATE_CHANGED',
      agentStateChanged: true,
      mrdStateChanges: [],
    })
  })
  it('7: MRD READY while the agent is NOT_READY is unchanged', () => {
    expect(mrd('READY', agent('NOT_READY', channel('NOT_READY')))).toBe('NOT_READY / NOT_READY / AGENT_STATE_UNCHANGED')
  })
  it('8: MRD READY while the agent is READY', () => {
    expect(mrd('READY', agent('READY', channel('NOT_READY')))).toBe('READY / READY / AGENT_STATE_CHANGED')
  })
  it('9: MRD READY without capacity stays NOT_READY', () => {
    expect(mrd('READY', agent('READY', channel('NOT_READY', { max: 0 })))).toBe('READY / NOT_READY / AGENT_STATE_UNCHANGED')
  })
  it('10: MRD READY while pending with room becomes ACTIVE', () => {
    expect(mrd('READY', agent('READY', channel('PENDING_NOT_READY', { tasks: 1, max: 3 })))).toBe('READY / ACTIVE / AGENT_STATE_CHANGED')
  })
  it('11: MRD READY while pending and full becomes BUSY', () => {
    expect(mrd('READY', agent('READY', channel('PENDING_NOT_READY', { tasks: 3, max: 3 })))).toBe('READY / BUSY / AGENT_STATE_CHANGED')
  })
  it('12: MRD NOT_READY while BUSY is pending', () => {
    expect(mrd('NOT_READY', agent('READY', channel('BUSY', { tasks: 3, max: 3 })))).toBe('READY / PENDING_NOT_READY / AGENT_STATE_CHANGED')
  })
  it('13: MRD NOT_READY with an open offer there is unchanged', () => {
    expect(mrd('NOT_READY', agent('READY', channel('ACTIVE', { tasks: 1, reserved: true })))).toBe('READY / ACTIVE / AGENT_STATE_UNCHANGED')
  })
  it.each(['READY', 'NOT_READY'] as const)('14: MRD %s while INTERRUPTED is unchanged', (request) => {
    expect(mrd(request, agent('READY', channel('INTERRUPTED', { max: 3 })))).toBe('READY / INTERRUPTED / AGENT_STATE_UNCHANGED')
  })
  it.each([...MRD_STATES])('15: NOT_READY of an externally managed MRD works from %s', (state) => {
    expect(mrd('NOT_READY', agent('LOGOUT', channel(state, { managed: false, reserved: true })))).toMatch(/^LOGOUT \/ NOT_READY \//)
  })
  it.each(['INTERRUPTED', 'LOGOUT', 'UNKNOWN', 'LOGIN', 'PENDING_NOT_READY'] as const)('16: MRD %s gives no event', (request) => {
    expect(mrdSteps(request, 'm1', agent('READY', channel('READY')))).toEqual([])
    expect(hasMrdHandler(request)).toBe(false)
  })
  it.each(['LOGIN', 'NOT_READY', 'READY', 'LOGOUT'] as const)('17: global LOGOUT from %s logs out everything and is a change', (state) => {
    const situation = agent(state, channel('ACTIVE', { tasks: 1 }), channel('LOGOUT', {}, 'm2'))
    const [step, ...more] = globalSteps('LOGOUT', situation)
    expect(step).toMatchObject({ state: 'LOGOUT', mrds: ['LOGOUT', 'LOGOUT'], action: 'AGENT_STATE_CHANGED', agentStateChanged: true })
    expect(step?.mrdStateChanges).toEqual(['m1'])
    expect(more).toEqual([])
  })
  it('18: the last task of a pending MRD closes: NOT_READY', () => {
    expect(mrdStateAfterSystem('task-closed', { state: 'PENDING_NOT_READY', tasks: 0, max: 5 })).toBe('NOT_READY')
  })
})

describe('several MRDs (expertflow.md §8.4, rows 7 to 10)', () => {
  it('an open offer on one MRD refuses NOT_READY, but the others change', () => {
    const situation = agent(
      'READY',
      channel('READY', { reserved: true }, 'm1'),
      channel('READY', {}, 'm2'),
      channel('ACTIVE', { tasks: 1 }, 'm3'),
    )
    const [step] = globalSteps('NOT_READY', situation)
    expect(step).toEqual({
      state: 'READY',
      mrds: ['READY', 'NOT_READY', 'PENDING_NOT_READY'],
      action: 'AGENT_STATE_UNCHANGED',
      agentStateChanged: false,
      mrdStateChanges: ['m2', 'm3'],
    })
  })
  it('the NOT_READY after RONA skips external MRDs and fails on a working one', () => {
    const managed = channel('READY', {}, 'm1')
    expect(global('NOT_READY', agent('READY', managed, channel('BUSY', { managed: false }, 'm2')), true)).toBe(
      'READY / NOT_READY,BUSY / AGENT_STATE_UNCHANGED',
    )
    expect(global('NOT_READY', agent('READY', managed, channel('NOT_READY', { managed: false }, 'm2')), true)).toBe(
      'NOT_READY / NOT_READY,NOT_READY / AGENT_STATE_CHANGED',
    )
  })
  it('LOGIN is published twice, with all MRDs following', () => {
    const steps = globalSteps('LOGIN', agent('LOGOUT', channel('LOGOUT', {}, 'm1'), channel('LOGOUT', {}, 'm2')))
    expect(steps.map((step) => `${step.state} ${step.mrds.join(',')} ${step.action}`)).toEqual([
      'LOGIN LOGIN,LOGIN AGENT_STATE_CHANGED',
      'NOT_READY NOT_READY,NOT_READY AGENT_STATE_CHANGED',
    ])
  })
  it('a request for an MRD that the agent has not is answered with UNCHANGED', () => {
    expect(outcome(mrdSteps('READY', 'other', agent('READY', channel('NOT_READY'))))).toBe('READY / NOT_READY / AGENT_STATE_UNCHANGED')
  })
  it('only the MRD that was asked for changes', () => {
    const situation = agent('READY', channel('NOT_READY', {}, 'm1'), channel('NOT_READY', {}, 'm2'))
    expect(mrdSteps('READY', 'm2', situation)).toMatchObject([
      { mrds: ['NOT_READY', 'READY'], mrdStateChanges: ['m2'], agentStateChanged: false },
    ])
  })
})

describe('auto-sync (expertflow.md §12.1)', () => {
  const two = (first: MrdState, second: MrdState) =>
    agent('READY', { ...channel(first), autoSync: true }, { ...channel(second, {}, 'm2'), autoSync: false })

  it('global READY takes along the MRDs whose toggle is on', () => {
    const [step] = globalSteps('READY', { ...two('NOT_READY', 'NOT_READY'), state: 'NOT_READY' }, { autoSync: true })
    expect(step).toMatchObject({ state: 'READY', mrds: ['READY', 'NOT_READY'], mrdStateChanges: ['m1'] })
  })
  it('the last MRD that is set NOT_READY by hand takes the agent along', () => {
    expect(outcome(mrdSteps('NOT_READY', 'm1', two('READY', 'NOT_READY'), { autoSync: true }))).toBe(
      'NOT_READY / NOT_READY,NOT_READY / AGENT_STATE_CHANGED',
    )
    expect(outcome(mrdSteps('NOT_READY', 'm1', two('READY', 'READY'), { autoSync: true }))).toBe(
      'READY / NOT_READY,READY / AGENT_STATE_CHANGED',
    )
    expect(outcome(mrdSteps('NOT_READY', 'm1', two('READY', 'NOT_READY')))).toBe('READY / NOT_READY,NOT_READY / AGENT_STATE_CHANGED')
  })
})

describe('what the system does to an MRD (expertflow.md §8.6, §8.1 RESERVED, §12.2)', () => {
  const cases: [Parameters<typeof mrdStateAfterSystem>[0], MrdState, number, number, MrdState][] = [
    ['login', 'LOGIN', 0, 5, 'NOT_READY'],
    ['task-active', 'READY', 1, 5, 'ACTIVE'],
    ['task-active', 'ACTIVE', 2, 5, 'ACTIVE'],
    ['task-active', 'ACTIVE', 5, 5, 'BUSY'],
    ['task-active', 'READY', 1, 1, 'BUSY'],
    ['task-closed', 'PENDING_NOT_READY', 1, 5, 'PENDING_NOT_READY'],
    ['task-closed', 'BUSY', 0, 5, 'READY'],
    ['task-closed', 'BUSY', 4, 5, 'ACTIVE'],
    ['task-closed', 'BUSY', 5, 5, 'BUSY'],
    ['task-closed', 'ACTIVE', 0, 5, 'READY'],
    ['task-closed', 'ACTIVE', 1, 5, 'ACTIVE'],
    ['interrupt', 'READY', 0, 5, 'INTERRUPTED'],
    ['interrupt', 'BUSY', 5, 5, 'INTERRUPTED'],
    ['interrupt', 'NOT_READY', 0, 5, 'NOT_READY'],
    ['resume', 'INTERRUPTED', 0, 5, 'READY'],
    ['resume', 'INTERRUPTED', 1, 5, 'ACTIVE'],
    ['resume', 'INTERRUPTED', 5, 5, 'BUSY'],
    ['resume', 'NOT_READY', 0, 5, 'NOT_READY'],
    ['offer', 'READY', 0, 5, 'RESERVED'],
    ['offer', 'ACTIVE', 1, 5, 'RESERVED'],
    ['offer-gone', 'RESERVED', 0, 5, 'READY'],
    ['offer-gone', 'RESERVED', 1, 5, 'ACTIVE'],
    ['failover', 'READY', 0, 5, 'UNKNOWN'],
    ['logout', 'BUSY', 3, 5, 'LOGOUT'],
  ]
  it.each(cases)('%s: %s with %i of %i tasks → %s', (trigger, state, tasks, max, expected) => {
    expect(mrdStateAfterSystem(trigger, { state, tasks, max })).toBe(expected)
  })
})

describe('routability (expertflow.md §8.7)', () => {
  it('needs a ready agent, a READY or ACTIVE MRD, no offer and no non-interruptible medium', () => {
    const ready = { state: 'READY', reserved: false, onNonInterruptible: false }
    expect(MRD_STATES.filter((state) => isRoutable(ready, state))).toEqual(['READY', 'ACTIVE'])
    expect(isRoutable({ ...ready, state: 'NOT_READY' }, 'READY')).toBe(false)
    expect(isRoutable({ ...ready, reserved: true }, 'READY')).toBe(false)
    expect(isRoutable({ ...ready, onNonInterruptible: true }, 'READY')).toBe(false)
  })
})
