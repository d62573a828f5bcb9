import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { basic, CLIENT, fetchAnswer, KEY, pause, startTenant, type Tenant } from './client.js'

let tenant: Tenant
afterEach(() => tenant.stop())

const TENANT_ID = '11eb1a2b-3c4d-4e5f-8a9b-0242ac110003'
const grant = { grant_type: 'password', username: KEY.id, password: KEY.secret }
const ask = (init: RequestInit, path = '/auth/token') => fetchAnswer(`${tenant.url}${path}`, { method: 'POST', ...init })

describe('tokens (vendors/cxone.md 2.2)', () => {
  it('discovers the token endpoint, issues RS256 tokens with the vendor’s claims, and publishes the key', async () => {
    tenant = await startTenant()
    const { body: oidc } = await fetchAnswer(`${tenant.url}/.well-known/openid-configuration`, {})
    const answer = await fetchAnswer(String(oidc['token_endpoint']), {
      method: 'POST',
      headers: { authorization: basic() },
      body: new URLSearchParams(grant),
    })
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, refresh_token: expect.any(String) })
    const { payload, protectedHeader } = await jwtVerify(
      String(answer.body['id_token']),
      createRemoteJWKSet(new URL(String(oidc['jwks_uri']))),
      {
        issuer: String(oidc['issuer']),
        audience: CLIENT.id,
      },
    )
    expect(protectedHeader.alg).toBe('RS256')
    expect(payload).toMatchObject({ tenantId: TENANT_ID, icAgentId: '900', icBUId: 4599999, icClusterId: 'B32' })
    expect(payload.exp! - payload.iat!).toBe(3600)
  })

  it.each([
    ['form, client in the body', { body: new URLSearchParams({ ...grant, client_id: CLIENT.id, client_secret: CLIENT.secret }) }],
    ['JSON, client as Basic', { headers: { authorization: basic(), 'content-type': 'application/json' }, body: JSON.stringify(grant) }],
    [
      'JSON under a form content type',
      { headers: { authorization: basic(), 'content-type': 'application/x-www-form-urlencoded' }, body: JSON.stringify(grant) },
    ],
    [
      'Basic that was not URL-encoded',
      {
        headers: { authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}` },
        body: new URLSearchParams(grant),
      },
    ],
  ])('takes %s', async (_name, init) => {
    tenant = await startTenant()
    expect((await ask(init)).status).toBe(200)
  })

  it.each([
    ['no client', {}, grant, 401, 'invalid_client'],
    ['a wrong client secret', { authorization: basic(CLIENT.id, 'no') }, grant, 401, 'invalid_client'],
    ['a wrong access key', { authorization: basic() }, { ...grant, password: 'no' }, 400, 'invalid_grant'],
    [
      'client_credentials, which this endpoint does not offer',
      { authorization: basic() },
      { grant_type: 'client_credentials' },
      400,
      'unsupported_grant_type',
    ],
  ])('refuses %s with errorDescription', async (_name, headers, body, status, error) => {
    tenant = await startTenant()
    const answer = await ask({ headers, body: new URLSearchParams(body) })
    expect(answer).toMatchObject({ status, body: { error, errorDescription: expect.any(String) } })
  })

  it('exchanges a refresh token once', async () => {
    tenant = await startTenant()
    const first = await ask({ headers: { authorization: basic() }, body: new URLSearchParams(grant) })
    const body = () =>
      new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']), client_id: CLIENT.id })
    expect((await ask({ body: body() })).status).toBe(200)
    expect((await ask({ body: body() })).status).toBe(400)
  })

  it('serves the older access-key flow without a client', async () => {
    tenant = await startTenant()
    const path = '/authentication/v1/token/access-key'
    const send = (accessKeySecret: string) => ask({ body: JSON.stringify({ accessKeyId: KEY.id, accessKeySecret }) }, path)
    const { body } = await send(KEY.secret)
    expect((await tenant.api('GET', '/server-time', undefined, String(body['access_token']))).status).toBe(200)
    expect((await send('no')).status).toBe(401)
  })

  it('gives each agent an access key of its own', async () => {
    tenant = await startTenant()
    const claims = decodeJwt(await tenant.token('agent-1002', 'secret-1002'))
    expect(claims['icAgentId']).toBe('1002')
    const refused = await tenant.api('POST', '/agents/1001/logout', undefined, await tenant.token('agent-1002', 'secret-1002'))
    expect(refused.status).toBe(403)
  })

  it('answers 401 to a token that has expired or was revoked, and to none', async () => {
    tenant = await startTenant({ tokenSeconds: '0.15' })
    const token = await tenant.token()
    expect((await tenant.api('GET', '/server-time', undefined, token)).status).toBe(200)
    await pause(170)
    expect((await tenant.api('GET', '/server-time', undefined, token)).status).toBe(401)
    const other = await tenant.token()
    expect(tenant.event('token-revoke')).toEqual({ revoked: expect.any(Number) })
    expect(await tenant.api('GET', '/server-time', undefined, other)).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
    expect((await tenant.api('GET', '/server-time', undefined, 'none')).status).toBe(401)
  })

  it('keeps secrets and tokens out of the journal', async () => {
    tenant = await startTenant()
    const token = await tenant.token()
    await tenant.api('GET', '/server-time', undefined, token)
    await ask({ body: JSON.stringify({ token }) }, '/incontactauthorizationserver/token/whoami')
    const journal = JSON.stringify(tenant.running.journal.list())
    for (const secret of [KEY.id, KEY.secret, CLIENT.secret, token]) expect(journal).not.toContain(secret)
  })
})

describe('where the API is (2.1, 2.5)', () => {
  it('says so by tenant, and refuses to without one or for another', async () => {
    tenant = await startTenant()
    const at = (query: string) => fetchAnswer(`${tenant.url}/.well-known/cxone-configuration${query}`, {})
    expect(await at(`?tenantId=${TENANT_ID}`)).toMatchObject({
      status: 200,
      body: {
        private: false,
        api_endpoint: tenant.url,
        auth_endpoint: tenant.url,
        area: 'na1',
        cluster: 'B32',
        domain: 'niceincontact.com',
      },
    })
    expect((await at('')).status).toBe(400)
    expect((await at('?tenantId=other')).status).toBe(404)
  })

  it('says what the base URL map has, whereas it still listens on its own port', async () => {
    const baseUrls = 'issuer=https://cxone.niceincontact.com,api=https://api-na1.niceincontact.com,acd=https://api-b32.nice-incontact.com'
    tenant = await startTenant({ baseUrls, discovery: 'older' })
    const { body } = await fetchAnswer(`${tenant.url}/.well-known/cxone-configuration`, {})
    expect(body).toMatchObject({ api_endpoint: 'https://api-na1.niceincontact.com', auth_endpoint: 'https://cxone.niceincontact.com' })
    const token = await tenant.token()
    const whoami = await ask({ body: JSON.stringify({ token }) }, '/inContactAuthorizationServer/Token/WhoAmI')
    expect(whoami.body).toMatchObject({
      resource_server_base_uri: 'https://api-b32.nice-incontact.com/inContactAPI/',
      team_id: 501,
      bus_no: 4599999,
    })
  })

  it('stops at the start over an option that it does not know', async () => {
    await expect(startTenant({ agent: '3' })).rejects.toThrow('options of the cxone simulator')
    await expect(startTenant({ baseUrls: 'api=ftp://x' })).rejects.toThrow('http(s) address')
    tenant = await startTenant()
  })
})
