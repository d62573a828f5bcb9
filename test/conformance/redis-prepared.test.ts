import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import type { CommandLog, Lease, StatusChange } from '../../src/core/command-log.js'
import { agentKey, COMMAND_CLASSES } from '../../src/core/model/command.js'
import { createBatch, type RunStep } from '../../src/core/store/redis-batch.js'
import type { Guard } from '../../src/core/store/deadline.js'
import { createRedisCommandLog, PREFIX } from '../../src/core/store/redis-log.js'
import { createScriptCall } from '../../src/core/store/redis-script-call.js'
import { draft, soon, unique } from '../support/drafts.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'
import { actionOf } from './engine-model.js'

/* What a process works out by itself (redis-prepared.ts) is, letter by letter, what the scripts make when nobody has worked out anything. */

let server: TestServer
const clients: Redis[] = []
const database = (): Redis => {
  const client = new Redis(server.url)
  clients.push(client)
  return client
}
beforeAll(async () => {
  server = await startRedisServer()
}, 20_000)
afterAll(async () => {
  for (const client of clients) client.disconnect()
  await server.stop()
})

const guard: Guard = { run: (options, operation) => operation(options.deadline) }

/** Arguments that a step has by itself; behind them stands what was worked out. */
const OWN_ARGUMENTS: Readonly<Record<string, number>> = { ctiAppend: 12, ctiFinish: 6 }

/** A process: what it is told of agents it knows; or it does not make use of it. */
function process(redis: Redis, foresees: boolean) {
  const call = createScriptCall(redis)
  const { run, step } = createBatch(
    (script, args) => call(script, PREFIX, args),
    () => undefined,
  )
  const done = { foreseen: 0, otherwise: 0 }
  const counted: RunStep = async (script, deadline, args) => {
    const own = OWN_ARGUMENTS[script] ?? args.length
    const told = await step(script, deadline, foresees ? args : args.slice(0, own))
    if (foresees && args.length > own) done[typeof told.answer === 'number' ? 'foreseen' : 'otherwise'] += 1
    return told
  }
  return { done, log: createRedisCommandLog({ clock: systemClock, guard, run, step: counted, undo: () => undefined }) }
}

/** Everything in a database but what follows the server's clock: ends of leases and of keys, and when an end was noted. */
async function contents(redis: Redis): Promise<Readonly<Record<string, unknown>>> {
  const all: Record<string, unknown> = {}
  for (const key of (await redis.keys('*')).sort()) {
    const name = key.slice(PREFIX.length + 1)
    const type = await redis.type(key)
    if (type === 'string') {
      all[name] = String(await redis.get(key)).replace(
        /^(\d+ \d+ \d+) \d+( \d+ )?/,
        (_, numbers, lease) => `${numbers}${lease ? ' till ' : ''}`,
      )
    } else if (type === 'hash') {
      const fields = Object.entries(await redis.hgetall(key))
      all[name] = fields.map(([field, value]) => [field, name.startsWith('k:') ? value.replace(/\w+$/, '') : value]).sort()
    } else if (type === 'zset') all[name] = await redis.zrange(key, 0, '-1', 'WITHSCORES')
    else if (type === 'list') all[name] = await redis.lrange(key, 0, -1)
    else if (type === 'stream') all[name] = 'a stream'
    else throw new Error(`${name} is a ${type}`)
  }
  return all
}

const OWNERS = ['one', 'two'] as const
const owner = fc.constantFrom('one', ...OWNERS)
const status = fc.constantFrom('confirmed', 'confirmed', 'retrying', 'sent', 'dead', 'rejected', 'cancelled', 'expired', 'unconfirmed')
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      owner,
      name: fc.constantFrom(...COMMAND_CLASSES),
      channel: fc.constantFrom(undefined, 'voice', 'chat'),
      begin: fc.constantFrom(true, true, true, false),
      key: fc.constantFrom(undefined, undefined, 'key1', 'key2'),
      /** Instants that are no whole numbers, and long bodies, are the script's. */
      odd: fc.constantFrom('', '', '', '', 'instant', 'body'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), owner, keeps: fc.constantFrom(true, true, true, false) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lapse' as const), owner }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), owner }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), owner }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('epoch' as const), owner }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('claim' as const), owner, pick: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const), owner, leased: fc.boolean(), pick: fc.nat(2), status }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('finish' as const), owner, pick: fc.constantFrom(0, 0, 0, 1), status }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Site {
  readonly redis: Redis
  readonly logs: Readonly<Record<(typeof OWNERS)[number], CommandLog>>
  readonly leases: Map<string, Lease>
}

function changeOf(name: StatusChange['status'], at: number): StatusChange {
  if (name === 'retrying') {
    const told = at % 2 === 0 ? { giveAttemptBack: true } : { problem: { code: 'VENDOR_BUSY', detail: 'a  line ' } as const }
    return { status: name, nextAttemptAt: at + (at % 3) - 1, pending: at % 5 === 0, ...told }
  }
  if (name === 'sent') return { status: name, pending: true, confirmedBy: 'read' }
  const problem = name === 'rejected' || name === 'dead' ? { problem: { code: 'VENDOR_REJECTED', detail: 'no  more ' } as const } : {}
  return {
    status: name,
    settledAt: at,
    ...problem,
    ...(at % 4 === 0 && { unchanged: true }),
    ...(at % 3 === 0 && { confirmedBy: 'event' }),
  }
}

/** `open`: the ids that may be meant, the head first. */
async function perform(
  { redis, logs, leases }: Site,
  key: string,
  next: Step,
  id: string,
  open: readonly string[],
  at: number,
): Promise<unknown> {
  // Whoever finishes is mostly the one who may.
  const [newest] = [...leases.values()].sort((a, b) => b.token - a.token)
  const who = next.do === 'finish' && at % 4 > 0 && newest !== undefined ? (newest.owner as (typeof OWNERS)[number]) : next.owner
  const log = logs[who]
  const lease = leases.get(who) ?? { key, owner: who, token: 0 }
  const meant = 'pick' in next ? (open[next.pick] ?? 'none') : id
  switch (next.do) {
    case 'append': {
      const acceptedAt = next.odd === 'instant' ? at + 0.5 : at
      const action = actionOf(next.name, next.channel)
      const long = next.odd === 'body' ? { reason: 'x'.repeat(400) } : {}
      const idempotency = next.key === undefined ? {} : { idempotency: { key: next.key, fingerprint: next.name, ttlMs: 60_000 } }
      const given = draft({ id, agentId: key.slice(2), action: { ...action, ...long }, acceptedAt, ...idempotency })
      const result = await log.append(given, { ...soon(), ...(next.begin && { begin: { owner: next.owner, ttlMs: 60_000 } }) })
      if (result.kind === 'accepted' && result.lease !== undefined) leases.set(next.owner, result.lease)
      return result
    }
    case 'take':
    case 'lapse': {
      const taken = await log.take(key, next.owner, next.do === 'take' ? 60_000 : 1, soon())
      // An owner that still works under the lease before, which it has lost.
      if (taken.kind === 'taken' && (next.do === 'lapse' || next.keeps)) leases.set(next.owner, taken.lease)
      if (next.do === 'lapse') await systemClock.sleep(4)
      return taken
    }
    case 'release':
      return log.release(lease, soon())
    case 'renew':
      return log.renew(lease, 60_000, soon())
    case 'epoch':
      return redis.hset(`${PREFIX}:meta`, 'epoch', `e${at}`)
    case 'claim':
      return log.claimSend(meant, lease, at, soon())
    case 'settle':
      return log.settle(meant, changeOf(next.status, at), next.leased ? lease : undefined, soon())
    case 'finish':
      return log.finish(meant, changeOf(next.status, at), lease, at, soon())
  }
}

async function site(index: number, processes: readonly ReturnType<typeof process>[], redis: Redis): Promise<Site> {
  await redis.select(index)
  await redis.flushdb()
  await redis.hset(`${PREFIX}:meta`, 'epoch', 'e0')
  const [one, two] = processes
  if (one === undefined || two === undefined) throw new Error('two processes a site')
  return { redis, logs: { one: one.log, two: two.log }, leases: new Map() }
}

/** Two sites that differ in nothing but whether their processes foresee. */
function rig() {
  const done = { foreseen: 0, otherwise: 0 }
  async function history(steps: readonly Step[], began: number): Promise<void> {
    const [first, second] = [database(), database()]
    const foreseeing = [process(first, true), process(first, true)]
    const sites = [await site(0, foreseeing, first), await site(1, [process(second, false), process(second, false)], second)] as const
    const key = agentKey('p', 'agent')
    let open: readonly string[] = []
    let at = began
    for (const next of steps) {
      at += 1
      const id = unique('cmd')
      const [got, expected] = await Promise.all(sites.map((each) => perform(each, key, next, id, open, at)))
      expect(got).toEqual(expected)
      const page = await sites[1].logs.one.open({ limit: 50 }, soon())
      open = page.commands.map((command) => command.id)
      if (next.do === 'append' || next.do === 'finish') {
        const [written, made] = await Promise.all(sites.map(({ redis }) => contents(redis)))
        expect(written).toEqual(made)
      }
    }
    for (const each of foreseeing) {
      done.foreseen += each.done.foreseen
      done.otherwise += each.done.otherwise
    }
    first.disconnect()
    second.disconnect()
  }
  return { done, history }
}

describe('what is worked out in the process', () => {
  it('is what the scripts make, for random histories of one agent and two processes', async () => {
    const { done, history } = rig()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), (steps) => history(steps, Date.now())),
      { numRuns: 350 },
    )
    // Both happen, or this test compares the script with itself.
    expect(done.foreseen).toBeGreaterThan(100)
    expect(done.otherwise).toBeGreaterThan(20)
  }, 120_000)
})
