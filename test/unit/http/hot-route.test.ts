import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import type { Commands } from '../../../src/core/accept/commands.js'
import { unknownView } from '../../../src/core/model/agent-state.js'
import type { Command } from '../../../src/core/model/command.js'
import type { Platform } from '../../../src/core/platforms.js'
import type { Views } from '../../../src/core/agents/views.js'
import type { Engine } from '../../../src/core/wake-ups.js'
import type { HttpParts } from '../../../src/http/context.js'
import { createHotRoute } from '../../../src/http/hot-route.js'
import { createKeyring } from '../../../src/http/keyring.js'
import { CONSOLE } from '../../../src/gateway.js'
import { readApiDescription } from '../../../src/http/api-description.js'
import { KEYS, SECRETS } from '../../support/api.js'
import { createLogSpy } from '../../support/log-spy.js'
import { bytesOf, exchangeRaw, type RawRequest } from '../../support/raw-http.js'

/* Which requests the hot route takes, and in which condition it hands on the others. What it answers is in test/contract/hot-route.test.ts. */

const COMMAND: Command = {
  id: '00000000-0000-4000-8000-000000000001',
  platform: 'p',
  agentId: 'a',
  seq: 1,
  action: { kind: 'LOGIN' },
  origin: { principal: 'crm', requestId: 'r' },
  status: 'confirmed',
  attempts: 1,
  acceptedAt: 0,
  expiresAt: 1,
}
const logger = createLogSpy()
let open = true
let failure: Error | undefined
const submitted: unknown[] = []
const parts: HttpParts = {
  platforms: { get: (id: string) => (id === 'p' ? ({ id } as Platform) : undefined) } as HttpParts['platforms'],
  commands: () =>
    ({
      submit: async (input: unknown) => {
        if (failure !== undefined) throw failure
        submitted.push(input)
        return { kind: 'command', command: COMMAND }
      },
      newest: async () => undefined,
    }) as unknown as Commands,
  views: () => ({ state: async (_platform: Platform, agentId: string) => unknownView(agentId, 0) }) as unknown as Views,
  engine: () => (open ? ({} as Engine) : undefined),
  events: () => {
    throw new Error('not asked for here')
  },
  stopping: () => false,
  audit: { note: () => undefined },
  keyring: createKeyring(KEYS, systemClock),
  clock: systemClock,
  logger,
  storeTimeoutMs: 100,
  openapi: readApiDescription(),
  console: CONSOLE,
  metrics: () => Promise.resolve({ contentType: 'text/plain', body: '' }),
  processes: () => 1,
  ownerOf: () => 'here',
}

let server: Server
let url: string
const requests: IncomingMessage[] = []
const handedOn: { method: string | undefined; body: string }[] = []
beforeAll(async () => {
  const hot = createHotRoute(parts)
  server = createServer((request, response) => {
    requests.push(request)
    hot(request, response, (same: IncomingMessage, answer) => {
      void text(same).then((body) => {
        handedOn.push({ method: same.method, body })
        answer.writeHead(299, { connection: 'close' }).end()
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  open = true
  failure = undefined
  requests.length = 0
  handedOn.length = 0
  submitted.length = 0
})

const TYPE = ['Content-Type', 'application/json'] as const
const KEY = ['Authorization', `Bearer ${SECRETS.crm}`] as const
const POST: RawRequest = { method: 'POST', target: '/v1/platforms/p/agents/a/commands', headers: [KEY, TYPE], body: '{"action":"LOGIN"}' }
const GET: RawRequest = { target: '/v1/platforms/p/agents/a/state', headers: [KEY] }
const send = async (request: RawRequest, pauseMs = 0, cut?: number): Promise<string> => {
  const bytes = bytesOf({ ...request, headers: [...(request.headers ?? []), ['Connection', 'close']] })
  return exchangeRaw(url, cut === undefined ? [bytes] : [bytes.subarray(0, cut), bytes.subarray(cut)], { pauseMs })
}
const withHeaders = (request: RawRequest, ...more: (readonly [string, string])[]): RawRequest => ({
  ...request,
  headers: [...(request.headers ?? []), ...more],
})

describe('the hot route takes', () => {
  const taken: readonly [string, RawRequest][] = [
    ['a command', POST],
    ['a state', GET],
    ['an encoded agent', { ...GET, target: '/v1/platforms/p/agents/J%C3%BC/state' }],
    ['a charset', { ...POST, headers: [KEY, ['Content-Type', 'application/json; charset=utf-8']] }],
    [
      'an idempotency key, a preference, a person',
      withHeaders(POST, ['Idempotency-Key', 'k'], ['Prefer', 'wait=1'], ['X-On-Behalf-Of', 'x']),
    ],
    ['a simple tag', withHeaders(GET, ['If-None-Match', '"x"'])],
    ['what the key may not do', { ...POST, headers: [TYPE, ['X-API-Key', SECRETS.reader]] }],
    ['a platform that there is not', { ...POST, target: '/v1/platforms/nowhere/agents/a/commands' }],
  ]
  it.each(taken)('%s', async (_name, request) => {
    const answer = await send(request)
    expect(answer).toMatch(/^HTTP\/1\.1 (200|403|404) /)
    expect(handedOn).toEqual([])
  })
  it('a body in pieces', async () => {
    expect(await send(POST, 20, -5)).toMatch(/^HTTP\/1\.1 200 /)
    expect(submitted).toMatchObject([{ agentId: 'a', request: { action: 'LOGIN' } }])
    expect(requests.map((request) => request.readableEnded)).toEqual([true])
  })
  it('a failure, and answers it; what nobody foresaw is logged and not told', async () => {
    failure = new Error('a secret of the inside')
    const answer = await send(withHeaders(POST, ['X-Request-Id', 'r-1']))
    expect(answer).toMatch(/^HTTP\/1\.1 500 /)
    expect(answer).not.toContain('secret')
    expect(logger.lines.at(-1)).toMatchObject({ level: 'error', fields: { requestId: 'r-1' }, message: 'unforeseen failure' })
  })
})

describe('the hot route hands on, untouched,', () => {
  const BODY = POST.body as string
  const others: readonly [string, RawRequest, string][] = [
    ['another method', { ...POST, method: 'PUT' }, BODY],
    ['another operation', { ...GET, target: '/v1/platforms' }, ''],
    ['the operation of the other method', { ...POST, target: '/v1/platforms/p/agents/a/state' }, BODY],
    ['a query', { ...POST, target: '/v1/platforms/p/agents/a/commands?dryRun=true' }, BODY],
    ['an empty query', { ...GET, target: '/v1/platforms/p/agents/a/state?' }, ''],
    ['a slash at the end', { ...GET, target: '/v1/platforms/p/agents/a/state/' }, ''],
    ['a fragment', { ...GET, target: '/v1/platforms/p/agents/a/state#x' }, ''],
    ['a wrong encoding', { ...GET, target: '/v1/platforms/p/agents/%zz/state' }, ''],
    ['an encoded slash', { ...GET, target: '/v1/platforms/p/agents/a%2Fb/state' }, ''],
    ['If-Match', withHeaders(POST, ['If-Match', '*']), BODY],
    ['Expect', withHeaders(POST, ['Expect', '100-continue']), BODY],
    ['a coding', withHeaders(POST, ['Content-Encoding', 'identity']), BODY],
    ['chunks', { ...POST, headers: [KEY, TYPE, ['Transfer-Encoding', 'chunked']], body: '2\r\n{}\r\n0\r\n\r\n' }, '{}'],
    ['another media type', { ...POST, headers: [KEY, ['Content-Type', 'text/plain']] }, BODY],
    ['another charset', { ...POST, headers: [KEY, ['Content-Type', 'application/json; charset=latin1']] }, BODY],
    ['no media type', { ...POST, headers: [KEY] }, BODY],
    ['no body', { ...POST, body: '' }, ''],
    ['too large a body', { ...POST, body: `{"action":"LOGIN"${' '.repeat(16_368)}}` }, `{"action":"LOGIN"${' '.repeat(16_368)}}`],
    ['a state with a body', { ...GET, body: 'x' }, 'x'],
    ['tags', withHeaders(GET, ['If-None-Match', '"x", "y"']), ''],
    ['a weak tag', withHeaders(GET, ['If-None-Match', 'W/"x"']), ''],
    ['no key', { ...POST, headers: [TYPE] }, BODY],
    ['a wrong key', { ...POST, headers: [TYPE, ['X-API-Key', 'wrong']] }, BODY],
    ['a header that is too long', withHeaders(POST, ['Idempotency-Key', 'k'.repeat(256)]), BODY],
    ['broken JSON', { ...POST, body: '{"action"' }, '{"action"'],
    ['no object', { ...POST, body: '7' }, '7'],
    ['a body that does not fit', { ...POST, body: '{"action":"DANCE"}' }, '{"action":"DANCE"}'],
    ['an unknown member', { ...POST, body: '{"action":"LOGIN","__proto__":{}}' }, '{"action":"LOGIN","__proto__":{}}'],
  ]
  it.each(others)('%s', async (_name, request, body) => {
    expect(await send(request)).toContain('HTTP/1.1 299 ')
    expect(handedOn).toEqual([{ method: request.method ?? 'GET', body }])
    expect(submitted).toEqual([])
  })
  it('a bad body in pieces, whole again', async () => {
    expect(await send({ ...POST, body: '{"action":"DANCE"}' }, 20, -5)).toContain('HTTP/1.1 299 ')
    expect(handedOn).toEqual([{ method: 'POST', body: '{"action":"DANCE"}' }])
  })
  it('everything while the store is being opened', async () => {
    open = false
    expect(await send(POST)).toContain('HTTP/1.1 299 ')
    expect(handedOn).toHaveLength(1)
  })
})

it('a client that leaves in the middle of its body leaves no request behind', async () => {
  const bytes = bytesOf(POST)
  await exchangeRaw(url, [bytes.subarray(0, -3)], { hangUp: true, pauseMs: 10 })
  await expect.poll(() => new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))).toBe(0)
  expect([handedOn, submitted]).toEqual([[], []])
})
