import type { CtiError } from '../../core/model/error.js'
import { toCtiError } from '../../core/model/error.js'
import type { SupervisorAccount } from './account.js'
import type { Background } from './background.js'
import { createFinesseRest, type FinesseRest, type RestAnswer } from './rest.js'
import type { FinesseOptions } from './options.js'
import { child, text } from './xml.js'

/** `partial`: works in part; `unreachable`: no answer or no understandable one. */
export type NodeStatus = 'unknown' | 'in-service' | 'partial' | 'out-of-service' | 'unreachable'

export interface FinesseNode {
  readonly name: 'primary' | 'secondary'
  readonly api: string
  readonly xmppService: string
  readonly rest: FinesseRest
  status: NodeStatus
  detail?: string
  xmppDomain?: string
  pubSubDomain?: string
  /** SystemInfo is asked without credentials, and with them once a node has refused that: no document says which one holds. */
  systemInfoNeedsAuth: boolean
}

/** SystemInfo's word → status. Documented are IN_SERVICE and OUT_OF_SERVICE (cisco.md section 4.7); anything else is not service. Pure. */
export function statusOf(word: string | undefined): NodeStatus {
  switch ((word ?? '').toUpperCase()) {
    case 'IN_SERVICE':
      return 'in-service'
    case 'PARTIAL':
    case 'PARTIAL_SERVICE':
    case 'PARTIALLY_IN_SERVICE':
      return 'partial'
    default:
      return 'out-of-service'
  }
}

export function isUsable(status: NodeStatus): boolean {
  return status === 'in-service' || status === 'partial'
}

/**
 * Which node to use: the present one while it is in service; another that is better; nobody goes back by itself, since a change of
 * node costs the notifications of a moment (section 4.1: each node is independent; sign in to one, fail over to the other). Pure.
 */
export function chooseNode(statuses: readonly NodeStatus[], active: number): number {
  const rank = (status: NodeStatus | undefined): number => (status === 'in-service' ? 2 : status === 'partial' ? 1 : 0)
  const best = statuses.reduce((chosen, status, index) => (rank(status) > rank(statuses[chosen]) ? index : chosen), active)
  return rank(statuses[best]) > rank(statuses[active]) ? best : active
}

/** The pair of nodes. */
export interface NodePair {
  active(): FinesseNode
  /** Reads SystemInfo of the active node, and of the other one when the active is not in service; then chooses. True when the choice changed. */
  probe(account: SupervisorAccount, within: Background['within']): Promise<boolean>
  close(): void
}

export function createNodePair(options: FinesseOptions, now: () => number): NodePair {
  const settings = [options.primary, ...(options.secondary === undefined ? [] : [options.secondary])]
  const nodes: FinesseNode[] = settings.map((node, index) => ({
    name: index === 0 ? 'primary' : 'secondary',
    api: node.api.replace(/\/+$/, ''),
    xmppService: node.xmpp ?? `xmpps://${new URL(node.api).hostname}:5223`,
    rest: createFinesseRest({ api: node.api, maxSockets: options.maxInFlight, ca: options.ca, now }),
    status: 'unknown',
    systemInfoNeedsAuth: false,
  }))
  let active = 0
  const at = (index: number): FinesseNode => nodes[index] as FinesseNode

  return {
    active: () => at(active),
    async probe(account, within) {
      const look = (node: FinesseNode): Promise<void> => within((signal) => readSystemInfo(node, account, signal))
      await look(at(active))
      if (at(active).status !== 'in-service') {
        await Promise.all(nodes.filter((node) => node !== at(active)).map(look))
      }
      const chosen = chooseNode(
        nodes.map((node) => node.status),
        active,
      )
      const changed = chosen !== active
      active = chosen
      return changed
    },
    close: () => nodes.forEach((node) => node.rest.close()),
  }
}

async function readSystemInfo(node: FinesseNode, account: SupervisorAccount, signal: AbortSignal): Promise<void> {
  try {
    const { document } = await systemInfo(node, account, signal)
    const info = child(document, 'systeminfo')
    const word = text(info, 'status')
    node.status = statusOf(word)
    node.detail = `SystemInfo: ${word ?? 'no status'}`
    const domain = text(info, 'xmppdomain')
    const pubSub = text(info, 'xmpppubsubdomain')
    if (domain !== undefined && domain !== '') node.xmppDomain = domain
    if (pubSub !== undefined && pubSub !== '') node.pubSubDomain = pubSub
  } catch (error) {
    const failure = toCtiError(error)
    node.status = failure.fault?.httpStatus === 503 ? 'out-of-service' : 'unreachable'
    node.detail = failureText(failure)
  }
}

async function systemInfo(node: FinesseNode, account: SupervisorAccount, signal: AbortSignal): Promise<RestAnswer> {
  if (!node.systemInfoNeedsAuth) {
    try {
      return await node.rest.exchange({ method: 'GET', path: '/SystemInfo', as: 'supervisor', signal })
    } catch (error) {
      if (toCtiError(error).code !== 'VENDOR_AUTH') throw error
      node.systemInfoNeedsAuth = true
    }
  }
  return account.get(node, '/SystemInfo', signal)
}

/** Code and vendor code of a failure, for health and logs. */
export function failureText(failure: CtiError): string {
  const fault = failure.fault
  return [failure.code, fault?.httpStatus ?? fault?.code, fault?.name].filter((part) => part !== undefined).join(' ')
}
