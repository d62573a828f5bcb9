import type { ZodType } from 'zod'
import type { CommandRequest } from './command-request.js'
import type { Action, Reasonless, ResolvedAction } from '../model/command.js'
import { changed } from '../model/changed.js'
import { CtiError, toCtiError } from '../model/error.js'
import type { Manifest } from '../model/manifest.js'
import type { ReasonBook } from './reason-book.js'

/** The request as an action, without its secrets. */
export function actionOf(request: CommandRequest): Action {
  const { action: kind, credentials } = request
  const action: Record<string, unknown> & { -readonly [K in keyof Action]: Action[K] } = { kind }
  for (const name in request) {
    const value = request[name as keyof CommandRequest]
    if (value !== undefined && name !== 'action' && name !== 'credentials') action[name] = value
  }
  if (credentials?.username !== undefined) action.username = credentials.username
  if (credentials?.password !== undefined || credentials?.token !== undefined) action.hasSecret = true
  return action
}

/** Can this platform do it at all? Fails: UNSUPPORTED, INVALID_REQUEST, REASON_REQUIRED. */
export function checkAbility(manifest: Manifest, action: Action): void {
  const unsupported = (detail: string): never => {
    throw new CtiError('UNSUPPORTED', { detail })
  }
  const invalid = (field: string, message: string): never => {
    throw new CtiError('INVALID_REQUEST', { detail: message, errors: [{ field, message }] })
  }
  if (!manifest.actions.includes(action.kind))
    unsupported(`${manifest.title} cannot do ${action.kind}; it can do ${manifest.actions.join(', ')}`)
  if (action.force === true) {
    if (action.kind !== 'LOGOUT') invalid('/force', 'force goes with LOGOUT only; leave it out')
    if (manifest.forcedLogout === 'unsupported') unsupported(`${manifest.title} has no forced logout`)
  }
  if (action.channel !== undefined) {
    if (action.kind !== 'READY' && action.kind !== 'NOT_READY')
      invalid('/channel', 'channel goes with READY and NOT_READY only; leave it out')
    if (!manifest.channels) unsupported(`${manifest.title} has no channel states`)
  }
  // Silently all queues instead of the one that was named would be another command than the caller's.
  if (action.queues !== undefined && action.queues.length > 0 && manifest.queues !== true)
    unsupported(`the queues of ${manifest.title} are configured there, not chosen; leave the queue out`)
  if (action.reason !== undefined && action.kind === 'LOGIN') invalid('/reason', 'reason goes with NOT_READY and LOGOUT only; leave it out')
  if ((action.hasSecret === true || action.username !== undefined || action.station !== undefined) && action.kind !== 'LOGIN') {
    invalid(action.station === undefined ? '/credentials' : '/station', 'credentials and station go with LOGIN only; leave them out')
  }
  const need =
    action.kind === 'NOT_READY'
      ? manifest.reasons.notReady
      : action.kind === 'LOGOUT' && action.force !== true
        ? manifest.reasons.logout
        : 'optional'
  if (need === 'required' && action.reason === undefined)
    throw new CtiError('REASON_REQUIRED', { errors: [{ field: '/reason', message: 'name a reason' }] })
}

/** A command's `options` against the adapter's own schema. Fails: INVALID_REQUEST with each field. */
export function checkOptions(schema: ZodType<Readonly<Record<string, unknown>>> | undefined, action: Action): void {
  if (action.options === undefined) return
  if (schema === undefined)
    throw new CtiError('INVALID_REQUEST', { errors: [{ field: '/options', message: 'this platform takes no options; leave them out' }] })
  const parsed = schema.safeParse(action.options)
  if (parsed.success) return
  const errors = parsed.error.issues.map((issue) => ({ field: `/options/${issue.path.join('/')}`, message: issue.message }))
  throw new CtiError('INVALID_REQUEST', { detail: 'the options are not valid for this platform', errors })
}

/**
 * The action with its reason looked up. A wrong reason is refused at once; a vendor that is away does not stop the
 * acceptance: then the answer is undefined, and the runner looks again.
 */
export async function resolveReason(reasons: ReasonBook, action: Action, agentId: string): Promise<ResolvedAction | undefined> {
  const { reason } = action
  if (reason === undefined) return action as Reasonless
  const { reason: _named, ...rest } = action
  if (action.kind === 'LOGIN') return rest
  if (action.kind === 'READY') throw await noReasonForReady(reasons, reason, agentId)
  try {
    return changed(rest, { reason: await reasons.resolve(reason, action.kind, agentId) })
  } catch (error) {
    const failure = toCtiError(error)
    if (failure.code === 'REASON_INVALID' || failure.code === 'AGENT_NOT_FOUND') throw failure
    return undefined
  }
}

/** READY takes no reason on any platform; whoever sent one may have meant NOT_READY, so its reasons are listed. */
async function noReasonForReady(reasons: ReasonBook, reason: string, agentId: string): Promise<CtiError> {
  const all = await reasons.list(agentId).catch(() => [])
  return new CtiError('REASON_INVALID', {
    detail: `READY takes no reason, and "${reason}" cannot be given with it; leave it out, or send NOT_READY with one of validReasons`,
    errors: [{ field: '/reason', message: 'goes with NOT_READY and LOGOUT only; leave it out' }],
    validReasons: all.filter(({ type, system }) => type === 'NOT_READY' && !system).map(({ name }) => name),
  })
}
