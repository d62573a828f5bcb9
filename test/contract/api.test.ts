import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { SECRETS, startApi, type Api } from '../support/api.js'

/** The two ways of a request through the server: the whole API is the same on both. */
describe.each([
  ['with the hot route', true],
  ['through the application alone', false],
])('%s', (_way, hot) => {
  let api: Api
  beforeAll(async () => {
    api = await startApi({ hot })
  })
  afterAll(() => api.stop())

  const commands = (agent: string): string => `/v1/platforms/loopback/agents/${agent}/commands`

  describe('a command', () => {
    it('is confirmed by the platform, and the state shows it', async () => {
      const login = await api.call('POST', commands('agent1'), { body: { action: 'LOGIN' } })
      expect(login.status).toBe(200)
      expect(login.body).toMatchObject({ status: 'confirmed', confirmedBy: 'event', attempts: 1, seq: 1, requestedBy: 'crm' })
      const state = await api.call('GET', '/v1/platforms/loopback/agents/agent1/state')
      expect(state.body).toMatchObject({ state: 'NOT_READY', routable: false, desired: 'NOT_READY', drift: false, stale: false })
      const got = await api.call('GET', `/v1/commands/${String(login.body['id'])}`)
      expect(got.body).toEqual(login.body)
    })

    it('that asks for what is true already is confirmed by a read and sends nothing', async () => {
      await api.call('POST', commands('agent2'), { body: { action: 'LOGIN' } })
      const again = await api.call('POST', commands('agent2'), { body: { action: 'LOGIN' } })
      expect(again.body).toMatchObject({ status: 'confirmed', confirmedBy: 'read', unchanged: true, attempts: 0 })
    })

    it('that the platform refuses ends in 409 with the evidence', async () => {
      const answer = await api.call('POST', commands('agent3'), { body: { action: 'READY' } })
      expect(answer.status).toBe(409)
      expect(answer.body).toMatchObject({ code: 'NOT_LOGGED_IN', commandStatus: 'rejected', effect: 'none', retryable: false })
    })

    it('for an unknown agent ends in 404', async () => {
      const answer = await api.call('POST', commands('nobody'), { body: { action: 'LOGIN' } })
      expect(answer.status).toBe(404)
      expect(answer.body).toMatchObject({ code: 'AGENT_NOT_FOUND', vendorSystem: 'loopback', vendorCode: '404' })
    })

    it('with respond-async is answered 202 with its address', async () => {
      const answer = await api.call('POST', commands('agent4'), { body: { action: 'LOGIN' }, headers: { prefer: 'respond-async' } })
      expect(answer.status).toBe(202)
      expect(answer.headers.get('retry-after')).toBe('1')
      const location = String(answer.headers.get('location'))
      await expect.poll(async () => (await api.call('GET', location)).body['status']).toBe('confirmed')
    })

    it('with a wrong reason is 422 and lists the valid ones', async () => {
      const answer = await api.call('POST', commands('agent1'), { body: { action: 'NOT_READY', reason: 'Siesta' } })
      expect(answer.status).toBe(422)
      expect(answer.body).toMatchObject({ code: 'REASON_INVALID', validReasons: ['Short break', 'Lunch', 'After-call work'] })
    })

    it('READY with a reason is 422, names the field and lists what goes with NOT_READY', async () => {
      const answer = await api.call('POST', commands('agent1'), { body: { action: 'READY', reason: 'Siesta' } })
      expect(answer.status).toBe(422)
      expect(answer.body).toMatchObject({
        code: 'REASON_INVALID',
        errors: [{ field: '/reason' }],
        validReasons: ['Short break', 'Lunch', 'After-call work'],
      })
    })

    it('shows in a dry run what would be sent, and sends nothing', async () => {
      await api.call('POST', commands('agent5'), { body: { action: 'LOGIN' } })
      const before = await api.call('GET', `${commands('agent5')}?limit=5`)
      const dry = await api.call('POST', `${commands('agent5')}?dryRun=true`, { body: { action: 'NOT_READY', reason: 'BREAK.LUNCH' } })
      expect(dry.body).toMatchObject({ dryRun: true, unchanged: false, requests: [{ target: 'set paused', expects: ['NOT_READY'] }] })
      expect((await api.call('GET', `${commands('agent5')}?limit=5`)).body).toEqual(before.body)
    })
  })

  describe('an idempotency key', () => {
    it('gives the stored answer for the same body, whatever the order of its members', async () => {
      const headers = { 'idempotency-key': 'k1' }
      const first = await api.call('POST', commands('agent6'), { body: { action: 'LOGIN', queues: [] }, headers })
      const second = await api.call('POST', commands('agent6'), { raw: '{"queues":[],"action":"LOGIN"}', headers })
      expect(second.status).toBe(first.status)
      expect(second.text).toBe(first.text)
    })
    it('of a caller that does not wait gives the 202 again, also when the command has ended meanwhile', async () => {
      const headers = { 'idempotency-key': 'k3', prefer: 'respond-async' }
      const first = await api.call('POST', commands('agent8'), { body: { action: 'LOGIN' }, headers })
      expect(first.body).toMatchObject({ status: 'accepted', attempts: 0 })
      const { id } = first.body as unknown as { id: string }
      await vi.waitFor(async () => expect((await api.call('GET', `/v1/commands/${id}`)).body).toMatchObject({ status: 'confirmed' }))
      const second = await api.call('POST', commands('agent8'), { body: { action: 'LOGIN' }, headers })
      expect([second.status, second.text, second.headers.get('location')]).toEqual([202, first.text, `/v1/commands/${id}`])
    })
    it('of a command that was refused by the platform gives the same problem again, its request id too', async () => {
      const headers = { 'idempotency-key': 'k4' }
      const first = await api.call('POST', commands('agent9'), { body: { action: 'READY' }, headers })
      const second = await api.call('POST', commands('agent9'), { body: { action: 'READY' }, headers })
      expect(first.status).toBe(409)
      expect([second.status, second.text]).toEqual([409, first.text])
    })
    it('is 422 for another body, and another caller may use the same key', async () => {
      const headers = { 'idempotency-key': 'k2' }
      await api.call('POST', commands('agent7'), { body: { action: 'LOGIN' }, headers })
      const other = await api.call('POST', commands('agent7'), { body: { action: 'LOGOUT' }, headers })
      expect(other.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_MISMATCH' })
      const caller = await api.call('POST', commands('agent7'), { body: { action: 'LOGOUT' }, headers, key: SECRETS.supervisor })
      expect(caller.body).toMatchObject({ action: 'LOGOUT', status: 'confirmed' })
    })
  })

  describe('authority', () => {
    it.each(['/v1/platforms', '/v1/platforms/loopback', '/v1/dead-letters', '/openapi.yaml', '/docs', '/anything'])(
      '%s needs a key',
      async (path) => {
        const answer = await api.call('GET', path, { key: null })
        expect(answer.status).toBe(401)
        expect(answer.headers.get('www-authenticate')).toContain('Bearer')
        expect((await api.call('GET', path, { key: 'wrong' })).status).toBe(401)
      },
    )
    it('health needs none', async () => {
      expect((await api.call('GET', '/healthz', { key: null })).status).toBe(200)
      expect((await api.call('GET', '/readyz', { key: null })).body).toMatchObject({ status: 'ready' })
    })
    it('a forced logout needs its own scope', async () => {
      const body = { action: 'LOGOUT', force: true }
      expect((await api.call('POST', commands('agent8'), { body })).body).toMatchObject({ status: 403, code: 'FORBIDDEN' })
      expect((await api.call('POST', commands('agent8'), { body, key: SECRETS.supervisor })).status).toBe(200)
    })
    it('a reader cannot command, a key for one agent cannot touch another', async () => {
      expect((await api.call('POST', commands('agent1'), { body: { action: 'LOGIN' }, key: SECRETS.reader })).status).toBe(403)
      expect((await api.call('POST', commands('agent2'), { body: { action: 'LOGIN' }, key: SECRETS.mine })).status).toBe(403)
      expect((await api.call('GET', '/v1/platforms/loopback/agents/agent2/state', { key: SECRETS.mine })).status).toBe(403)
      expect((await api.call('GET', '/v1/platforms/loopback/agents', { key: SECRETS.mine })).body).toMatchObject({
        agents: [{ agentId: 'agent1' }],
      })
      const foreign = await api.call('POST', commands('agent9'), { body: { action: 'LOGIN' } })
      expect((await api.call('GET', `/v1/commands/${String(foreign.body['id'])}`, { key: SECRETS.mine })).status).toBe(404)
    })
  })

  describe('bad input names the field and changes nothing', () => {
    const bad: readonly [string, unknown, string][] = [
      ['an unknown field', { action: 'LOGIN', colour: 'red' }, '/colour'],
      ['an unknown action', { action: 'DANCE' }, '/action'],
      ['no action', { reason: 'x' }, '/action'],
      ['force with READY', { action: 'READY', force: true }, '/force'],
      ['credentials with LOGOUT', { action: 'LOGOUT', credentials: { password: 'x' } }, '/credentials'],
      ['options where there are none', { action: 'LOGIN', options: { a: 1 } }, '/options'],
      ['a reason with LOGIN', { action: 'LOGIN', reason: 'Lunch' }, '/reason'],
    ]
    it.each(bad)('%s', async (_name, body, field) => {
      const before = await api.call('GET', commands('agent10'))
      const answer = await api.call('POST', commands('agent10'), { body })
      expect(answer.status).toBe(400)
      expect((answer.body['errors'] as unknown as { field: string }[]).map((error) => error.field)).toContain(field)
      expect((await api.call('GET', commands('agent10'))).body).toEqual(before.body)
    })
    it('a prototype member is refused like any unknown field', async () => {
      const answer = await api.call('POST', commands('agent10'), { raw: '{"action":"LOGIN","__proto__":{"force":true}}' })
      expect(answer.status).toBe(400)
    })
    it('broken JSON, another media type, too much', async () => {
      expect((await api.call('POST', commands('agent10'), { raw: '{"action":' })).body).toMatchObject({ code: 'INVALID_REQUEST' })
      expect((await api.call('POST', commands('agent10'), { raw: 'action=LOGIN', headers: { 'content-type': 'text/plain' } })).status).toBe(
        415,
      )
      expect(
        (await api.call('POST', commands('agent10'), { raw: JSON.stringify({ action: 'LOGIN', reason: 'x'.repeat(20_000) }) })).status,
      ).toBe(413)
    })
    it('a bad Prefer, an unknown query parameter, a wrong method, an unknown platform', async () => {
      expect((await api.call('POST', commands('agent10'), { body: { action: 'LOGIN' }, headers: { prefer: 'wait=soon' } })).status).toBe(
        400,
      )
      expect((await api.call('GET', `${commands('agent10')}?colour=red`)).status).toBe(400)
      expect((await api.call('DELETE', commands('agent10'))).status).toBe(405)
      expect((await api.call('GET', '/v1/platforms/nowhere')).body).toMatchObject({ code: 'PLATFORM_NOT_FOUND' })
      expect((await api.call('GET', '/v1/commands/not-a-uuid')).status).toBe(400)
      expect((await api.call('GET', '/v1/commands/00000000-0000-4000-8000-000000000000')).body).toMatchObject({ code: 'COMMAND_NOT_FOUND' })
    })
  })

  describe('the rest of the API', () => {
    it('lists platforms, reasons and agents', async () => {
      expect((await api.call('GET', '/v1/platforms')).body).toMatchObject({
        platforms: [{ id: 'loopback', kind: 'loopback', link: { status: 'up' } }],
      })
      const reasons = await api.call('GET', '/v1/platforms/loopback/reasons?type=LOGOUT')
      expect(reasons.body).toMatchObject({
        reasons: [
          { id: 'end-of-shift', key: 'END_OF_SHIFT' },
          { id: 'forced', system: true },
        ],
      })
      const page = await api.call('GET', '/v1/platforms/loopback/agents?limit=4')
      expect(page.body).toMatchObject({ next: 'agent3', agents: { length: 4 } })
    })
    it('If-None-Match and If-Match speak of the state', async () => {
      const path = '/v1/platforms/loopback/agents/agent1/state'
      const etag = String((await api.call('GET', path)).headers.get('etag'))
      expect((await api.call('GET', path, { headers: { 'if-none-match': etag } })).status).toBe(304)
      const stale = await api.call('POST', commands('agent1'), { body: { action: 'LOGOUT' }, headers: { 'if-match': '"other"' } })
      expect(stale.body).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' })
      expect((await api.call('POST', commands('agent1'), { body: { action: 'LOGOUT' }, headers: { 'if-match': etag } })).status).toBe(200)
    })
    it('cancel and replay are refused when they make no sense', async () => {
      const done = await api.call('POST', commands('agent1'), { body: { action: 'LOGIN' } })
      const id = String(done.body['id'])
      expect((await api.call('POST', `/v1/commands/${id}/cancel`)).body).toMatchObject({ code: 'NOT_CANCELLABLE' })
      expect((await api.call('POST', `/v1/commands/${id}/replay`, { key: SECRETS.admin })).body).toMatchObject({ code: 'NOT_REPLAYABLE' })
      expect((await api.call('POST', `/v1/commands/${id}/replay`)).status).toBe(403)
      expect((await api.call('GET', '/v1/dead-letters', { key: SECRETS.admin })).body).toEqual({ commands: [] })
    })
    it('serves its own description', async () => {
      const yaml = await api.call('GET', '/openapi.yaml')
      expect(yaml.text).toContain('openapi: 3.1.0')
      const page = await fetch(`${api.url}/docs`, {
        headers: { authorization: `Basic ${Buffer.from(`me:${SECRETS.crm}`).toString('base64')}` },
      })
      expect(await page.text()).toContain('swagger-ui')
    })
    it.each([
      ['https://elsewhere.example', 401],
      ['null', 401],
      ['ours', 400],
    ])('a password that a browser remembers does not work for pages of other sites: %s', async (origin, status) => {
      const answer = await fetch(`${api.url}/v1/commands/unknown/cancel`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`me:${SECRETS.crm}`).toString('base64')}`,
          origin: origin === 'ours' ? api.url : origin,
        },
      })
      expect(answer.status).toBe(status)
    })
  })
})
