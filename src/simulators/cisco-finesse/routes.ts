/** What each REST operation does (vendors/cisco.md sections 4.2, 4.5 to 4.7). */
import type { Exchange, Reply } from './exchange.js'
import { FINESSE_STATES, TEAM, type FinesseState, type ReasonCategory, type ReasonCode, type User } from './population.js'
import { changeState, type ChangeRequest, type Outcome } from './user-rules.js'
import { readRoot, readUser, reasonXml, reasonsXml, systemInfoXml, teamXml, textOf, userXml, usersXml } from './xml.js'

interface Route {
  readonly method: 'get' | 'put' | 'post' | 'delete'
  readonly path: string
  readonly operation: string
  /** Needs neither authentication nor a node in service. */
  readonly open?: true
  run(exchange: Exchange): Reply
}

const ok = (body: string): Reply => ({ status: 200, body, effect: 'read' })
const refuse = (status: number, type: string, message: string, data: string | number = ''): Reply => ({
  status,
  error: { type, message, data },
  effect: 'refused',
})
const isAdmin = (user: User | undefined): boolean => user?.roles.includes('Administrator') === true
const supervises = (caller: User | undefined, user: User): boolean => caller?.supervises.includes(user.teamId) === true

function withUser(exchange: Exchange, run: (user: User) => Reply): Reply {
  const user = exchange.site.population.users.get(exchange.params['id'] ?? '')
  return user === undefined ? refuse(404, 'User Not Found', 'UNKNOWN_USER', exchange.params['id']) : run(user)
}

function getUser(exchange: Exchange): Reply {
  return withUser(exchange, (user) => {
    const { caller } = exchange
    if (caller !== user && !supervises(caller, user) && !isAdmin(caller))
      return refuse(401, 'Invalid Authorization User Specified', 'The user may not read this user', user.id)
    return ok(userXml(user, exchange.site.population.reasons))
  })
}

function putUser(exchange: Exchange): Reply {
  return withUser(exchange, (user) => {
    const fields = readUser(exchange.body)
    if (fields === undefined) return refuse(400, 'Bad Request', 'Invalid XML')
    const bySupervisor = exchange.caller !== user
    const parsed = readChange(exchange, user, fields, bySupervisor)
    return 'status' in parsed ? parsed : applyChange(exchange, user, parsed)
  })
}

/** Everything that is refused before the request goes to the CTI Server. */
function readChange(exchange: Exchange, user: User, fields: Record<string, unknown>, bySupervisor: boolean): Reply | ChangeRequest {
  const { caller, site } = exchange
  if (bySupervisor && caller?.roles.includes('Supervisor') !== true)
    return refuse(401, 'Invalid Authorization User Specified', 'The user may only change itself', user.id)
  if (bySupervisor && !supervises(caller, user))
    return refuse(401, 'Invalid Supervisor', 'The supervisor does not supervise this user', user.id)
  const word = textOf(fields['state'])
  if (word === '') return refuse(400, 'Parameter Missing', 'state is missing', 'state')
  const state = FINESSE_STATES.find((known) => known === word)
  if (state === undefined) return refuse(400, 'Invalid Input', 'state is not recognised', 'state')
  const extension = typeof fields['extension'] === 'string' && fields['extension'] !== '' ? fields['extension'] : undefined
  if (state === 'LOGIN' && bySupervisor)
    return refuse(401, 'Invalid Authorization User Specified', 'LOGIN is for the own user only', user.id)
  if (state === 'LOGIN' && extension === undefined) return refuse(400, 'Parameter Missing', 'extension is missing', 'extension')
  const reason = readReason(site.population.reasons, state, fields['reasonCodeId'], bySupervisor)
  if (typeof reason === 'object') return reason
  return { state, extension, reasonCodeId: reason, bySupervisor, requestId: exchange.requestId }
}

function readReason(
  reasons: ReadonlyMap<number, ReasonCode>,
  state: FinesseState,
  given: unknown,
  bySupervisor: boolean,
): Reply | number | undefined {
  const category = state === 'NOT_READY' || state === 'LOGOUT' ? state : undefined
  if (given === undefined || given === '') {
    const configured = category !== undefined && [...reasons.values()].some((reason) => reason.category === category)
    if (!configured || bySupervisor) return undefined
    return refuse(400, 'Parameter Missing', 'finesse.api.reasoncode.require_reasoncode', 'reasonCodeId')
  }
  if (bySupervisor || category === undefined) return refuse(400, 'Invalid Input', 'finesse.api.reasoncode.not_allowed', 'reasonCodeId')
  const found = reasons.get(Number(given))
  return found?.category === category ? found.id : refuse(400, 'Invalid Input', 'reasonCodeId is not known', 'reasonCodeId')
}

/** 202 now; the outcome follows as a notification (section 4.1). */
function applyChange(exchange: Exchange, user: User, change: ChangeRequest): Reply {
  const { site, play, fault, entry } = exchange
  if (site.options.invalidState === 'sync') {
    const rehearsal = changeState({ ...user }, change, site)
    if (rehearsal.kind === 'refused') return refuse(400, rehearsal.error.errorType, rehearsal.error.errorMessage, rehearsal.error.errorData)
  }
  const settle = (): void => {
    const outcome = changeState(user, change, site)
    site.journal.amend(entry.seq, { effect: outcome.kind === 'done' ? outcome.effect : outcome.kind === 'deferred' ? 'none' : 'refused' })
    if (outcome.kind === 'deferred' && user.pending !== undefined) user.pending = { ...user.pending, journalSeq: entry.seq }
    if (play.events === 'late') site.later(fault?.delayMs ?? 1000, () => notify(exchange, user, outcome))
    else notify(exchange, user, outcome)
  }
  if (play.events === 'first') return { status: 202, before: settle }
  const delay = play.lateEffect ? (fault?.delayMs ?? 1000) : site.options.effectDelayMs
  return { status: 202, after: () => site.later(delay, settle) }
}

function notify({ site, play, requestId }: Exchange, user: User, outcome: Outcome): void {
  if (play.events === 'none') return
  if (outcome.kind === 'refused') {
    site.publishError(user.id, outcome.error, requestId)
    return
  }
  const states = play.events === 'reversed' ? outcome.states.toReversed() : outcome.states
  for (const state of states) {
    site.publishUser(state, requestId)
    if (play.events === 'twice') site.publishUser(state, requestId)
  }
}

function listReasons(exchange: Exchange): Reply {
  const category = textOf(exchange.query['category'])
  if (category !== 'NOT_READY' && category !== 'LOGOUT' && category !== 'ALL')
    return refuse(400, 'Invalid Input', 'category is not recognised', 'category')
  const all = [...exchange.site.population.reasons.values()]
  return ok(
    reasonsXml(
      all.filter((reason) => category === 'ALL' || reason.category === category),
      category,
    ),
  )
}

function oneReason(exchange: Exchange): Reply {
  const reason = exchange.site.population.reasons.get(Number(exchange.params['rid']))
  return reason === undefined ? refuse(404, 'Not Found', 'reason code not found', exchange.params['rid']) : ok(reasonXml(reason))
}

/** Reason codes are written by an administrator on the primary node only (section 4.6). */
function writeReason(exchange: Exchange, id: number): Reply {
  if (!isAdmin(exchange.caller)) return refuse(401, 'Authorization Failure', 'administrators only')
  if (exchange.node !== 'primary') return refuse(403, 'Forbidden', 'writes are for the primary node')
  const fields = readRoot(exchange.body, 'ReasonCode')
  const category = textOf(fields?.['category']) as ReasonCategory
  const code = Number(fields?.['code'])
  const valid =
    (category === 'NOT_READY' || category === 'LOGOUT') &&
    Number.isInteger(code) &&
    code > 0 &&
    code <= (category === 'LOGOUT' ? 65535 : 65532)
  if (!valid) return refuse(400, 'Invalid Input', 'category or code is not valid', 'code')
  const label = textOf(fields?.['label']).slice(0, 40)
  exchange.site.population.reasons.set(id, { id, category, code, label, forAll: fields?.['forAll'] !== 'false' })
  return { status: 200, effect: 'applied' }
}

function deleteReason(exchange: Exchange): Reply {
  if (!isAdmin(exchange.caller)) return refuse(401, 'Authorization Failure', 'administrators only')
  if (exchange.node !== 'primary') return refuse(403, 'Forbidden', 'writes are for the primary node')
  const removed = exchange.site.population.reasons.delete(Number(exchange.params['rid']))
  return removed ? { status: 200, effect: 'applied' } : refuse(404, 'Not Found', 'reason code not found', exchange.params['rid'])
}

function listUsers(exchange: Exchange): Reply {
  const { caller, site } = exchange
  if (!isAdmin(caller) && caller?.roles.includes('Supervisor') !== true)
    return refuse(401, 'Authorization Failure', 'administrators and supervisors only')
  return ok(usersXml([...site.population.users.values()], site.population.reasons))
}

function getTeam(exchange: Exchange): Reply {
  const id = Number(exchange.params['tid'])
  if (exchange.caller?.supervises.includes(id) !== true && !isAdmin(exchange.caller))
    return refuse(401, 'Invalid Supervisor', 'not a supervisor of this team', id)
  if (id !== TEAM.id) return refuse(404, 'Not Found', 'team not found', id)
  return ok(
    teamXml(
      id,
      [...exchange.site.population.users.values()].filter((user) => user.roles.length === 1 && user.roles[0] === 'Agent'),
    ),
  )
}

const nextReasonId = (exchange: Exchange): number => Math.max(0, ...exchange.site.population.reasons.keys()) + 1

export const ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/SystemInfo',
    operation: 'GET /SystemInfo',
    open: true,
    run: ({ site, node }) => ok(systemInfoXml(site.info(node), site.options)),
  },
  { method: 'get', path: '/Users', operation: 'GET /Users', run: listUsers },
  { method: 'get', path: '/User/:id', operation: 'GET /User/{id}', run: getUser },
  { method: 'put', path: '/User/:id', operation: 'PUT /User/{id}', run: putUser },
  {
    method: 'get',
    path: '/User/:id/ReasonCodes',
    operation: 'GET /User/{id}/ReasonCodes',
    run: (exchange) => withUser(exchange, () => listReasons(exchange)),
  },
  {
    method: 'get',
    path: '/User/:id/ReasonCode/:rid',
    operation: 'GET /User/{id}/ReasonCode/{rid}',
    run: (exchange) => withUser(exchange, () => oneReason(exchange)),
  },
  { method: 'get', path: '/Team/:tid', operation: 'GET /Team/{id}', run: getTeam },
  {
    method: 'get',
    path: '/TeamResource/:tid/ReasonCodes',
    operation: 'GET /TeamResource/{id}/ReasonCodes',
    run: (exchange) =>
      Number(exchange.params['tid']) === TEAM.id
        ? listReasons(exchange)
        : refuse(404, 'Not Found', 'team not found', exchange.params['tid']),
  },
  { method: 'get', path: '/ReasonCode/:rid', operation: 'GET /ReasonCode/{rid}', run: oneReason },
  { method: 'post', path: '/ReasonCode', operation: 'POST /ReasonCode', run: (exchange) => writeReason(exchange, nextReasonId(exchange)) },
  {
    method: 'put',
    path: '/ReasonCode/:rid',
    operation: 'PUT /ReasonCode/{rid}',
    run: (exchange) =>
      exchange.site.population.reasons.has(Number(exchange.params['rid']))
        ? writeReason(exchange, Number(exchange.params['rid']))
        : oneReason(exchange),
  },
  { method: 'delete', path: '/ReasonCode/:rid', operation: 'DELETE /ReasonCode/{rid}', run: deleteReason },
]
