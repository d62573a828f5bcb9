import type { Manifest } from '../../core/model/manifest.js'
import type { FinesseOptions } from './options.js'

/** What a Finesse platform can do. Sources: cisco.md sections 4.1, 4.2 and 4.6. */
export function manifestOf({ maxInFlight, reasonRequired }: FinesseOptions): Manifest {
  return {
    kind: 'cisco-finesse',
    vendor: 'Cisco',
    title: 'Cisco Finesse',
    actions: ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'],
    confirms: 'event',
    events: 'push',
    reasons: {
      notReady: reasonRequired.notReady ? 'required' : 'optional',
      logout: reasonRequired.logout ? 'required' : 'optional',
      source: 'vendor',
      perAgent: true,
    },
    channels: false,
    login: 'own-credentials',
    forcedLogout: 'native',
    logoutWhileBusy: 'defer',
    link: 'events',
    refusals: false,
    maxInFlight,
    testedVersions: ['12.5', '12.6', '15.0'],
    loginCreatesAgent: false,
  }
}
