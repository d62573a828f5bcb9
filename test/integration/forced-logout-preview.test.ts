import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expertflowId as agentId } from '../../src/sandbox/platforms.js'
import { SECRETS } from '../support/api.js'
import { claimOf, factOf, forcedLogoutRig, type ForcedLogoutRig } from '../support/forced-logout.js'

let rig: ForcedLogoutRig
afterEach(() => rig.stop())

const REASON = 'FORCED_LOGOUT_BY_SUPERVISOR'

describe('the nine rows of the page "Force Logout Agent", through the API', () => {
  beforeEach(async () => {
    rig = await forcedLogoutRig()
  })

  it.each(['READY', 'NOT_READY'])('rows 1 and 2: %s without a conversation', async (state) => {
    if (state === 'READY') rig.cause('change-state', { agentId: 'agent1', state })
    const preview = await rig.preview(1)
    expect(preview.body).toMatchObject({ state, logoutWhileBusy: 'reroute' })
    expect(rig.foretold(preview)).toMatchObject([
      { situationCode: 'NO_CONVERSATION', outcome: 'NONE', reason: REASON, certainty: 'documented' },
    ])
    expect((await rig.force(1, preview.headers.get('etag') ?? '')).body).toMatchObject({ status: 'confirmed' })
    expect((await rig.state(1)).body).toMatchObject({ state: 'LOGGED_OUT', reason: { name: REASON } })
    expect(rig.happened(1)).toEqual([])
  })

  /** `A` is agent 1, `B` agent 2, `X` supervisor 2; who is forced out, and what the page says of the conversation. */
  it.each([
    [3, 'CHAT', 'normal', undefined, 1, { outcome: 'REQUEUED', priority: 11 }],
    [4, 'CONSULT_PRIMARY', 'consult', 'agent2', 1, { outcome: 'REQUEUED', priority: 11, removed: ['Agent 2 (secondary)'] }],
    [5, 'CONSULT_SECONDARY', 'consult', 'agent2', 2, { outcome: 'UNAFFECTED', told: ['Agent 1 (primary)'] }],
    [6, 'CONFERENCE', 'conference', 'agent2', 1, { outcome: 'UNAFFECTED', told: ['Agent 2 (primary)'] }],
    [6, 'CONFERENCE', 'conference', 'agent2', 2, { outcome: 'UNAFFECTED', told: ['Agent 1 (primary)'] }],
    [
      7,
      'SILENT_MONITORING',
      'silent-monitor',
      'supervisor2',
      1,
      { outcome: 'REQUEUED', priority: 11, removed: ['Supervisor 2 (silent monitoring)'] },
    ],
    [8, 'WHISPER', 'whisper', 'supervisor2', 1, { outcome: 'REQUEUED', priority: 11, removed: ['Supervisor 2 (whisper)'] }],
    [9, 'BARGE_IN', 'barge-in', 'supervisor2', 1, { outcome: 'HANDED_OVER', inheritedBy: ['Supervisor 2 (primary)'] }],
  ])('row %i, %s: what was foretold is what happens', async (row, situationCode, kind, other, out, expected) => {
    const { id } = rig.cause('start-conversation', {
      agentId: 'agent1',
      kind,
      queue: 'Billing',
      ...(other !== undefined && { with: other }),
    })
    const preview = await rig.preview(out)
    const [foretold, ...rest] = rig.foretold(preview)
    expect(rest).toEqual([])
    expect(foretold).toMatchObject({
      conversationId: id,
      situationCode,
      queue: 'Billing',
      reason: REASON,
      certainty: 'documented',
      source: `Force Logout Agent, row ${row}`,
      ...expected,
    })
    expect((await rig.force(out, preview.headers.get('etag') ?? '')).body).toMatchObject({ status: 'confirmed', force: true })
    const happened = rig.happened(out)
    expect(happened).toMatchObject([{ conversationId: id, reason: 'FORCED_LOGOUT' }])
    expect(foretold && claimOf(foretold)).toEqual(happened[0] && factOf(happened[0]))
    expect((await rig.state(out)).body).toMatchObject({ state: 'LOGGED_OUT', reason: { name: REASON } })
  })

  it('row 3: all chats, each with its own queue; a call ends', async () => {
    for (const queue of ['Billing', 'Sales']) rig.cause('start-conversation', { agentId: 'agent1', queue })
    rig.cause('start-conversation', { agentId: 'agent1', mrd: 'CX_VOICE' })
    const preview = await rig.preview(1)
    expect(rig.foretold(preview).map(({ outcome, queue, certainty }) => [outcome, queue, certainty])).toEqual([
      ['REQUEUED', 'Billing', 'documented'],
      ['REQUEUED', 'Sales', 'documented'],
      ['RELEASED', 'Support', 'observed'],
    ])
    await rig.force(1, preview.headers.get('etag') ?? '')
    expect(rig.happened(1).map(({ outcome }) => outcome)).toEqual(['requeued', 'requeued', 'ended'])
  })
})

describe('a preview', () => {
  it('reads and does nothing else, at the platform and in the gateway', async () => {
    rig = await forcedLogoutRig()
    rig.cause('start-conversation', { agentId: 'agent1', kind: 'consult', with: 'agent2' })
    await rig.preview(1)
    const before = JSON.stringify(rig.cause('list-conversations', {}))
    const since = rig.sim.journal.list().at(-1)?.seq ?? 0
    const first = await rig.preview(1)
    expect(rig.sim.journal.list({ since }).map(({ operation, effect }) => `${operation} ${effect}`)).toEqual([
      'GET /routing-engine/agents/{id}/states read',
      'GET /routing-engine/tasks read',
      'GET /conversation-manager/customer-topics/{id} read',
    ])
    expect(JSON.stringify(rig.cause('list-conversations', {}))).toBe(before)
    const commands = await rig.api.call('GET', `/v1/platforms/expertflow/agents/${agentId(1)}/commands`, { key: SECRETS.admin })
    expect(commands.body).toEqual({ commands: [] })
    const second = await rig.preview(1)
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
    expect(second.body['etag']).toBe(first.headers.get('etag'))
  })

  it('of an agent who is logged out says so', async () => {
    rig = await forcedLogoutRig()
    rig.cause('agent-logout', { agentId: 'agent1' })
    expect(rig.foretold(await rig.preview(1))).toMatchObject([{ situationCode: 'NOT_LOGGED_IN', outcome: 'NONE' }])
  })

  it('without the read of participants says what it does not know, and what may come', async () => {
    rig = await forcedLogoutRig({})
    rig.cause('start-conversation', { agentId: 'agent1', kind: 'barge-in', with: 'supervisor2' })
    expect(rig.foretold(await rig.preview(1))).toMatchObject([
      {
        situationCode: 'CHAT',
        outcome: 'UNKNOWN',
        certainty: 'unknown',
        possibleOutcomes: ['REQUEUED', 'HANDED_OVER', 'UNAFFECTED'],
        before: [],
      },
    ])
  })

  it('says the same when the conversation cannot be read', async () => {
    rig = await forcedLogoutRig()
    rig.cause('start-conversation', { agentId: 'agent1' })
    rig.sim.faults.add({ kind: 'http-status', operation: 'GET /conversation-manager/customer-topics/{id}', status: 500 })
    expect(rig.foretold(await rig.preview(1))).toMatchObject([{ outcome: 'UNKNOWN', certainty: 'unknown' }])
  })
})

describe.each([true, false])('the forced LOGOUT that quotes the preview (hot route: %s)', (hot) => {
  const asked = (agent: number): string[] =>
    rig.sim.journal.list({ agentId: agentId(agent) }).flatMap(({ asked: word }) => (word === undefined ? [] : [word]))

  beforeEach(async () => {
    rig = await forcedLogoutRig({ conversations: {} }, hot)
  })

  it.each<[string, () => void]>([
    ['another chat has come', () => void rig.cause('start-conversation', { agentId: 'agent1' })],
    ['a supervisor has joined', () => void rig.cause('supervisor-join', { agentId: 'agent1', with: 'supervisor2', mode: 'whisper' })],
    ['the customer has gone', () => void rig.cause('conversation-end', { agentId: 'agent1' })],
    ['the agent has become NOT_READY', () => void rig.cause('change-state', { agentId: 'agent1', state: 'NOT_READY' })],
  ])('is refused when %s: 412 with the new preview, nothing accepted, nothing sent', async (_what, change) => {
    rig.cause('change-state', { agentId: 'agent1', state: 'READY' })
    rig.cause('start-conversation', { agentId: 'agent1' })
    const seen = await rig.preview(1)
    change()
    const answer = await rig.force(1, seen.headers.get('etag') ?? '')
    const fresh = await rig.preview(1)
    expect(answer.body).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED', effect: 'none' })
    expect(answer.body['preview']).toEqual(fresh.body)
    expect(answer.headers.get('etag')).toBe(fresh.headers.get('etag'))
    expect(answer.headers.get('etag')).not.toBe(seen.headers.get('etag'))
    const commands = await rig.api.call('GET', `/v1/platforms/expertflow/agents/${agentId(1)}/commands`, { key: SECRETS.admin })
    expect(commands.body).toEqual({ commands: [] })
    expect(asked(1)).toEqual([])
    // With the new one it goes.
    expect((await rig.force(1, fresh.headers.get('etag') ?? '')).body).toMatchObject({ status: 'confirmed' })
    expect(asked(1)).toEqual(['LOGOUT'])
  })

  it('takes the state’s tag as before, and one of several', async () => {
    const state = await rig.state(1)
    expect((await rig.force(1, '"other"')).body).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' })
    expect((await rig.force(1, `"preview-old", ${(await rig.preview(1)).headers.get('etag')}`)).body).toMatchObject({ status: 'confirmed' })
    expect((await rig.force(2, (await rig.state(2)).headers.get('etag') ?? '')).body).toMatchObject({ status: 'confirmed' })
    expect(state.headers.get('etag')).toBeTruthy()
  })

  it('a preview’s tag is for a forced LOGOUT only, and no one without the scope gets a preview in a problem', async () => {
    const etag = (await rig.preview(1)).headers.get('etag') ?? ''
    const path = `/v1/platforms/expertflow/agents/${agentId(1)}/commands`
    const plain = await rig.api.call('POST', path, { body: { action: 'LOGOUT' }, headers: { 'if-match': etag } })
    expect(plain.status).toBe(412)
    expect(plain.body['preview']).toBeUndefined()
    const forced = await rig.api.call('POST', path, { body: { action: 'LOGOUT', force: true }, headers: { 'if-match': '"preview-old"' } })
    expect(forced.body).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect(asked(1)).toEqual([])
  })
})
