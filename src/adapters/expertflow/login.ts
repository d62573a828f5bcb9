import { CtiError } from '../../core/model/error.js'
import { LOGIN_PATHS } from './describe.js'
import { loginError, type Party } from './faults.js'
import { harmless, type HttpClient } from './http-client.js'
import type { ExpertflowOptions } from './options.js'
import { fieldsOf, textOf } from './presence.js'

export interface UserAccount {
  readonly username: string
  readonly password: string
}

/** What a login brings: a bearer token and the identity that opens a socket (sections 3.1 and 3.2). */
export interface Login {
  readonly token: string
  /** `keycloak_User`, unchanged. */
  readonly user: Readonly<Record<string, unknown>>
  /** Its id, which is the agent id everywhere. */
  readonly agentId: string
  readonly username: string
}

/**
 * One REST login. Fails: CREDENTIALS_INVALID or VENDOR_AUTH, VENDOR_FORBIDDEN, LICENSE_REFUSED … (section 3.3), always without
 * effect on the agent: only a socket logs in. A login that wants a second factor cannot be completed here (trap 20).
 */
export async function login(
  http: HttpClient,
  endpoint: ExpertflowOptions['agentLogin'],
  account: UserAccount,
  party: Party,
  signal: AbortSignal,
): Promise<Login> {
  const { username, password } = account
  const answer = await http
    .exchange({ service: endpoint, method: 'POST', path: LOGIN_PATHS[endpoint], body: { username, password }, secrets: [password] }, signal)
    .catch((error: unknown) => {
      throw harmless(error)
    })
  const body = fieldsOf(answer.body)
  const inner = body?.['statusCode']
  const status = answer.status === 200 && typeof inner === 'number' && inner >= 400 ? inner : answer.status
  if (status < 200 || status > 299) throw loginError({ ...answer, status }, party)
  const data = fieldsOf(body?.['data'])
  const token = textOf(data?.['token'])
  const user = fieldsOf(data?.['keycloak_User'])
  const agentId = textOf(user?.['id'])
  if (token === undefined || user === undefined || agentId === undefined) {
    throw new CtiError('VENDOR_PROTOCOL', {
      effect: 'none',
      detail: 'the login gave no token or no keycloak_User; an account with two-factor login cannot be used here',
      fault: { system: endpoint, code: String(answer.status), httpStatus: answer.status },
    })
  }
  return { token, user, agentId, username: textOf(user['username']) ?? username }
}

/** A caller may log in the agent it addresses and nobody else; the vendor's socket would not check it (section 4, security note). */
export function requireIdentity(found: Login, agentId: string): void {
  if (found.agentId.toLowerCase() === agentId.toLowerCase()) return
  throw new CtiError('CREDENTIALS_INVALID', { detail: 'these credentials belong to another agent than the one addressed' })
}
