import { randomUUID } from 'node:crypto'
import type { Ack, SendOptions, Step, VendorRequestText } from '../../core/adapter.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import type { components } from '../../generated/vendors/finesse.js'
import { credentialsOf, type SupervisorAccount } from './account.js'
import type { FinesseNode } from './nodes.js'
import type { FinesseOptions } from './options.js'
import type { SetUserState } from './plan.js'
import type { OpenRequests } from './requests.js'
import { authorizationOf, headersOf, segment } from './rest.js'
import { buildXml } from './xml.js'

type UserChange = components['schemas']['UserChange']

export interface SenderPorts {
  readonly options: FinesseOptions
  readonly node: () => FinesseNode
  readonly account: SupervisorAccount
  readonly requests: OpenRequests
  /** Something is wrong with the node: look at it. */
  readonly onTrouble: () => void
}

export interface Sender {
  send(step: Step, options: SendOptions): Promise<Ack>
  describe(step: Step, agentId: string): VendorRequestText
}

/** `User` element of a state change (cisco.md section 4.2). Pure. */
export function userBody(request: SetUserState): string {
  const change: UserChange = {
    state: request.state,
    ...(request.reasonCodeId !== undefined && { reasonCodeId: request.reasonCodeId }),
    ...(request.extension !== undefined && { extension: request.extension }),
    ...(request.activeDeviceId !== undefined && { activeDeviceId: request.activeDeviceId }),
    ...(request.mobileAgent !== undefined && { mobileAgent: request.mobileAgent }),
    ...(request.logoutAllMedia === true && { logoutAllMedia: 'true' as const }),
  }
  return buildXml({ User: { ...change } })
}

/** The one writing exchange: PUT /User/{id}. */
export function createSender(ports: SenderPorts): Sender {
  const { options, account, requests } = ports

  const put = async (request: SetUserState, authorization: string, requestId: string, { agentId, signal }: SendOptions): Promise<Ack> => {
    requests.add(requestId, { agentId, state: request.state })
    try {
      const answer = await ports.node().rest.exchange({
        method: 'PUT',
        path: `/User/${segment(agentId)}`,
        authorization,
        as: request.as,
        body: userBody(request),
        requestId,
        signal,
      })
      return { correlation: requestId, ...(answer.requestId !== undefined && { vendorRef: answer.requestId }) }
    } catch (error) {
      const failure = toCtiError(error)
      if (failure.effect !== 'unknown') requests.remove(requestId)
      if (failure.code === 'VENDOR_UNAVAILABLE' || failure.code === 'VENDOR_TIMEOUT') ports.onTrouble()
      throw failure
    }
  }

  return {
    async send(step, sendOptions) {
      const request = step.request as SetUserState
      const requestId = randomUUID()
      if (request.as === 'supervisor')
        return account.guard(() => put(request, account.authorization, requestId, sendOptions), sendOptions.signal)
      const configured = Object.hasOwn(options.accounts, sendOptions.agentId) ? options.accounts[sendOptions.agentId] : undefined
      const authorization =
        authorizationOf(sendOptions.credentials, sendOptions.agentId) ??
        (configured === undefined ? undefined : authorizationOf(credentialsOf(configured), sendOptions.agentId))
      if (authorization === undefined) throw new CtiError('CREDENTIALS_REQUIRED')
      return put(request, authorization, requestId, sendOptions)
    },
    describe(step, agentId) {
      const request = step.request as SetUserState
      const scheme = schemeOf(options, request, agentId)
      const body = userBody(request)
      return {
        target: `PUT ${ports.node().api}/finesse/api/User/${segment(agentId)}`,
        headers: headersOf({ authorization: `${scheme} ***`, body, requestId: '(a new UUID)' }),
        body,
      }
    },
  }
}

/** Which kind of credentials the request would carry, as far as the configuration tells. */
function schemeOf(options: FinesseOptions, request: SetUserState, agentId: string): 'Basic' | 'Bearer' {
  const account =
    request.as === 'supervisor' ? options.supervisor : Object.hasOwn(options.accounts, agentId) ? options.accounts[agentId] : undefined
  return account?.token === undefined ? 'Basic' : 'Bearer'
}
