/** Faults of the simulated Expertflow CX. Where they apply is said in the text; `operation` is the journal's word. */
export const FAULT_KINDS: Readonly<Record<string, string>> = {
  'http-status':
    'REST: answers `status` (500) with `retryAfter` and `body`, no effect. changeAgentState: an `errors` event with that statusCode',
  'html-body': 'REST: an HTML page with `status` (200) instead of JSON, no effect',
  'expired-token': 'REST: 401 as from the application gateway, no effect',
  'login-error': 'login: the documented refusal for `status` (401): 400, 401, 403, 404, 408, 412 or 500',
  slow: 'REST and socket connect: goes on after `delayMs` (500). changeAgentState: the effect comes that late',
  hang: 'REST: never answered, no effect. socket connect: no answer. changeAgentState: no effect, no event',
  'drop-before-effect': 'the connection breaks, no effect',
  'drop-after-effect': 'the connection breaks, the effect happens',
  silent: 'state change: taken and nothing happens, no event',
  lie: 'state change: REST says 200 (the socket nothing, as ever), nothing happens, no event',
  'false-event': 'state change: an agentPresence claims it, but nothing happened; REST reads tell the truth',
  'no-event': 'state change: happens, but no agentPresence is sent',
  'errors-event': 'state change: an `errors` event { task, msg = body, statusCode = status (500) }, no effect',
  'errors-after-effect': 'state change: happens, then an `errors` event as well',
  'duplicate-event': 'state change: happens, every agentPresence comes twice',
  'delayed-event': 'state change: happens at once, agentPresence comes after `delayMs` (500)',
  'delayed-effect': 'state change: happens after `delayMs` (500)',
  'late-old-event': 'state change: happens; the agentPresence sent before it is repeated after `delayMs` (500; 0: right behind)',
  'disconnect-socket':
    'state change: no effect, the server ends the session of the sender (`io server disconnect`). socket connect: ends it right after',
  'refuse-handshake': 'socket connect: connect_error `login-failed`; with `body` = LM the form of the licence manager',
}

/** Kinds that a REST call can play; a call that changes a state also plays {@link CHANGE_FAULTS}. */
export const REST_FAULTS = ['http-status', 'html-body', 'expired-token', 'slow', 'hang', 'drop-before-effect', 'drop-after-effect'] as const

/** Kinds that a login can play. */
export const LOGIN_FAULTS = [...REST_FAULTS, 'login-error'] as const

/** Kinds that belong to the change itself, whichever way it came. */
export const CHANGE_FAULTS = [
  'silent',
  'lie',
  'false-event',
  'no-event',
  'errors-event',
  'errors-after-effect',
  'duplicate-event',
  'delayed-event',
  'delayed-effect',
  'late-old-event',
  'disconnect-socket',
] as const

/** Kinds that `changeAgentState` can play. */
export const SOCKET_CHANGE_FAULTS = [...CHANGE_FAULTS, 'http-status', 'slow', 'hang', 'drop-before-effect', 'drop-after-effect'] as const

/** Kinds that a handshake can play. */
export const CONNECT_FAULTS = ['refuse-handshake', 'slow', 'hang', 'drop-before-effect', 'disconnect-socket'] as const
