import type { ActionKind } from '../../core/model/command.js'
import type { Manifest } from '../../core/model/manifest.js'
import { loginWay, type CxoneOptions } from './options.js'

const WITHOUT_LOGIN: readonly ActionKind[] = ['READY', 'NOT_READY', 'LOGOUT']
const LOGIN_OF = { unsupported: 'unsupported', impersonate: 'on-behalf', 'agent-credentials': 'own-credentials' } as const

/** What this platform can do, as it is set up (vendors/cxone.md section 9). */
export function manifestOf(options: CxoneOptions): Manifest {
  const login = loginWay(options)
  const supervisor = options.mode === 'supervisor'
  return {
    kind: 'cxone',
    vendor: 'NICE',
    title: 'NICE CXone',
    actions: login === 'unsupported' ? WITHOUT_LOGIN : ['LOGIN', ...WITHOUT_LOGIN],
    confirms: supervisor ? 'read' : 'event',
    events: supervisor ? (options.feed.enabled ? 'poll' : 'none') : 'push',
    reasons: { notReady: 'optional', logout: 'none', source: 'vendor', perAgent: true },
    channels: false,
    login: LOGIN_OF[login],
    forcedLogout: 'native',
    // What a forced logout does to a contact is not documented (4.1; section 11 no. 9), whichever mode.
    logoutWhileBusy: 'unknown',
    link: 'commands',
    refusals: options.refusals !== undefined,
    maxInFlight: 20,
    ratePerSecond: options.throttle.perSecond,
    testedVersions: ['v23.0', 'v34.0'],
    loginCreatesAgent: false,
  }
}
