import { BENCH_KEY, startOurGateway } from '../gateways.js'
import type { ChildApi } from '../lab/child.js'
import type { Child } from '../lab/children.js'
import type { LabRedis } from '../lab/lab.js'
import type { LoadGeneratorApi } from '../lab/load-generator.js'
import type { MockVendorApi } from '../lab/mock-vendor.js'
import type { ResidentApi } from '../resident-process.js'
import { freePort } from '../../test/support/redis-server.js'
import { interleave } from '../stats.js'
import type { BenchContext, Benchmark } from '../types.js'
import { measureLoad, rounds } from './shared.js'

const GOAL_AGENTS = 100_000
const FEW_AGENTS = 100
const MEBI = 2 ** 20
const READY_TIMEOUT_MS = 60_000

/** P11 to P13: many agents in memory and in Redis. */
export const scale: Benchmark = {
  name: 'scale',
  title: '100,000 agents (P11 to P13)',
  async run(context) {
    const { lab, size, say } = context
    const redis = await lab.redis()
    say(`${size.residentAgents.toLocaleString('en')} agents and one command each`)
    const grown = await memoryOfAgents(context, redis)
    const vendor = await lab.start<MockVendorApi>('lab/mock-vendor.ts', { core: 'other' })
    const vendorUrl = await vendor.call('listen', undefined)
    const commands = await costOfCommands(context, redis, vendorUrl)
    const starts = await coldStarts(context, redis, vendor, vendorUrl)
    return {
      rows: [
        { goal: 'P11 heap', rounds: rounds([grown.heap]) },
        { goal: 'P11 Redis', rounds: rounds([grown.redis]) },
        { goal: 'P12', rounds: rounds(commands.many, commands.few) },
        { goal: 'P13', rounds: rounds(starts.map((seconds) => seconds)) },
      ],
      raw: {},
      notes: [
        `P11: ${size.residentAgents.toLocaleString('en')} agents, each told of by the vendor and with one confirmed command${size.residentAgents === GOAL_AGENTS ? '' : `; figures scaled to ${GOAL_AGENTS.toLocaleString('en')}`}. Heap after garbage collection. One round: memory does not fluctuate.`,
        'P12: over HTTP as in P1; both gateways on one Redis, which holds all agents.',
        `P13: from the start of the process until /readyz says 200, with the agents' logs and ${size.openAtStart} open commands in Redis and the vendor telling of all agents; the loading of TypeScript for the bench adapter (about 0.3 s) is in it. Afterwards all open commands must reach the vendor.`,
      ],
      faults: [],
    }
  },
}

/** MiB for 100,000 agents. */
async function memoryOfAgents({ lab, size }: BenchContext, redis: LabRedis): Promise<{ heap: number; redis: number }> {
  const core = await lab.start<ResidentApi>('resident-process.ts', { core: 'measured', gc: true })
  await core.call('open', { redisUrl: redis.url, start: true })
  await core.call('fill', { prefix: 'warm', agents: 1000 })
  const heap = await core.heap()
  const data = await redis.dataBytes()
  await core.call('fill', { prefix: 'a', agents: size.residentAgents }, 600_000)
  const factor = GOAL_AGENTS / size.residentAgents / MEBI
  const grown = { heap: ((await core.heap()) - heap) * factor, redis: ((await redis.dataBytes()) - data) * factor }
  await core.stop()
  return grown
}

async function costOfCommands({ lab, size, say }: BenchContext, redis: LabRedis, vendorUrl: string) {
  const generator = await lab.start<LoadGeneratorApi>('lab/load-generator.ts', { core: 'other' })
  const start = async (name: string, agents: number, redisUrl: string) => {
    const gateway = await startOurGateway(lab, { name, redisUrl, vendorUrl, agents })
    const url = await gateway.call('url', undefined)
    const run = async (seconds: number): Promise<number> => {
      const spec = { url, key: BENCH_KEY, to: 'command', actions: 'toggle', agents, prefix: 'a', connections: 50, expect: 200 } as const
      const loaded = gateway as unknown as Child<ChildApi>
      return (await measureLoad(generator, loaded, { ...spec, stream: name, until: { seconds } })).cpuUs
    }
    await run(size.warmUpSeconds)
    return { run, stop: () => gateway.stop() }
  }
  const many = await start('many', size.residentAgents, redis.url)
  const few = await start('few', FEW_AGENTS, `${redis.url}/1`)
  const results = await interleave(
    size.rounds,
    { many: () => many.run(size.throughputSeconds), few: () => few.run(size.throughputSeconds) },
    (round) => say(`cost of a command, round ${round + 1} of ${size.rounds}`),
  )
  await many.stop()
  await few.stop()
  return results
}

/** Seconds from the start of the process until it is ready, with open commands of a process that died. */
async function coldStarts(context: BenchContext, redis: LabRedis, vendor: Child<MockVendorApi>, vendorUrl: string): Promise<number[]> {
  const { lab, size, say } = context
  const filler = await lab.start<ResidentApi>('resident-process.ts', { core: 'other' })
  await filler.call('open', { redisUrl: redis.url, start: false })
  const seconds: number[] = []
  for (let round = 0; round < size.rounds; round += 1) {
    say(`cold start, round ${round + 1} of ${size.rounds}`)
    await filler.call('leaveOpen', { commands: size.openAtStart })
    const before = (await vendor.call('counts', undefined)).writes
    const port = await freePort()
    const began = performance.now()
    const starting = startOurGateway(lab, { name: `cold-${round}`, redisUrl: redis.url, vendorUrl, agents: size.residentAgents, port })
    starting.catch(() => undefined)
    await ready(`http://127.0.0.1:${port}/readyz`)
    seconds.push((performance.now() - began) / 1000)
    const gateway = await starting
    await allDone(
      async () => (await vendor.call('counts', undefined)).writes - before,
      () => filler.call('backlog', undefined),
      size.openAtStart,
    )
    await gateway.stop()
  }
  return seconds
}

async function ready(url: string): Promise<void> {
  const end = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    const status = await fetch(url, { signal: AbortSignal.timeout(1000) }).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 200) return
    if (performance.now() > end) throw new Error(`the gateway was not ready after ${READY_TIMEOUT_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The commands that were open at the start must be done, and each must have been sent. */
async function allDone(sent: () => Promise<number>, open: () => Promise<number>, commands: number): Promise<void> {
  const end = performance.now() + READY_TIMEOUT_MS
  while ((await open()) > 0) {
    if (performance.now() > end) throw new Error(`${await open()} of ${commands} open commands were not done after the start`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  if ((await sent()) < commands) throw new Error(`of ${commands} open commands only ${await sent()} reached the vendor`)
}
