import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { agent, CHAT, CISCO, journalOf, presence, rest, type LoginBody, sleep, start, states, until, VOICE, type Started } from './desk.js'

let sim: Started
beforeAll(async () => void (sim = await start()))
afterAll(() => sim.stop())
beforeEach(() => {
  sim.simulator.reset()
  sim.journal.clear()
  sim.faults.remove()
})

type Reason = Readonly<Record<string, unknown>>

const HANG = { timeoutMs: 200 }

describe('reasons of Unified Admin (expertflow.md §9)', () => {
  it('has the documented payload, field by field', async () => {
    const { status, body } = await rest(sim, '/unified-admin/reasons')
    expect(status).toBe(200)
    expect(body).toEqual([
      {
        name: 'Out Of Office',
        description: 'A default log out reason code',
        type: 'LOGOUT',
        isDeleted: false,
        createdAt: '2025-10-09T05:25:49.866Z',
        updatedAt: '2025-10-09T05:25:49.866Z',
        code: 1,
        id: '62ffc95cf12b6ccf1594d781',
      },
      {
        name: 'Short Break',
        description: 'A default not ready reason code',
        type: 'NOT_READY',
        isDeleted: false,
        createdAt: '2025-10-09T05:25:49.964Z',
        updatedAt: '2025-10-09T05:25:49.964Z',
        code: 2,
        id: '62ffc9e9f12b6ccf1594d88b',
      },
    ])
  })

  it('filters by "less or equal": NOT_READY gives both, LOGOUT only its own', async () => {
    const names = async (type: string) =>
      (await rest<Reason[]>(sim, `/unified-admin/reasons?type=${type}`)).body.map((reason) => reason.name)
    expect(await names('not_ready')).toEqual(['Out Of Office', 'Short Break'])
    expect(await names('LOGOUT')).toEqual(['Out Of Office'])
  })

  it('filters exactly when the defect is switched off, and answers 404 instead of hanging', async () => {
    const repaired = await start({ typeFilter: 'exact', unknownReason: 'not-found' })
    const { body } = await rest(repaired, '/unified-admin/reasons?type=NOT_READY')
    expect(body).toHaveLength(1)
    expect((await rest(repaired, '/unified-admin/reasons/ffffffffffffffffffffffff')).status).toBe(404)
    await repaired.stop()
  })

  it('creates, changes, refuses and softly deletes', async () => {
    const created = await rest<Reason>(sim, '/unified-admin/reasons', {
      method: 'POST',
      body: { name: 'Lunch', type: 'NOT_READY', description: null },
    })
    expect(created).toMatchObject({ status: 200, body: { name: 'Lunch', type: 'NOT_READY', code: 3, isDeleted: false } })
    const path = `/unified-admin/reasons/${String(created.body.id)}`
    expect((await rest(sim, path)).body).toEqual(created.body)
    const again = await rest(sim, '/unified-admin/reasons', { method: 'POST', body: { name: 'Lunch', type: 'NOT_READY' } })
    expect(again).toMatchObject({ status: 409, body: { error: 'REASON_NAME_CONFLICT', message: 'Name Already Exists' } })
    const renamed = await rest(sim, path, {
      method: 'PUT',
      body: { ...created.body, createdAt: undefined, updatedAt: undefined, isDeleted: undefined, name: 'Lunch break' },
    })
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Lunch break', code: 3 } })
    expect(await rest(sim, path, { method: 'DELETE' })).toMatchObject({
      status: 200,
      body: { code: 'Deleted', message: 'Deleted Successfully' },
    })
    const left = (await rest<Reason[]>(sim, '/unified-admin/reasons')).body
    expect(left).toHaveLength(3)
    expect(left[2]).toMatchObject({ name: 'Lunch break', isDeleted: true })
  })

  it.each([
    [{ type: 'NOT_READY' }, 'no name'],
    [{ name: 'x'.repeat(31), type: 'NOT_READY' }, 'long name'],
    [{ name: 'x', type: 'BREAK' }, 'unknown type'],
    [{ name: 'x', type: 'LOGOUT', description: 'y'.repeat(501) }, 'long description'],
  ])('refuses %o with 400 (%s)', async (body: object, _case: string) => {
    expect(await rest(sim, '/unified-admin/reasons', { method: 'POST', body })).toMatchObject({ status: 400, body: { code: 400 } })
  })

  it('does not delete a default', async () => {
    const answer = await rest(sim, '/unified-admin/reasons/62ffc95cf12b6ccf1594d781', { method: 'DELETE' })
    expect(answer).toMatchObject({ status: 405, body: { error: 'NOT_ALLOWED' } })
  })

  it.each(['GET', 'PUT', 'DELETE'])('never answers %s of an id that does not exist', async (method) => {
    const body = method === 'PUT' ? { name: 'x', type: 'LOGOUT' } : undefined
    await expect(rest(sim, '/unified-admin/reasons/nonsense', { method, ...HANG, ...(body && { body }) })).rejects.toThrow(/timeout/i)
  })

  it('answers unknown routes with 404 and echoes correlationId', async () => {
    const answer = await rest(sim, '/unified-admin/nothing')
    expect(answer).toMatchObject({ status: 404, body: { code: 404 } })
    expect((await rest(sim, '/unified-admin/reasons', { headers: { correlationId: 'abc' } })).headers.get('correlationId')).toBe('abc')
    expect((await rest(sim, '/unified-admin/reasons')).headers.get('correlationId')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('has health, metrics, desk settings and users', async () => {
    expect((await rest(sim, '/unified-admin/health')).body).toEqual({ status: 'UP' })
    expect((await rest(sim, '/unified-admin/metrics')).status).toBe(200)
    await rest(sim, '/unified-admin/agent-desk-settings', { method: 'PUT', body: { wrapUpTime: 60 } })
    expect((await rest(sim, '/unified-admin/agent-desk-settings')).body).toMatchObject({ wrapUpTime: 60 })
    expect((await rest(sim, '/unified-admin/users?roles=supervisor')).body).toMatchObject([{ username: 'supervisor1' }])
  })
})

describe('login (expertflow.md §3)', () => {
  const login = (body: unknown, path = '/agent-manager/agent/login') => rest<LoginBody>(sim, path, { method: 'POST', body })

  it.each(['/agent-manager/agent/login', '/unified-admin/keycloakLogin'])('%s gives token and keycloak_User', async (path) => {
    const { status, body } = await login({ username: 'agent1', password: 'secret-agent1' }, path)
    expect(status).toBe(200)
    expect(body).toMatchObject({ statusCode: 200, data: { keycloak_User: { id: agent(1), username: 'agent1', roles: ['agent'] } } })
    expect(body.data.token.split('.')).toHaveLength(3)
    expect(body.data.refresh_token).not.toBe(body.data.token)
  })

  it('gives a supervisor the scope and the team', async () => {
    const { body } = await login({ username: 'supervisor1', password: 'secret-supervisor1' })
    expect(body.data.keycloak_User).toMatchObject({
      roles: ['agent', 'supervisor'],
      permittedResources: { Resources: [{ rsname: 'state-change', scopes: ['manage_state_change'] }] },
      supervisedTeams: [{ teamName: 'Team 1' }],
    })
  })

  it.each([
    [{ username: 'nobody', password: 'x' }, 404],
    [{ username: 'agent1', password: 'wrong' }, 401],
    [{ username: 'unassigned1', password: 'secret-unassigned1' }, 403],
  ])('refuses %o with %i in the shape of Keycloak', async (body, status) => {
    const answer = await login(body)
    expect(answer).toMatchObject({
      status,
      body: { error_message: expect.any(String), error_detail: { status, reason: expect.any(String) } },
    })
  })

  it('refuses a request without a password in the shape of the desk', async () => {
    expect(await login({ username: 'agent1' })).toMatchObject({ status: 400, body: { statusCode: 400, msg: expect.any(String) } })
  })

  it.each([408, 412, 500])('plays the documented refusal %i', async (status) => {
    sim.faults.add({ kind: 'login-error', operation: 'login', status, times: 1 })
    const answer = await login({ username: 'agent1', password: 'secret-agent1' })
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject(status === 408 ? { error_detail: { status } } : { statusCode: status })
    expect((await login({ username: 'agent1', password: 'secret-agent1' })).status).toBe(200)
  })

  it('speaks the other shape by option', async () => {
    const desk = await start({ loginErrors: 'desk' })
    const answer = await rest(desk, '/agent-manager/agent/login', { method: 'POST', body: { username: 'agent1', password: 'x' } })
    expect(answer).toMatchObject({ status: 401, body: { statusCode: 401, msg: expect.any(String) } })
    await desk.stop()
  })
})

describe('routing engine (expertflow.md §10)', () => {
  it('knows all agents, logged out, with the three default MRDs', async () => {
    const { body } = await rest(sim, '/routing-engine/agents/states')
    expect(body).toHaveLength(10)
    expect(await states(sim, agent(1))).toBe('LOGOUT: LOGOUT LOGOUT LOGOUT')
    expect((await presence(sim, agent(1))).agentMrdStates.map((channel) => `${channel.mrd.id} ${channel.maxAgentTasks}`)).toEqual([
      `${CHAT} 5`,
      `${VOICE} 1`,
      `${CISCO} 1`,
    ])
    expect((await rest<unknown[]>(sim, '/routing-engine/agents')).body[0]).toMatchObject({
      id: agent(1),
      associatedMrds: [{ mrdId: CHAT, maxAgentTasks: 5 }, {}, {}],
    })
  })

  it('lists MRDs and their types', async () => {
    const { body } = await rest(sim, '/routing-engine/media-routing-domains')
    expect(body).toMatchObject([
      { id: CHAT, type: '64f6edf8b89b71cc6cb60917', name: 'CHAT', interruptible: true, maxRequests: 5 },
      { id: VOICE, name: 'CX VOICE', interruptible: false },
      { id: CISCO, name: 'CISCO CC' },
    ])
    expect((await rest(sim, '/routing-engine/mrd-types')).body).toMatchObject([
      { name: 'CHAT', managedByRe: true, autoJoin: true },
      { name: 'CX_VOICE' },
      { name: 'CISCO_CC', managedByRe: false },
    ])
  })

  it('accepts first and applies then: login, ready, channel, logout', async () => {
    const { body: login } = await rest<LoginBody>(sim, '/unified-admin/keycloakLogin', {
      method: 'POST',
      body: { username: 'agent1', password: 'secret-agent1' },
    })
    const answer = await rest(sim, '/routing-engine/agent-login', { method: 'POST', body: login.data.keycloak_User })
    expect(answer).toMatchObject({ status: 200, body: { agentId: agent(1), timestamp: expect.any(String), message: expect.any(String) } })
    expect(await states(sim, agent(1))).toBe('NOT_READY: NOT_READY NOT_READY NOT_READY')
    await rest(sim, '/routing-engine/agent-state', { method: 'PUT', body: { agentId: agent(1), state: { name: 'READY' } } })
    await rest(sim, '/routing-engine/mrd-state', { method: 'PUT', body: { agentId: agent(1), mrdId: CHAT, state: 'READY' } })
    expect(await states(sim, agent(1))).toBe('READY: READY NOT_READY NOT_READY')
    const reasonCode = { id: '62ffc95cf12b6ccf1594d781', name: 'Out Of Office', type: 'LOGOUT' }
    await rest(sim, '/routing-engine/agent-state', { method: 'PUT', body: { agentId: agent(1), state: { name: 'LOGOUT', reasonCode } } })
    expect((await presence(sim, agent(1))).state).toEqual({ name: 'LOGOUT', reasonCode })
    expect(journalOf(sim, agent(1)).filter((line) => !line.startsWith('GET'))).toEqual([
      'POST /unified-admin/keycloakLogin applied',
      'POST /routing-engine/agent-login LOGIN applied',
      'PUT /routing-engine/agent-state READY applied',
      'PUT /routing-engine/mrd-state applied',
      'PUT /routing-engine/agent-state LOGOUT applied',
    ])
  })

  it.each([
    ['PUT', '/routing-engine/agent-state', { state: { name: 'READY' } }, 400, 'error.validation'],
    ['PUT', '/routing-engine/agent-state', { agentId: agent(1) }, 400, 'error.validation'],
    ['PUT', '/routing-engine/agent-state', { agentId: agent(1), state: { name: 'AWAY' } }, 400, 'error.invalid-field-format'],
    [
      'PUT',
      '/routing-engine/agent-state',
      { agentId: agent(1), state: { name: 'LOGOUT', reasonCode: 'Lunch' } },
      400,
      'error.invalid-field-format',
    ],
    ['PUT', '/routing-engine/agent-state', { agentId: agent(99), state: { name: 'READY' } }, 404, 'error.resource-not-found'],
    ['PUT', '/routing-engine/mrd-state', { agentId: agent(1), state: 'READY' }, 400, 'error.validation'],
    ['PUT', '/routing-engine/mrd-state', { agentId: agent(1), mrdId: CHAT, state: 'AWAY' }, 400, 'error.invalid-field-format'],
    ['POST', '/routing-engine/agent-login', {}, 400, 'error.validation'],
    ['PUT', '/routing-engine/agent-state', '{"agentId":', 400, 'error.illegal-argument'],
    ['GET', `/routing-engine/agents/${agent(99)}/states`, undefined, 404, 'error.resource-not-found'],
    ['GET', '/routing-engine/agents/agent1/states', undefined, 400, 'error.method-argument-type-mismatch'],
    ['GET', '/routing-engine/tasks?agentId=agent1', undefined, 400, 'error.method-argument-type-mismatch'],
  ])('%s %s %o → %i %s', async (method, path, body, status, error) => {
    const answer = await rest(sim, path, { method, ...(body !== undefined && { body }) })
    expect(answer).toMatchObject({ status, body: { timestamp: expect.any(String), error, message: expect.any(String) } })
  })

  it('takes an agent whom it does not know yet', async () => {
    const id = 'a13a49f4-7ec6-436b-91b0-0fd1be205799'
    await rest(sim, '/routing-engine/agent-login', { method: 'POST', body: { id, username: 'new' } })
    await sleep(20)
    expect((await presence(sim, id)).state.name).toBe('NOT_READY')
  })
})

describe('tokens (expertflow.md §3.1)', () => {
  it('are asked for on everything but login and health, and expire', async () => {
    const strict = await start({ enforceToken: 'true', tokenTtlSeconds: '1' })
    const login = await rest<LoginBody>(strict, '/agent-manager/agent/login', {
      method: 'POST',
      body: { username: 'agent1', password: 'secret-agent1' },
    })
    const headers = { authorization: `Bearer ${login.body.data.token}` }
    expect((await rest(strict, '/routing-engine/agents/states', { headers })).status).toBe(200)
    for (const path of ['/routing-engine/agents/states', '/unified-admin/reasons']) expect((await rest(strict, path)).status).toBe(401)
    expect((await rest(strict, '/unified-admin/reasons', { headers: { authorization: 'Bearer a.b.c' } })).status).toBe(401)
    expect((await rest(strict, '/unified-admin/health')).status).toBe(200)
    await sleep(1100)
    expect((await rest(strict, '/unified-admin/reasons', { headers })).body).toMatchObject({ message: 'token is expired' })
    await strict.stop()
  })
})

describe('faults of REST calls', () => {
  const path = `/routing-engine/agents/${agent(1)}/states`
  const operation = 'GET /routing-engine/agents/{id}/states'

  it('http-status with Retry-After and body, for one agent, so many times', async () => {
    sim.faults.add({ kind: 'http-status', operation, agentId: agent(1), times: 2, status: 429, retryAfter: '7', body: '{"slow":"down"}' })
    expect((await rest(sim, `/routing-engine/agents/${agent(2)}/states`)).status).toBe(200)
    const answer = await rest(sim, path)
    expect(answer).toMatchObject({ status: 429, body: { slow: 'down' } })
    expect(answer.headers.get('retry-after')).toBe('7')
    expect([(await rest(sim, path)).status, (await rest(sim, path)).status]).toEqual([429, 200])
    expect(sim.journal.list({ agentId: agent(1) }).map((entry) => `${entry.effect} ${entry.fault}`)).toEqual([
      'none http-status',
      'none http-status',
      'read undefined',
    ])
  })

  it('html-body, expired-token, slow', async () => {
    sim.faults.add({ kind: 'html-body', operation, times: 1 })
    expect((await rest(sim, path)).headers.get('content-type')).toContain('text/html')
    sim.faults.add({ kind: 'expired-token', operation, times: 1 })
    expect((await rest(sim, path)).status).toBe(401)
    sim.faults.add({ kind: 'slow', operation, times: 1, delayMs: 150 })
    const begun = Date.now()
    expect((await rest(sim, path)).status).toBe(200)
    expect(Date.now() - begun).toBeGreaterThanOrEqual(145)
  })

  it('hang and broken connections', async () => {
    sim.faults.add({ kind: 'hang', operation, times: 1 })
    await expect(rest(sim, path, HANG)).rejects.toThrow(/timeout/i)
    sim.faults.add({ kind: 'drop-before-effect', operation, times: 1 })
    await expect(rest(sim, path)).rejects.toThrow('fetch failed')
  })

  const ready = { method: 'PUT', body: { agentId: agent(1), state: { name: 'READY' } } }

  it('a write with a broken connection: before, without effect; after, with effect', async () => {
    sim.simulator.event('login', { agentId: 'agent1' })
    sim.faults.add({ kind: 'drop-before-effect', operation: 'PUT *', times: 1 })
    await expect(rest(sim, '/routing-engine/agent-state', ready)).rejects.toThrow('fetch failed')
    expect((await presence(sim, agent(1))).state.name).toBe('NOT_READY')
    sim.faults.add({ kind: 'drop-after-effect', operation: 'PUT *', times: 1 })
    await expect(rest(sim, '/routing-engine/agent-state', ready)).rejects.toThrow('fetch failed')
    await until('READY', () => sim.simulator.agents()[0]?.state === 'READY')
    expect(journalOf(sim, agent(1)).filter((line) => line.startsWith('PUT'))).toEqual([
      'PUT /routing-engine/agent-state READY none',
      'PUT /routing-engine/agent-state READY applied',
    ])
  })

  it('lie: 200 and nothing happens', async () => {
    sim.simulator.event('login', { agentId: 'agent1' })
    sim.faults.add({ kind: 'lie', operation: 'PUT /routing-engine/agent-state' })
    expect((await rest(sim, '/routing-engine/agent-state', ready)).status).toBe(200)
    await sleep(30)
    expect((await presence(sim, agent(1))).state.name).toBe('NOT_READY')
  })
})
