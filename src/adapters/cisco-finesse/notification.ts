import type { FinesseError } from './faults.js'
import { idOfUri, readUser, type FinesseUser } from './user.js'
import { child, descendants, parseXml, text } from './xml.js'

/** One notification, decoded (cisco.md sections 4.5 and 4.8). */
export interface Notification {
  /** `PUT` on success, `put` on errors, `DELETE`…: upper case here. */
  readonly event: string
  readonly source: string
  /** Id of the user that the source names, if it names one. */
  readonly sourceUser?: string
  readonly requestId?: string
  readonly users: readonly FinesseUser[]
  readonly errors: readonly FinesseError[]
  /** New status of the node, when SystemInfo is the source. */
  readonly systemStatus?: string
}

/**
 * Text of a notification → its parts, in either letter case. Pure.
 * Fails: an `Error` (nothing of the text in it) when it is not XML or not an Update.
 */
export function readNotification(xml: string): Notification {
  const update = child(parseXml(xml), 'update')
  if (update === undefined) throw new Error('a notification without Update')
  const source = text(update, 'source') ?? ''
  const data = child(update, 'data')
  const requestId = text(update, 'requestid')
  const systemStatus = text(data, 'systeminfo', 'status')
  const sourceUser = /\/User\/[^/]+$/i.test(source) ? idOfUri(source) : undefined
  return {
    event: (text(update, 'event') ?? '').toUpperCase(),
    source,
    ...(sourceUser !== undefined && { sourceUser }),
    ...(requestId !== undefined && requestId !== '' && { requestId }),
    users: descendants(data, 'user')
      .map(readUser)
      .filter((user) => user !== undefined),
    errors: descendants(data, 'apierror').map((error) => readError(error)),
    ...(systemStatus !== undefined && { systemStatus }),
  }
}

/** `ApiError` / `apiError` → its fields. */
export function readError(node: Parameters<typeof text>[0]): FinesseError {
  const optional: { -readonly [K in keyof FinesseError]: FinesseError[K] | undefined } = {
    type: text(node, 'errortype'),
    message: text(node, 'errormessage'),
    data: text(node, 'errordata'),
    peripheralCode: text(node, 'peripheralerrorcode'),
    peripheralMessage: text(node, 'peripheralerrortext') ?? text(node, 'peripheralerrormsg'),
  }
  return Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined && value !== ''))
}
