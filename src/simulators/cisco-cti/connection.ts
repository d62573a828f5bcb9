import { FAILURE_CONF_LONG, FAILURE_CONF_SHORT } from './messages.js'
import type { Client, Site } from './site.js'

/** What delivery needs to know of the connection, besides what the site needs. */
export interface Connection extends Client {
  readonly site: Site
  outstanding: number
  split(on: boolean): void
}

/** FAILURE_CONF in the form that the options give this version (section 1.5). */
export function sendFailure(connection: Connection, invokeId: number, status: number, form?: 'short' | 'long'): void {
  const setting = form ?? connection.site.options.failureConf
  const long = setting === 'long' || (setting === 'by-version' && connection.version >= 24)
  if (long) connection.send(FAILURE_CONF_LONG, { InvokeID: invokeId, FailureCode: status })
  else connection.send(FAILURE_CONF_SHORT, { InvokeID: invokeId, Status: status })
}
