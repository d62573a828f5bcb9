/** A CXone client as it would be written against the real platform; only its host names are overridden. */
import { decodeJwt } from 'jose'
import { afterEach, expect, it } from 'vitest'
import { basic, KEY, startTenant, type Tenant } from './client.js'

let tenant: Tenant
afterEach(() => tenant.stop())

const HOSTS = ['cxone.niceincontact.com', 'api-na1.niceincontact.com', 'api-b32.nice-incontact.com']

/** What a `hosts` file and a TLS terminator would do. */
function send(url: string, init: RequestInit = {}): Promise<Response> {
  const { protocol, hostname, pathname, search } = new URL(url)
  if (protocol !== 'https:' || !HOSTS.includes(hostname)) throw new Error(`unexpected host in ${url}`)
  return fetch(`${tenant.url}${pathname}${search}`, init)
}

const json = async (response: Response) => (await response.json()) as Record<string, unknown>

async function signIn(username: string, password: string): Promise<{ api: string; acd: string; bearer: string }> {
  const oidc = await json(await send('https://cxone.niceincontact.com/.well-known/openid-configuration'))
  const tokens = await json(
    await send(String(oidc['token_endpoint']), {
      method: 'POST',
      headers: { authorization: basic(), 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'password', username, password }).toString(),
    }),
  )
  const tenantId = String(decodeJwt(String(tokens['id_token']))['tenantId'])
  const place = await json(await send(`https://cxone.niceincontact.com/.well-known/cxone-configuration?tenantId=${tenantId}`))
  const whoami = await json(
    await send(
      `https://api-${String(place['cluster']).toLowerCase()}.${String(place['acdDomain'])}/incontactauthorizationserver/token/whoami`,
      {
        method: 'POST',
        body: JSON.stringify({ token: tokens['access_token'] }),
      },
    ),
  )
  return {
    api: String(place['api_endpoint']),
    acd: String(whoami['resource_server_base_uri']).replace(/\/inContactAPI\/$/, ''),
    bearer: `Bearer ${String(tokens['access_token'])}`,
  }
}

interface Polled {
  readonly sessionId: string
  readonly events: readonly Record<string, unknown>[]
}

it('a stock client gets through start, state, join, end, remote log-off and report download', async () => {
  tenant = await startTenant({
    baseUrls: HOSTS.map((host, at) => `${['issuer', 'api', 'acd'][at]}=https://${host}`).join(','),
    refusalRows: '11',
  })
  const { api, acd, bearer } = await signIn(KEY.id, KEY.secret)
  const headers = { authorization: bearer, 'content-type': 'application/json' }
  const post = (base: string, path: string, body: object = {}) =>
    send(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const sessions = '/inContactAPI/services/v31.0/agent-sessions'
  const poll = async (id: string): Promise<Polled | number> => {
    const response = await send(`${acd}${sessions}/${id}/get-next-event?timeout=5`, { headers })
    return response.status === 200 ? ((await response.json()) as Polled) : response.status
  }
  /** Polls until an event fits; the next id, as every client has to use it. */
  const hear = async (id: string, fits: (event: Record<string, unknown>) => boolean): Promise<string> => {
    const polled = await poll(id)
    if (typeof polled === 'number') throw new Error(`poll answered ${polled}`)
    return polled.events.some(fits) ? polled.sessionId : hear(polled.sessionId, fits)
  }
  const inState =
    (word: string, reason = '') =>
    (event: Record<string, unknown>) =>
      event['Type'] === 'AgentState' && event['CurrentState'] === word && event['CurrentOutReason'] === reason

  // Start, state, a second start that becomes a join, end.
  const seat = {
    stationId: '',
    stationPhoneNumber: '+15550188',
    inactivityTimeout: '45',
    inactivityForceLogout: 'false',
    asAgentId: '1015',
  }
  const started = await post(acd, sessions, seat)
  expect(started.status).toBe(202)
  let id = await hear(String((await json(started))['sessionId']), inState('Unavailable'))
  expect((await post(acd, `${sessions}/${id}/state`, { state: 'Available', reason: '' })).status).toBe(202)
  id = await hear(id, inState('Available'))
  expect((await post(acd, sessions, seat)).status).toBe(409)
  const joined = await post(acd, `${sessions}/join`, { asAgentId: '1015' })
  expect(joined.status).toBe(202)
  let second = await hear(String((await json(joined))['sessionId']), inState('Available'))
  expect((await post(acd, `${sessions}/${second}/state`, { state: 'Unavailable', reason: 'Lunch' })).status).toBe(202)
  ;[id, second] = await Promise.all([hear(id, inState('Unavailable', 'Lunch')), hear(second, inState('Unavailable', 'Lunch'))])
  const ended = await send(`${acd}${sessions}/${id}?forceLogoff=false&endContacts=false&ignorePersonalQueue=false`, {
    method: 'DELETE',
    headers,
  })
  expect(ended.status).toBe(202)
  second = await hear(second, (event) => event['Type'] === 'AgentSessionEnd')
  expect(await poll(second)).toBe(409)

  // Remote log-off by the supervisor, seen in the state list.
  const list = async () => (await json(await send(`${api}/incontactapi/services/v34.0/agents/1002/states`, { headers })))['agentStates']
  expect(await list()).toMatchObject([{ agentStateId: 2 }])
  expect((await post(api, '/incontactapi/services/v34.0/agents/1002/logout')).status).toBe(202)
  await tenant.until('1002', 'LoggedOut')
  expect(await list()).toMatchObject([{ agentStateId: 0, agentStateName: 'LoggedOut' }])

  // Report download, inline and by file.
  const dates = [-2, 2].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19)) as [string, string]
  const query = (save: boolean) =>
    new URLSearchParams({
      startDate: dates[0],
      endDate: dates[1],
      fileName: 'refusal.csv',
      saveAsFile: String(save),
      includeHeaders: 'true',
    })
  const report = async (save: boolean) =>
    json(await post(api, `/incontactapi/services/v34.0/report-jobs/datadownload/350100?${query(save).toString()}`))
  const text = (base64: unknown) => Buffer.from(String(base64), 'base64').toString()
  const inline = text((await report(false))['file'])
  expect(inline.split('\r\n')).toHaveLength(13)
  const saved = await json(await send(String((await report(true))['URI']), { headers }))
  expect(text((saved['files'] as { file: string }).file)).toBe(inline)

  // Nothing had an effect twice.
  const changes = tenant.running.journal.list().filter((entry) => entry.asked !== undefined)
  expect(changes.map((entry) => [entry.agentId, entry.asked, entry.effect])).toEqual([
    ['1015', 'LOGIN', 'applied'],
    ['1015', 'READY', 'applied'],
    ['1015', 'LOGIN', 'refused'],
    ['1015', 'NOT_READY', 'applied'],
    ['1015', 'LOGOUT', 'applied'],
    ['1002', 'LOGOUT', 'applied'],
  ])
})
