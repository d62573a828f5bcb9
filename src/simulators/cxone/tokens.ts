/** Keys, issued tokens and who they stand for (vendors/cxone.md section 2). */
import type { Agent } from './agent.js'
import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'
import type { CxoneOptions, Permission } from './options.js'

export interface Caller {
  readonly userId: string
  readonly userName: string
  /** Set for an agent's own token. */
  readonly agent?: Agent
  readonly permissions: ReadonlySet<Permission>
}

export interface SigningKey {
  readonly jwks: { readonly keys: readonly JWK[] }
  sign(claims: Record<string, unknown>): Promise<string>
}

let processKey: Promise<SigningKey> | undefined

/** The RS256 key of this process: making one takes up to seconds, and tests start many simulators. */
export function signingKey(): Promise<SigningKey> {
  processKey ??= createSigningKey()
  return processKey
}

async function createSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true })
  const kid = randomUUID()
  const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' }
  return {
    jwks: { keys: [jwk] },
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey),
  }
}

interface Issued {
  readonly caller: Caller
  readonly expiresAt: number
}

export interface TokenBook {
  /** Access, refresh and id token for a caller, with the vendor's claims (2.2). */
  issue(caller: Caller): Promise<Readonly<Record<string, unknown>>>
  /** Undefined: unknown, expired or revoked. */
  find(token: string): Caller | undefined
  /** Whom a refresh token stands for; it can be used once. */
  redeem(refreshToken: string): Caller | undefined
  revoke(token?: string): number
  secondsLeft(token: string): number
}

export function createTokenBook(options: CxoneOptions, key: SigningKey, now: () => number, issuer: () => string): TokenBook {
  const issued = new Map<string, Issued>()
  const refreshers = new Map<string, Caller>()
  return {
    async issue(caller) {
      const iat = Math.floor(now() / 1000)
      const claims = {
        ...claimsOf(caller, options),
        iss: issuer(),
        aud: options.clientId,
        iat,
        exp: iat + Math.max(1, Math.ceil(options.tokenSeconds)),
      }
      const accessToken = await key.sign({ ...claims, jti: randomUUID() })
      issued.set(accessToken, { caller, expiresAt: now() + options.tokenSeconds * 1000 })
      const refreshToken = randomUUID().replaceAll('-', '')
      if (options.refreshTokens === 'yes') refreshers.set(refreshToken, caller)
      return {
        access_token: accessToken,
        token_type: 'Bearer',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        ...(options.refreshTokens === 'yes' && { refresh_token: refreshToken, refresh_token_expires_in: 7200 }),
        expires_in: Math.ceil(options.tokenSeconds),
        id_token: await key.sign(claims),
      }
    },
    find(token) {
      const known = issued.get(token)
      return known !== undefined && known.expiresAt > now() ? known.caller : undefined
    },
    redeem(refreshToken) {
      const caller = refreshers.get(refreshToken)
      refreshers.delete(refreshToken)
      return caller
    },
    revoke(token) {
      const count = token === undefined ? issued.size : Number(issued.has(token))
      if (token === undefined) issued.clear()
      else issued.delete(token)
      return count
    },
    secondsLeft: (token) => Math.max(0, Math.floor(((issued.get(token)?.expiresAt ?? 0) - now()) / 1000)),
  }
}

/** `icAgentId` is a string and `icBUId` a number (2.2). The API user is a user without a seat; its agent id is 900. */
function claimsOf(caller: Caller, options: CxoneOptions): Record<string, unknown> {
  const agent = caller.agent
  return {
    sub: `user:${caller.userId}`,
    tenantId: options.tenantId,
    tenant: 'sim_tenant',
    userId: caller.userId,
    icAgentId: String(agent?.id ?? API_USER_AGENT_ID),
    icBUId: options.businessUnitId,
    icClusterId: options.cluster,
    icSPId: '42',
    icDomain: options.acdDomain,
    area: options.area,
    name: caller.userName,
    given_name: agent?.firstName ?? 'Api',
    family_name: agent?.lastName ?? 'User',
    role: { legacyId: agent === undefined ? 'Administrator' : 'Agent' },
  }
}

export const API_USER_AGENT_ID = 900
