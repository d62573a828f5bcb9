import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRETS, startApi, type Api } from '../support/api.js'
import { createLogSpy } from '../support/log-spy.js'
import { answersIn, bytesOf, exchangeRaw, type RawAnswer, type RawRequest } from '../support/raw-http.js'

/* Every request, byte by byte, to a gateway with the hot route and to one without: what comes back is the same. */

let hot: Api
let plain: Api
beforeAll(async () => {
  hot = await startApi({ hot: true })
  plain = await startApi({ hot: false })
})
afterAll(async () => {
  await hot.stop()
  await plain.stop()
})

type Pairs = readonly (readonly [string, string])[]
const as = (secret: string): Pairs => [['Authorization', `Bearer ${secret}`]]
const CLOSE: Pairs = [['Connection', 'close']]
const JSON_TYPE: Pairs = [['Content-Type', 'application/json']]
const commands = (agent: string): string => `/v1/platforms/loopback/agents/${agent}/commands`
const state = (agent: string): string => `/v1/platforms/loopback/agents/${agent}/state`
const LOGIN = '{"action":"LOGIN"}'

/** A command with what is usual; `more` says what is not. */
function post(
  agent: string,
  body: string | Buffer = LOGIN,
  more: { key?: string; headers?: Pairs; type?: Pairs; target?: string } = {},
): RawRequest {
  const headers = [...as(more.key ?? SECRETS.crm), ...(more.type ?? JSON_TYPE), ...(more.headers ?? []), ...CLOSE]
  return { method: 'POST', target: more.target ?? commands(agent), headers, body }
}
function get(agent: string, more: { key?: string; headers?: Pairs; target?: string } = {}): RawRequest {
  return { target: more.target ?? state(agent), headers: [...as(more.key ?? SECRETS.crm), ...(more.headers ?? []), ...CLOSE] }
}

/** What differs from run to run gets a name by the order in which it comes. */
function normalizer(): (text: string) => string {
  const names = new Map<string, string>()
  const named = (kind: string) => (value: string) => {
    const name = names.get(value) ?? `<${kind} ${names.size}>`
    names.set(value, name)
    return name
  }
  return (text) =>
    text
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, named('uuid'))
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
      .replace(/(?<=\\?")[\w-]{22}(?=\\?")/g, named('etag'))
      .replace(/[\w-]{12}-[0-9a-z]+(?=")/g, '<request id>')
}

const sides = [normalizer(), normalizer()] as const
function comparable(answers: readonly RawAnswer[], normal: (text: string) => string): unknown {
  return answers.map(({ status, reason, headers, body }) => ({
    status,
    reason,
    headers: headers
      .filter(([name]) => !['Date', 'Keep-Alive'].includes(name))
      .map(([name, value]) => {
        if (name === 'X-Request-Id' && /^[\w-]{12}-[0-9a-z]+$/.test(value)) return [name, '<request id>']
        return [name, name === 'Content-Length' && /<request id>|requestId/.test(body) ? '<length>' : normal(value)]
      }),
    body: normal(body.replace(/"requestId":"[\w-]{12}-[0-9a-z]+"/, '"requestId":"<request id>"')),
  }))
}

async function both(bytes: readonly Buffer[], heads: readonly boolean[] = []): Promise<RawAnswer[]> {
  const [ours, theirs] = await Promise.all([exchangeRaw(hot.url, bytes), exchangeRaw(plain.url, bytes)])
  const [a, b] = [answersIn(ours, heads), answersIn(theirs, heads)]
  expect(comparable(a, sides[0])).toEqual(comparable(b, sides[1]))
  return a
}

/** `status` is what the plain way has always said: a table that compares two failures proves nothing. */
const CASES: readonly [string, RawRequest, number][] = [
  ['a command', post('agent1'), 200],
  ['one that changes nothing', post('agent1'), 200],
  ['one that is refused', post('agent2', '{"action":"READY"}'), 409],
  ['an agent nobody knows', post('nobody'), 404],
  ['a reason', post('agent1', '{"action":"NOT_READY","reason":"Lunch"}'), 200],
  ['a wrong reason', post('agent1', '{"action":"NOT_READY","reason":"Siesta"}'), 422],
  ['READY with a reason', post('agent1', '{"action":"READY","reason":"Lunch"}'), 422],
  ['spaces around the JSON', post('agent1', ' \n{"action" : "READY"}\n '), 200],
  ['members twice', post('agent1', '{"action":"DANCE","action":"NOT_READY"}'), 200],
  ['queues, which no platform lets choose', post('agent3', '{"action":"LOGIN","queues":["a","b"]}'), 422],
  ['an unknown field', post('agent1', '{"action":"LOGIN","colour":"red"}'), 400],
  ['several wrong fields', post('agent1', '{"action":"DANCE","force":"yes","reason":""}'), 400],
  ['a field of another type', post('agent1', '{"action":"LOGOUT","force":"true"}'), 400],
  ['no action', post('agent1', '{}'), 400],
  ['a list', post('agent1', '[]'), 400],
  ['null', post('agent1', 'null'), 400],
  ['a text', post('agent1', '"LOGIN"'), 400],
  ['broken JSON', post('agent1', '{"action":'), 400],
  ['not JSON at all', post('agent1', 'action=LOGIN'), 400],
  ['a byte order mark', post('agent1', '\ufeff{"action":"READY"}'), 200],
  ['bytes that are not UTF-8', post('agent1', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 400],
  ['a prototype', post('agent1', '{"action":"LOGIN","__proto__":{"force":true}}'), 400],
  ['a prototype in the options', post('agent1', '{"action":"LOGIN","options":{"a":{"__proto__":{"b":1}}}}'), 400],
  ['a constructor in the options', post('agent1', '{"action":"LOGIN","options":{"constructor":{"prototype":1}}}'), 400],
  [
    'options nested a thousandfold',
    post('agent1', `{"action":"LOGIN","options":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`, { headers: [['Idempotency-Key', 'deep']] }),
    400,
  ],
  ['options where there are none', post('agent1', '{"action":"LOGIN","options":{"a":1}}'), 400],
  ['an empty body', post('agent1', ''), 400],
  ['no body', { method: 'POST', target: commands('agent1'), headers: [...as(SECRETS.crm), ...JSON_TYPE, ...CLOSE] }, 400],
  ['16 KiB', post('agent1', `{"action":"READY"${' '.repeat(16_366)}}`), 200],
  ['more than 16 KiB', post('agent1', `{"action":"READY"${' '.repeat(16_367)}}`), 413],
  ['another media type', post('agent1', LOGIN, { type: [['Content-Type', 'text/plain']] }), 415],
  ['no media type', post('agent1', LOGIN, { type: [] }), 415],
  ['a charset', post('agent1', LOGIN, { type: [['Content-Type', 'application/json; charset=UTF-8']] }), 200],
  ['another charset', post('agent1', LOGIN, { type: [['Content-Type', 'application/json; charset=latin1']] }), 415],
  ['a media type in capitals', post('agent1', LOGIN, { type: [['content-TYPE', 'Application/JSON']] }), 200],
  ['a media type with parameters', post('agent1', LOGIN, { type: [['Content-Type', 'application/json; profile=x']] }), 200],
  ['a media type twice', post('agent1', LOGIN, { type: [...JSON_TYPE, ['Content-Type', 'text/plain']] }), 200],
  ['gzip', post('agent1', gzipSync(LOGIN), { headers: [['Content-Encoding', 'gzip']] }), 200],
  ['an unknown coding', post('agent1', LOGIN, { headers: [['Content-Encoding', 'rot13']] }), 415],
  ['chunks', post('agent1', '12\r\n{"action":"LOGIN"}\r\n0\r\n\r\n', { headers: [['Transfer-Encoding', 'chunked']] }), 200],
  ['Expect', post('agent1', LOGIN, { headers: [['Expect', '100-continue']] }), 100],
  ['no key', { method: 'POST', target: commands('agent1'), headers: [...JSON_TYPE, ...CLOSE], body: LOGIN }, 401],
  ['a wrong key', post('agent1', LOGIN, { key: 'wrong' }), 401],
  ['a wrong key and a bad body', post('agent1', '{', { key: 'wrong' }), 401],
  ['an empty key', post('agent1', LOGIN, { key: '' }), 401],
  ['a key as X-API-Key', { ...post('agent1'), headers: [['X-API-Key', SECRETS.crm], ...JSON_TYPE, ...CLOSE] }, 200],
  ['a key twice', { ...post('agent1'), headers: [['X-API-Key', SECRETS.crm], ['X-API-Key', SECRETS.crm], ...JSON_TYPE, ...CLOSE] }, 401],
  [
    'a key with HTTP Basic',
    {
      ...post('agent1'),
      headers: [['Authorization', `basic ${Buffer.from(`me:${SECRETS.crm}`).toString('base64')}`], ...JSON_TYPE, ...CLOSE],
    },
    200,
  ],
  ['a key that may not', post('agent1', LOGIN, { key: SECRETS.reader }), 403],
  ['a key for another agent', post('agent2', LOGIN, { key: SECRETS.mine }), 403],
  ['a key for this agent', post('agent1', LOGIN, { key: SECRETS.mine }), 200],
  ['force without the scope', post('agent1', '{"action":"LOGOUT","force":true}'), 403],
  ['force', post('agent3', '{"action":"LOGOUT","force":true}', { key: SECRETS.supervisor }), 200],
  ['force where it does not belong', post('agent1', '{"action":"READY","force":true}'), 400],
  ['a platform that there is not', post('', LOGIN, { target: '/v1/platforms/nowhere/agents/a/commands' }), 404],
  ['a platform that there cannot be', post('', LOGIN, { target: '/v1/platforms/No_Where/agents/a/commands' }), 400],
  ['respond-async', post('agent4', LOGIN, { headers: [['Prefer', 'respond-async']] }), 202],
  ['wait', post('agent4', '{"action":"READY"}', { headers: [['Prefer', 'wait=5, handling=lenient']] }), 200],
  ['a wrong wait', post('agent4', LOGIN, { headers: [['Prefer', 'wait=soon']] }), 400],
  ['an empty Prefer', post('agent4', LOGIN, { headers: [['Prefer', '']] }), 200],
  [
    'Prefer twice',
    post('agent4', LOGIN, {
      headers: [
        ['Prefer', 'wait=5'],
        ['Prefer', 'wait=1'],
      ],
    }),
    200,
  ],
  ['a long Prefer', post('agent4', LOGIN, { headers: [['Prefer', 'x'.repeat(65)]] }), 400],
  ['an idempotency key', post('agent5', LOGIN, { headers: [['Idempotency-Key', 'k1']] }), 200],
  ['the same again', post('agent5', LOGIN, { headers: [['Idempotency-Key', 'k1']] }), 200],
  ['the same key for another body', post('agent5', '{"action":"READY"}', { headers: [['Idempotency-Key', 'k1']] }), 422],
  ['an idempotency key of a refusal', post('agent6', '{"action":"READY"}', { headers: [['Idempotency-Key', 'k2']] }), 409],
  ['the same refusal again', post('agent6', '{"action":"READY"}', { headers: [['Idempotency-Key', 'k2']] }), 409],
  ['an empty idempotency key', post('agent5', LOGIN, { headers: [['Idempotency-Key', '']] }), 400],
  ['a long idempotency key', post('agent5', LOGIN, { headers: [['Idempotency-Key', 'k'.repeat(256)]] }), 400],
  [
    'idempotency keys twice',
    post('agent5', LOGIN, {
      headers: [
        ['Idempotency-Key', 'a'],
        ['Idempotency-Key', 'b'],
      ],
    }),
    200,
  ],
  ['on behalf of', post('agent5', '{"action":"READY"}', { headers: [['X-On-Behalf-Of', 'jane@example.org']] }), 200],
  ['on behalf of too much', post('agent5', LOGIN, { headers: [['X-On-Behalf-Of', 'j'.repeat(129)]] }), 400],
  ["the caller's request id", post('agent5', LOGIN, { headers: [['X-Request-Id', 'mine:1.2_3']] }), 200],
  ["the caller's request id on a failure", post('nobody', LOGIN, { headers: [['X-Request-Id', 'mine-2']] }), 404],
  ['a request id that is not harmless', post('nobody', LOGIN, { headers: [['X-Request-Id', '<script>']] }), 404],
  ['If-Match that fails', post('agent5', LOGIN, { headers: [['If-Match', '"other"']] }), 412],
  ['If-Match of anything', post('agent5', LOGIN, { headers: [['If-Match', '*']] }), 200],
  ['a dry run', post('', '{"action":"NOT_READY"}', { target: `${commands('agent5')}?dryRun=true` }), 200],
  ['an unknown query', post('', LOGIN, { target: `${commands('agent5')}?colour=red` }), 400],
  ['an empty query', post('', LOGIN, { target: `${commands('agent5')}?` }), 200],
  ['a slash at the end', post('', LOGIN, { target: `${commands('agent5')}/` }), 200],
  ['capitals in the address', post('', LOGIN, { target: '/V1/platforms/loopback/agents/agent5/commands' }), 200],
  ['two slashes', post('', LOGIN, { target: '/v1//platforms/loopback/agents/agent5/commands' }), 404],
  ['a whole address', post('', LOGIN, { target: `http://gateway.test${commands('agent5')}` }), 404],
  ['a fragment', post('', LOGIN, { target: `${commands('agent5')}#x` }), 404],
  ['an encoded slash', post('a%2Fb'), 400],
  ['an encoded control character', post('a%00b'), 400],
  ['an encoded letter', post('%61gent5'), 200],
  ['an encoded name that is unknown', post('J%C3%BCrgen%20M'), 404],
  ['an encoded percent sign', post('a%2541'), 404],
  ['a wrong encoding', post('a%zz'), 400],
  ['bytes that are no text', post('a%ff'), 400],
  ['bytes beyond ASCII in the address', post('J\u00fc'), 400],
  ['a point for an agent', post('..'), 404],
  ['a semicolon', post('a;b=c'), 404],
  ['128 letters', post('x'.repeat(128)), 404],
  ['129 letters', post('x'.repeat(129)), 400],
  ['128 letters beyond the basic plane', post('%F0%9F%98%80'.repeat(128)), 404],
  ['no agent', post(''), 404],
  ['HEAD', { ...post('agent5'), method: 'HEAD' }, 405],
  ['PUT', { ...post('agent5'), method: 'PUT' }, 405],
  ['OPTIONS', { ...get(''), method: 'OPTIONS', target: commands('agent5') }, 405],
  ['the list of commands', get('', { target: `${commands('agent2')}?limit=1` }), 200],
  ['a state', get('agent1'), 200],
  ['a state that is known', get('agent4'), 200],
  ['a state of nobody', get('nobody'), 404],
  ['a fresh state', get('', { target: `${state('agent1')}?fresh=true` }), 200],
  ['a state with a wrong query', get('', { target: `${state('agent1')}?fresh=maybe` }), 400],
  ['a state without a key', { target: state('agent1'), headers: CLOSE }, 401],
  ['a state without a key, for people', { target: state('agent1'), headers: [['Accept', 'text/html'], ...CLOSE] }, 401],
  ["another agent's state", get('agent2', { key: SECRETS.mine }), 403],
  ['If-None-Match of something else', get('agent1', { headers: [['If-None-Match', '"other"']] }), 200],
  ['If-None-Match of anything', get('agent1', { headers: [['If-None-Match', '*']] }), 304],
  ['If-None-Match too long', get('agent1', { headers: [['If-None-Match', `"${'x'.repeat(127)}"`]] }), 400],
  ['If-Modified-Since', get('agent1', { headers: [['If-Modified-Since', 'Sat, 21 Nov 2026 07:00:00 GMT']] }), 200],
  ['a state with a body', { ...get('agent1'), body: 'x' }, 415],
  ['a state with an empty body', { ...get('agent1'), body: '' }, 200],
  ['HEAD of a state', { ...get('agent1'), method: 'HEAD' }, 405],
  ['POST of a state', { ...post(''), target: state('agent1') }, 405],
]

describe('with and without the hot route', () => {
  it.each(CASES)('%s', async (_name, request, status) => {
    const [answer] = await both([bytesOf(request)], request.method === 'HEAD' ? [true] : [])
    expect(answer?.status).toBe(status)
  })

  it('the tag of a state gives 304, strong, weak or in a list', async () => {
    for (const form of [(tag: string) => tag, (tag: string) => `W/${tag}`, (tag: string) => `"x", ${tag}`]) {
      const answers = await Promise.all(
        [hot, plain].map(async (api) => {
          const tag = String((await api.call('GET', state('agent7'))).headers.get('etag'))
          return answersIn(await exchangeRaw(api.url, [bytesOf(get('agent7', { headers: [['If-None-Match', form(tag)]] }))]))
        }),
      )
      expect(answers.map(([answer]) => [answer?.status, answer?.body, answer?.headers.map(([name]) => name)])).toEqual([
        [304, '', expect.arrayContaining(['ETag', 'X-Request-Id'])],
        [304, '', answers[0]?.[0]?.headers.map(([name]) => name)],
      ])
    }
  })

  it('requests in one go are answered in their order', async () => {
    const open = (request: RawRequest): RawRequest => ({
      ...request,
      headers: (request.headers ?? []).filter(([name]) => name !== 'Connection'),
    })
    // Of different agents: Node begins with all of them at once.
    const requests = [post('agent8'), get('agent4'), post('agent8', '{"action":"DANCE"}'), post('nobody'), get('agent5')]
    const bytes = requests.map((request, at) => bytesOf(at < requests.length - 1 ? open(request) : request))
    const answers = await both([Buffer.concat(bytes)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 404, 200])
  })

  it('a body that comes in pieces is put together, good or bad', async () => {
    for (const [body, status] of [
      ['{"action":"READY"}', 200],
      ['{"action":"DANCE"}', 400],
      ['{"action"', 400],
    ] as const) {
      const bytes = bytesOf(post('agent8', body))
      const cut = bytes.length - body.length
      const pieces = [bytes.subarray(0, cut), ...Array.from(body, (_letter, at) => bytes.subarray(cut + at, cut + at + 1))]
      const answers = await Promise.all([hot, plain].map(async (api) => answersIn(await exchangeRaw(api.url, pieces, { pauseMs: 2 }))))
      expect(answers.map(([answer]) => answer?.status)).toEqual([status, status])
    }
  })

  it('a client that leaves in the middle of its body leaves nothing behind, and its command is not run', async () => {
    const bytes = bytesOf(post('agent9', '{"action":"LOGIN"}'))
    for (const api of [hot, plain]) {
      for (let turn = 0; turn < 20; turn += 1) await exchangeRaw(api.url, [bytes.subarray(0, -4)], { hangUp: true, pauseMs: 2 })
      expect((await api.call('GET', commands('agent9'))).body).toEqual({ commands: [] })
    }
  })

  it('a client that leaves before the answer has its command all the same', async () => {
    const bytes = bytesOf(post('agent10', '{"action":"LOGIN"}'))
    for (const api of [hot, plain]) {
      await exchangeRaw(api.url, [bytes], { hangUp: true, pauseMs: 2 })
      await expect
        .poll(async () => (await api.call('GET', commands('agent10'))).body['commands'])
        .toEqual([expect.objectContaining({ action: 'LOGIN', status: 'confirmed' })])
    }
  })

  it('what follows on the same connection is read right after a body that was looked at', async () => {
    for (const api of [hot, plain]) {
      const open = post('agent8', '{"action":"DANCE"}')
      const kept = { ...open, headers: (open.headers ?? []).filter(([name]) => name !== 'Connection') }
      const answers = answersIn(await exchangeRaw(api.url, [bytesOf(kept), bytesOf(get('agent8'))], { pauseMs: 50 }))
      expect(answers.map(({ status }) => status)).toEqual([400, 200])
    }
  })
})

describe('the log', () => {
  it('has one line for each command on either way, with what became of it', async () => {
    for (const way of [true, false]) {
      const logger = createLogSpy()
      const api = await startApi({ hot: way, logger })
      await api.call('POST', commands('agent1'), { body: { action: 'LOGIN' }, headers: { 'idempotency-key': 'k' } })
      await api.call('POST', commands('agent1'), { body: { action: 'LOGIN' }, headers: { 'idempotency-key': 'k' } })
      await api.call('POST', commands('agent1'), { body: { action: 'NOT_READY', reason: 'Siesta' }, headers: { 'x-request-id': 'r3' } })
      await api.call('POST', commands('agent2'), { body: { action: 'LOGIN', credentials: { password: 'canary' } } })
      await api.call('GET', state('agent1'))
      const lines = logger.lines.filter(({ message }) => message === 'command')
      const common = { principal: 'crm', platform: 'loopback', ms: expect.any(Number) as number, requestId: expect.any(String) as string }
      const commandId = expect.any(String) as string
      expect(lines.map(({ level, fields }) => ({ level, ...fields }))).toEqual([
        { level: 'info', ...common, agentId: 'agent1', action: 'LOGIN', commandId, status: 'confirmed' },
        { level: 'info', ...common, agentId: 'agent1', action: 'LOGIN', commandId, status: 'confirmed' },
        { level: 'info', ...common, requestId: 'r3', agentId: 'agent1', action: 'NOT_READY', status: 'refused', code: 'REASON_INVALID' },
        { level: 'info', ...common, agentId: 'agent2', action: 'LOGIN', commandId, status: 'confirmed' },
      ])
      expect(JSON.stringify(logger.lines)).not.toContain('canary')
      await api.stop()
    }
  })
})
