/** Discovery and tokens (vendors/cxone.md section 2). */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Route } from './routes.js'
import type { Site } from './site.js'
import { API_USER_AGENT_ID, type Caller } from './tokens.js'
import { text, type Call, type Effect, type Reply } from './wire.js'

const same = (a: string, b: string) => timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())

/** `errorDescription` in camelCase, unlike RFC 6749 (2.2). */
function oauthError(status: number, error: string, errorDescription: string): Reply {
  return { status, body: { error, errorDescription }, effect: 'refused', detail: { refusal: errorDescription } }
}

const answer = (body: unknown, effect: Effect = 'read'): Reply => ({ status: 200, body, effect })

/** Whose access key this is: the API user's, or an agent's own (`agent-<id>` / `secret-<id>`). */
function callerOf(site: Site, keyId: string | undefined, secret: string | undefined): Caller | undefined {
  const { options } = site
  if (keyId === undefined || secret === undefined) return undefined
  if (same(keyId, options.accessKeyId) && same(secret, options.accessKeySecret))
    return { userId: '11ee0900-0000-4000-8000-000000000900', userName: 'api.user@sim.example', permissions: site.permissions }
  const agent = site.agent(/^agent-(\d+)$/.exec(keyId)?.[1] ?? '')
  if (agent === undefined || !same(secret, `secret-${agent.id}`)) return undefined
  return { userId: agent.userId, userName: agent.userName, agent, permissions: new Set() }
}

/** Client id and secret as Basic header or as fields. Both halves may be URL-encoded (2.2), or not. */
function clientOf(call: Call): { readonly id: string; readonly secret: string } | undefined {
  const basic = /^basic\s+(.+)$/i.exec(call.headers.authorization ?? '')?.[1]
  if (basic === undefined) {
    const id = text(call.input, 'client_id')
    return id === undefined ? undefined : { id, secret: text(call.input, 'client_secret') ?? '' }
  }
  const pair = Buffer.from(basic, 'base64').toString('utf8')
  const at = pair.indexOf(':')
  return at < 0 ? undefined : { id: pair.slice(0, at), secret: pair.slice(at + 1) }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function clientRefusal(site: Site, call: Call): Reply | undefined {
  const client = clientOf(call)
  if (client === undefined)
    return site.options.clientAuth === 'optional' ? undefined : oauthError(401, 'invalid_client', 'Client authentication is required')
  const fits = [client, { id: decoded(client.id), secret: decoded(client.secret) }].some(
    ({ id, secret }) => same(id, site.options.clientId) && same(secret, site.options.clientSecret),
  )
  return fits ? undefined : oauthError(401, 'invalid_client', 'Client authentication failed')
}

async function token(site: Site, call: Call): Promise<Reply> {
  const refused = clientRefusal(site, call)
  const grant = text(call.input, 'grant_type')
  if (grant === 'refresh_token') {
    // A refresh needs the client id only (2.2).
    const caller = site.tokens.redeem(text(call.input, 'refresh_token') ?? '')
    return caller === undefined
      ? oauthError(400, 'invalid_grant', 'Refresh token is invalid or expired')
      : answer(await site.tokens.issue(caller), 'applied')
  }
  if (refused !== undefined) return refused
  if (grant === undefined) return oauthError(400, 'invalid_request', 'grant_type is missing')
  if (grant !== 'password') return oauthError(400, 'unsupported_grant_type', `Grant type ${grant} is not supported`)
  const caller = callerOf(site, text(call.input, 'username'), text(call.input, 'password'))
  if (caller === undefined) return oauthError(400, 'invalid_grant', 'User name or password is wrong')
  return answer(await site.tokens.issue(caller), 'applied')
}

/** The older UserHub flow, without a client id (2.3). */
async function accessKey(site: Site, call: Call): Promise<Reply> {
  const keyId = text(call.input, 'accessKeyId')
  const secret = text(call.input, 'accessKeySecret')
  if (keyId === undefined || secret === undefined) return oauthError(400, 'invalid_request', 'accessKeyId and accessKeySecret are required')
  const caller = callerOf(site, keyId, secret)
  if (caller === undefined) return oauthError(401, 'invalid_credentials', 'Access key is wrong')
  return answer(await site.tokens.issue(caller), 'applied')
}

function openidConfiguration(site: Site): Reply {
  const { issuer } = site.urls
  return answer({
    issuer,
    authorization_endpoint: `${issuer}/auth/authorize`,
    token_endpoint: `${issuer}/auth/token`,
    userinfo_endpoint: `${issuer}/auth/userinfo`,
    end_session_endpoint: `${issuer}/auth/authorize/logout`,
    jwks_uri: `${issuer}/auth/jwks`,
    scopes_supported: ['openid'],
    response_types_supported: ['code'],
    grant_types_supported: ['password', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
    code_challenge_methods_supported: ['S256'],
    display_values_supported: ['page', 'popup'],
  })
}

function cxoneConfiguration(site: Site, call: Call): Reply {
  const { options, urls } = site
  const tenantId = text(call.input, 'tenantId')
  if (tenantId === undefined && options.discovery === 'tenant') return oauthError(400, 'invalid_request', 'tenantId is required')
  if (tenantId !== undefined && tenantId !== options.tenantId) return oauthError(404, 'not_found', 'Tenant not found')
  return answer({
    private: false,
    ui_endpoint: urls.issuer,
    auth_endpoint: urls.issuer,
    api_endpoint: urls.api,
    area: options.area,
    cluster: options.cluster,
    domain: options.domain,
    acdDomain: options.acdDomain,
    uhDomain: options.acdDomain,
    globaldomain: options.domain,
    ...(tenantId !== undefined && { tenantId }),
  })
}

function whoami(site: Site, call: Call): Reply {
  const asked = text(call.input, 'token') ?? ''
  const caller = site.tokens.find(asked)
  if (caller === undefined) return oauthError(401, 'invalid_token', 'The token is unknown or expired')
  return answer({
    agent_id: caller.agent?.id ?? API_USER_AGENT_ID,
    bus_no: site.options.businessUnitId,
    expires_in: site.tokens.secondsLeft(asked),
    iss: site.urls.issuer,
    refresh_token_server_uri: `${site.urls.issuer}/auth/token`,
    resource_server_base_uri: `${site.urls.acd}/inContactAPI/`,
    sub: `user:${caller.userId}`,
    team_id: caller.agent?.team.id ?? 501,
  })
}

/** The older refresh of UserHub (2.3; medium confidence). */
async function userRefresh(site: Site, call: Call): Promise<Reply> {
  const caller = site.tokens.redeem(text(call.input, 'token') ?? '')
  if (caller === undefined) return oauthError(401, 'invalid_token', 'Refresh token is invalid or expired')
  const issued = await site.tokens.issue(caller)
  return answer(
    {
      token: issued['access_token'],
      tokenExpirationTimeSec: issued['expires_in'],
      refreshToken: issued['refresh_token'],
      refreshTokenExpirationTimeSec: 7200,
      sessionId: `ss-${caller.userId}`,
    },
    'applied',
  )
}

const root = (operation: string, handle: Route['handle'], needed: Route['token'] = 'none'): Route => ({
  operation,
  base: 'root',
  token: needed,
  handle,
})

export const AUTH_ROUTES: readonly Route[] = [
  root('GET /.well-known/openid-configuration', openidConfiguration),
  root('GET /.well-known/cxone-configuration', cxoneConfiguration),
  root('GET /auth/jwks', (site) => answer(site.key.jwks)),
  root('POST /auth/token', token),
  root('GET /auth/userinfo', (_site, call) => answer({ sub: `user:${call.caller?.userId}`, name: call.caller?.userName }), 'needed'),
  root('POST /authentication/v1/token/access-key', accessKey),
  root('POST /public/user/refresh', userRefresh),
  root('POST /incontactauthorizationserver/token/whoami', whoami),
]
