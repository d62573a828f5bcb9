import { Router } from 'express'
import type { OpenPlace } from '../../core/command-log.js'
import { OPEN_STATUSES, type OpenStatus } from '../../core/model/command.js'
import { CtiError } from '../../core/model/error.js'
import type { Platform } from '../../core/platforms.js'
import { PRIORITY } from '../../core/accept/policy.js'
import type { components } from '../../generated/gateway.js'
import { principalOf, type HttpParts } from '../context.js'
import { presentCommand } from '../present.js'
import { maySeePlatform, needScope } from '../principal.js'

type Overview = components['schemas']['Operations']

/** What operators look at first. It answers while the store is away, too, and says so. */
export function overviewRoutes(parts: HttpParts): Router {
  const router = Router()
  router.get('/v1/operations', async (_request, response) => {
    const principal = principalOf(response)
    needScope(principal, 'ops')
    const platforms = parts.platforms.all().filter(({ id }) => maySeePlatform(principal, id))
    response.json({
      ...(await storeOf(parts)),
      process: process.pid,
      processes: parts.processes(),
      platforms: platforms.map((platform) => presentGate(parts, platform)),
    } satisfies Overview)
  })
  router.get('/v1/operations/commands', async (request, response) => {
    const principal = principalOf(response)
    needScope(principal, 'ops')
    const status = OPEN_STATUSES.find((known) => known === request.query['status'])
    const after = placeOf(request.query['after'])
    const limit = Number(request.query['limit'] ?? 100)
    const { commands, next } = await parts.commands().open(queryOf(limit, after, status))
    response.json({
      commands: commands.filter((command) => maySeePlatform(principal, command.platform)).map((command) => presentCommand(command)),
      ...(next !== undefined && { next: `${next.acceptedAt}.${next.id}` }),
    } satisfies components['schemas']['OpenCommandList'])
  })
  return router
}

function queryOf(limit: number, after: OpenPlace | undefined, status: OpenStatus | undefined) {
  return { limit, ...(after !== undefined && { after }), ...(status !== undefined && { status }) }
}

/** `next` of a page. Fails: INVALID_REQUEST. */
function placeOf(given: unknown): OpenPlace | undefined {
  if (given === undefined) return undefined
  const [, acceptedAt, id] = /^(\d{1,15})\.(.{1,64})$/.exec(typeof given === 'string' ? given : '') ?? []
  if (acceptedAt === undefined || id === undefined)
    throw new CtiError('INVALID_REQUEST', { errors: [{ field: 'query after', message: 'must be `next` of the page before' }] })
  return { acceptedAt: Number(acceptedAt), id }
}

/** What the store says of itself; what it does not say is missing. */
async function storeOf({
  engine: opened,
  clock,
  storeTimeoutMs,
}: HttpParts): Promise<Omit<Overview, 'process' | 'processes' | 'platforms'>> {
  const engine = opened()
  if (engine === undefined) return { engine: 'opening', engineAnswers: false }
  const within = { deadline: clock.now() + storeTimeoutMs }
  const [ping, backlog, queue] = await Promise.allSettled([engine.ping(within), engine.log.backlog(within), engine.wakeUps.stats()])
  const { name, description } = engine
  return {
    engine: name,
    engineDescription: description,
    engineAnswers: ping.status === 'fulfilled',
    ...(backlog.status === 'fulfilled' && openOf(backlog.value)),
    ...(queue.status === 'fulfilled' && {
      queueWaiting: queue.value.waiting,
      queueDelayed: queue.value.delayed,
      queueActive: queue.value.active,
    }),
  }
}

function openOf({ open, oldestAcceptedAt }: { readonly open: number; readonly oldestAcceptedAt?: number }) {
  return {
    openCommands: open,
    ...(oldestAcceptedAt !== undefined && { oldestOpenSince: new Date(oldestAcceptedAt).toISOString() }),
  }
}

/** Names of the priorities, as the table of the policy has them. */
const PRIORITY_NAMES = Object.entries(PRIORITY).map(([name, priority]) => ({ name: name as keyof typeof PRIORITY, priority }))

function presentGate(parts: HttpParts, { id, adapter, gate }: Platform): Overview['platforms'][number] {
  const { status, since, detail } = adapter.health()
  const now = gate.snapshot()
  const at = (ms: number): string => new Date(ms).toISOString()
  return {
    id,
    kind: adapter.manifest.kind,
    title: adapter.manifest.title,
    linkStatus: status,
    linkSince: at(since),
    ...(detail !== undefined && { linkDetail: detail }),
    linkOwner: parts.ownerOf(id),
    circuit: now.circuit,
    circuitSince: at(now.circuitSince),
    ...(now.probeInMs !== undefined && { nextProbeAt: at(parts.clock.now() + now.probeInMs) }),
    callsInside: now.inside,
    callsAtOnce: now.places,
    callsWaiting: now.waiting,
    waiting: PRIORITY_NAMES.map(({ name, priority }) => ({ priority, for: name, calls: now.waitingByPriority[priority - 1] ?? 0 })),
    ...(now.perSecond !== undefined && { ratePerSecond: now.perSecond, rateBurst: now.burst, rateLearned: now.learned }),
    ...(now.pauseMs > 0 && { pausedUntil: at(parts.clock.now() + now.pauseMs) }),
  }
}
