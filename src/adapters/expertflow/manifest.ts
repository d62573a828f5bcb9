import type { Manifest } from '../../core/model/manifest.js'
import type { ExpertflowOptions } from './options.js'

/** What this installation's adapter can do; it depends on the session model (section 15.1). */
export function manifestOf(options: ExpertflowOptions): Manifest {
  const { sessionModel, supervisor, requireReason } = options
  const isDesk = sessionModel === 'headless-desk'
  const isProxy = sessionModel === 'supervisor-proxy'
  return {
    kind: 'expertflow',
    vendor: 'Expertflow',
    title: 'Expertflow CX',
    actions: isProxy
      ? ['READY', ...(options.supervisorNotReady ? (['NOT_READY'] as const) : []), 'LOGOUT']
      : ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'],
    confirms: isDesk ? 'event' : 'read',
    events: isDesk ? 'push' : options.pollMs > 0 ? 'poll' : 'none',
    reasons: {
      notReady: requireReason.notReady ? 'required' : 'optional',
      logout: requireReason.logout ? 'required' : 'optional',
      source: 'vendor',
    },
    channels: !isProxy,
    login: isProxy ? 'unsupported' : 'own-credentials',
    forcedLogout: supervisor !== undefined || sessionModel === 'in-cluster-rest' ? 'native' : 'unsupported',
    logoutWhileBusy: 'reroute',
    link: 'commands',
    refusals: false,
    maxInFlight: options.maxInFlight,
    testedVersions: ['CX 4.4 (code)', 'CX 4.10 (documents)', 'CX 5.0.3 (documents)'],
    loginCreatesAgent: true,
  }
}
