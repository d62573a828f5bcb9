import { createHmac } from 'node:crypto'

/** Signs nothing that matters: a simulator's tokens only have to look like and expire like Keycloak's. */
const SIGNING_KEY = 'expertflow-simulator'

/** A JWT for the user, valid for `ttlSeconds`. */
export function issueToken(agentId: string, username: string, ttlSeconds: number): string {
  const now = Math.floor(Date.now() / 1000)
  const head = part({ alg: 'HS256', typ: 'JWT' })
  const body = part({ sub: agentId, preferred_username: username, iat: now, exp: now + ttlSeconds })
  return `${head}.${body}.${sign(`${head}.${body}`)}`
}

/** Why an Authorization header is not good enough; nothing if it is (expertflow.md §3.1: absent, invalid or expired ⇒ 401). */
export function tokenFault(authorization: string | undefined): 'absent' | 'invalid' | 'expired' | undefined {
  if (authorization === undefined) return 'absent'
  const [head, body, signature] = authorization.replace(/^Bearer /i, '').split('.')
  if (!/^Bearer /i.test(authorization) || body === undefined || signature !== sign(`${head}.${body}`)) return 'invalid'
  const { exp } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { exp: number }
  return exp * 1000 <= Date.now() ? 'expired' : undefined
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const sign = (text: string): string => createHmac('sha256', SIGNING_KEY).update(text).digest('base64url')
