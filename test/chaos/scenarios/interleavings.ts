import { setTimeout as sleep } from 'node:timers/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/core/clock.js'
import { openEngine } from '../../../src/core/store/open.js'
import type { Engine } from '../../../src/core/wake-ups.js'
import type { LoopbackFault } from '../../../src/adapters/loopback/vendor.js'
import { mulberry32 } from '../../../src/simulators/kit/faults.js'
import { silentLogger } from '../../support/storm.js'
import { coreStorm, type CoreStorm } from '../core-storm.js'
import { createDiary, type Diary } from '../diary.js'
import { openEngine as startEngine } from '../engines.js'
import type { Options } from '../options.js'
import { tally } from '../report.js'
import type { Scenario } from '../scenario.js'
import { story } from '../story.js'
import { startProcess, type Process } from '../two-cores.js'
import { COUNTS } from '../verdict.js'

const TOTAL = 10_000
const AGENTS = 100
const COMMANDS_EACH = 5
const SETTLE_MS = 180_000
const VENDOR_FAULTS: readonly LoopbackFault[] = ['busy', 'down', 'timeout-before', 'timeout-after']
/** Leases run out soon, so that what a crash left is taken over within a storm; nothing expires: every command must end by itself. */
const HOUR = 3_600_000
const SETTINGS = {
  leaseMs: 1500,
  sweepMs: 500,
  sendTimeoutMs: 1000,
  storeTimeoutMs: 5000,
  expiryMs: { LOGIN: HOUR, READY: HOUR, NOT_READY: HOUR, LOGOUT: HOUR },
  retry: { baseMs: 20, factor: 2, capMs: 500, maxAttempts: 50 },
} as const

/** One interleaving is the history of one agent: its commands come to any process at random times while calls fail. */
export const interleavings: Scenario = {
  text: 'N random interleavings (10000) of one agent’s commands in many small storms in this process: vendor and engine fail, processes die',
  async run(options, say) {
    const folder = await mkdtemp(join(tmpdir(), 'cti-interleavings-'))
    const engine = await startEngine(options.engine, folder)
    const results: CoreStorm[] = []
    const stories: string[] = []
    const findings: string[] = []
    const perStorm = options.agents ?? AGENTS
    const storms = Math.ceil((options.kills ?? TOTAL) / perStorm)
    const shared = options.engine === 'embedded' ? await open(engine.url, folder, 'shared') : undefined
    const openOne = shared === undefined ? (owner: string) => open(engine.url, folder, owner) : await shareEngine(shared)
    try {
      for (let number = 0; number < storms; number += 1) {
        const seed = options.seed + number
        const result = await oneStorm(options, perStorm, seed, openOne)
        results.push(result)
        const bad = result.verdict.findings
        findings.push(...bad.map(({ kind, agent, text }) => `storm with seed ${seed}: ${kind} ${agent} ${text}`))
        // At once: a run of an hour may be ended before it comes to its end.
        for (const { kind, agent, text } of bad) {
          say(`storm with seed ${seed}: ${kind} ${agent} ${text}`)
          if (stories.length >= 2) continue
          stories.push(story(agent, text, result.witnesses))
          say(stories.at(-1) ?? '')
        }
        if (bad.length > 0 || (number + 1) % Math.max(1, Math.floor(storms / 20)) === 0)
          say(`${number + 1} of ${storms} storms of ${perStorm}, ${findings.length} findings`)
      }
    } finally {
      await shared?.wakeUps.close(1000)
      await shared?.close()
      await engine.stop()
      await rm(folder, { recursive: true, force: true })
    }
    const counts = Object.fromEntries(COUNTS.map((kind) => [kind, results.reduce((sum, { verdict }) => sum + verdict.counts[kind], 0)]))
    return {
      counts,
      figures: {
        interleavings: storms * perStorm,
        commands: results.reduce((sum, { verdict }) => sum + verdict.commands, 0),
        statuses: tally(results.flatMap(({ witnesses }) => witnesses.logged.map(({ status }) => status))),
      },
      findings,
      stories,
    }
  },
}

function open(url: string, dataDir: string, owner: string): Promise<Engine> {
  return openEngine(url, { dataDir, log: silentLogger, clock: systemClock, owner })
}

/** The embedded engine is opened once for all storms; its wake-ups go to the storm of the moment. */
async function shareEngine(engine: Engine): Promise<() => Promise<Engine>> {
  let handler: ((key: string) => Promise<void>) | undefined
  let onAlarm: (() => Promise<void>) | undefined
  await engine.wakeUps.start(
    async (key) => handler?.(key),
    async () => onAlarm?.(),
  )
  const wakeUps: Engine['wakeUps'] = {
    ...engine.wakeUps,
    start: async (wanted, wantedAlarm) => {
      handler = wanted
      onAlarm = wantedAlarm
    },
    close: async () => {
      handler = undefined
      onAlarm = undefined
    },
  }
  const lent = new Proxy(engine, {
    get(real, name) {
      if (name === 'wakeUps') return wakeUps
      return name === 'close' ? async () => undefined : (Reflect.get(real, name) as unknown)
    },
  })
  return async () => lent
}

async function oneStorm(options: Options, agents: number, seed: number, openOne: (owner: string) => Promise<Engine>): Promise<CoreStorm> {
  const random = mulberry32(seed)
  const fault = (): LoopbackFault =>
    random() < 0.3 ? (VENDOR_FAULTS[Math.floor(random() * VENDOR_FAULTS.length)] as LoopbackFault) : 'none'
  const processes: Process[] = []
  const begin = async (): Promise<void> => {
    const vendor = processes[0]?.rig.vendor
    const owner = `s${seed}-${processes.length}`
    const faults = { probability: options.faults / 2, random }
    processes.push(await startProcess({ open: () => openOne(owner), vendor, agents, faults, fault, settings: SETTINGS }))
  }
  for (let number = 0; number < options.processes; number += 1) await begin()
  let over = false
  const diary = createDiary()
  // The embedded engine belongs to one process; where there are more, one dies now and then and another takes its place.
  const crashes = options.processes < 2 ? Promise.resolve() : crashNowAndThen(processes, begin, diary, random, () => over)
  try {
    return await coreStorm({ processes: () => processes, agents, commandsEach: COMMANDS_EACH, random, settleMs: SETTLE_MS, diary })
  } finally {
    over = true
    await crashes
    await Promise.all(processes.map((each) => each.stop()))
  }
}

async function crashNowAndThen(
  processes: readonly Process[],
  begin: () => Promise<void>,
  diary: Diary,
  random: () => number,
  over: () => boolean,
): Promise<void> {
  for (let number = 0; number < 2; number += 1) {
    await sleep(60 + random() * 200)
    if (over()) return
    await begin()
    const living = processes.filter(({ alive }) => alive)
    const victim = living[Math.floor(random() * (living.length - 1))]
    diary.note(`process ${processes.findIndex((each) => each === victim)} dies; process ${processes.length - 1} has come`)
    victim?.crash()
  }
}
