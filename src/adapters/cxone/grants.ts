import type { AxiosRequestConfig } from 'axios'
import { retryAfterMs, type VendorHttp } from '../_shared/http.js'
import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'
import { exchange, type Redact } from './exchange.js'
import { faultOf } from './faults.js'
import { numberOf, pick, textOf } from './lenient.js'
import type { CxoneOptions } from './options.js'
import type { Grant } from './tokens.js'

/** Requests at the token endpoints (vendors/cxone.md sections 2.2 and 2.3). */
export interface Grants {
  /** The API user's token, by the configured method. */
  service(signal: AbortSignal): Promise<Grant>
  /** An access key's token: that of an agent who signs in with a key of its own. */
  accessKey(id: string, secret: string, signal: AbortSignal): Promise<Grant>
  refresh(refreshToken: string, signal: AbortSignal): Promise<Grant>
}

export function createGrants(options: CxoneOptions, http: VendorHttp, clock: Clock, redact: Redact): Grants {
  const { auth } = options

  const ask = async (config: AxiosRequestConfig, signal: AbortSignal): Promise<Grant> => {
    const answer = await exchange(http, redact, { ...config, method: 'POST', signal })
    if (answer.status !== 200) {
      throw faultOf({
        call: 'token',
        status: answer.status,
        body: answer.data,
        icStatusDescription: undefined,
        retryAfterMs: retryAfterMs(answer.headers['retry-after'], clock.now()),
        redact,
      })
    }
    return grantOf(answer.data)
  }

  const form = (fields: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Grant> => {
    const { clientId = '', clientSecret = '' } = auth
    const basic = auth.clientAuth === 'basic' && clientId !== ''
    const body = new URLSearchParams(fields)
    if (!basic && clientId !== '') {
      body.set('client_id', clientId)
      body.set('client_secret', clientSecret)
    }
    return ask(
      {
        url: tokenUrl(options),
        headers: {
          Accept: 'application/json',
          'Content-Type': 'application/x-www-form-urlencoded',
          ...(basic && { Authorization: basicHeader(clientId, clientSecret) }),
        },
        data: body.toString(),
      },
      signal,
    )
  }

  const userHub = (id: string, secret: string, signal: AbortSignal): Promise<Grant> =>
    ask(
      {
        url: userHubUrl(options),
        headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
        data: JSON.stringify({ accessKeyId: id, accessKeySecret: secret }),
      },
      signal,
    )

  const accessKey: Grants['accessKey'] = (id, secret, signal) =>
    auth.method === 'userhub-access-key'
      ? userHub(id, secret, signal)
      : form({ grant_type: 'password', username: id, password: secret }, signal)

  return {
    service: (signal) => accessKey(auth.accessKeyId, auth.accessKeySecret, signal),
    accessKey,
    refresh: (refreshToken, signal) =>
      form({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: auth.clientId ?? '' }, signal),
  }
}

/** Keys often end in `=`: both halves are URL-encoded before they are joined (section 2.2, RFC 6749 section 2.3.1). */
export function basicHeader(clientId: string, clientSecret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`
}

export const tokenUrl = (options: CxoneOptions): string => `${bare(options.hosts.token ?? options.issuer)}/auth/token`

export const userHubUrl = (options: CxoneOptions): string =>
  `${bare(options.hosts.userHub ?? options.hosts.token ?? options.issuer)}/authentication/v1/token/access-key`

/** An address without the slash at its end. */
export const bare = (address: string): string => address.replace(/\/+$/, '')

function grantOf(body: unknown): Grant {
  const accessToken = textOf(pick(body, 'access_token'))
  if (accessToken === undefined) {
    throw new CtiError('VENDOR_PROTOCOL', { detail: 'the token endpoint answered without a token', effect: 'none' })
  }
  const refreshToken = textOf(pick(body, 'refresh_token'))
  const idToken = textOf(pick(body, 'id_token'))
  return {
    accessToken,
    expiresInSeconds: numberOf(pick(body, 'expires_in')) ?? 3600,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(idToken !== undefined && { idToken }),
  }
}
