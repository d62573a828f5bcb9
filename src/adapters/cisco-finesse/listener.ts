import type { EventSink, Logger } from '../../core/adapter.js'
import { asyncVerdict, faultOf, type FinesseError } from './faults.js'
import { readNotification, type Notification } from './notification.js'
import type { OpenRequests } from './requests.js'
import type { Roster } from './roster.js'
import type { FinesseUser } from './user.js'

export interface ListenerPorts {
  readonly roster: Roster
  readonly requests: OpenRequests
  readonly log: Logger
  readonly sink: () => EventSink | undefined
  /** SystemInfo spoke: look at the nodes now. */
  readonly onSystemStatus: () => void
  /** Finesse says that there is nothing left to do: find out how the agent stands. */
  readonly reread: (agentId: string) => void
  /** LOGIN is transient (section 4.2): the agent is read again unless another state follows. */
  readonly signingIn: (agentId: string, still: boolean) => void
}

/** Turns the text of notifications into events for the core. Never throws: what cannot be read is logged without its text. */
export function createListener(ports: ListenerPorts): (node: string, text: string) => void {
  const { roster, requests } = ports

  const views = (notification: Notification, summary: boolean): void => {
    for (const user of notification.users) {
      if (notification.event === 'DELETE') roster.forget(user.loginId)
      else emit(user, summary, notification.requestId)
    }
  }

  const emit = (user: FinesseUser, summary: boolean, correlation: string | undefined): void => {
    const view = roster.learn(user, { source: 'event', summary })
    if (view === undefined) return
    requests.remove(correlation)
    ports.signingIn(view.agentId, view.state === 'LOGGING_IN')
    ports.sink()?.agent({
      agentId: view.agentId,
      view,
      ...(correlation !== undefined && { correlation }),
      ...(view.since !== undefined && { occurredAt: view.since }),
    })
  }

  const refuse = (error: FinesseError, notification: Notification): void => {
    const request = requests.get(notification.requestId)
    const agentId = request?.agentId ?? notification.sourceUser
    requests.remove(notification.requestId)
    if (agentId === undefined) {
      ports.log.warn({ vendorCode: error.data, vendorName: error.type }, 'Finesse reported an error that belongs to no agent')
      return
    }
    const code = asyncVerdict(error)
    if (code === 'NOT_LOGGED_IN' && request?.state === 'LOGOUT') return ports.reread(agentId) // the wish is fulfilled already
    ports.sink()?.agent({
      agentId,
      refused: { code, fault: faultOf(error, notification.requestId === undefined ? {} : { requestId: notification.requestId }) },
      ...(notification.requestId !== undefined && { correlation: notification.requestId }),
    })
  }

  return (node, text) => {
    let notification: Notification
    try {
      notification = readNotification(text)
    } catch (error) {
      ports.log.warn({ node, problem: (error as Error).message }, 'a Finesse notification cannot be read')
      return
    }
    if (notification.systemStatus !== undefined) ports.onSystemStatus()
    for (const error of notification.errors) refuse(error, notification)
    views(notification, /\/Team\//i.test(node === '' ? notification.source : node))
  }
}
