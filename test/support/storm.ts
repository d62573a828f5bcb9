import { createCore, type Core, type CoreSettings } from '../../src/core/core.js'
import { systemClock } from '../../src/core/clock.js'
import { isFinal, TARGET_STATE, type ActionKind, type Command } from '../../src/core/model/command.js'
import { createPresence, type Presence } from '../../src/core/agents/presence.js'
import { platformOf, type Platform, type Platforms } from '../../src/core/platforms.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { loopbackOver } from '../../src/adapters/loopback/index.js'
import { createLoopbackVendor, type LoopbackFault, type LoopbackVendor } from '../../src/adapters/loopback/vendor.js'
import { mulberry32 } from '../../src/simulators/kit/faults.js'

export const silentLogger = { debug() {}, info() {}, warn() {}, error() {} }

export interface Rig {
  readonly core: Core
  readonly vendor: LoopbackVendor
  readonly engine: Engine
  readonly platform: Platform
  readonly presence: Presence
  stop(): Promise<void>
}

/** A core over the loopback vendor, on any engine. */
export async function loopbackRig(
  engine: Engine,
  options: {
    agents: number
    latencyMs?: number
    fault?: (agentId: string) => LoopbackFault
    settings?: Partial<CoreSettings>
    deaf?: boolean
    /** The vendor of another rig: two processes before one vendor. `agents`, `latencyMs` and `fault` are that one's then. */
    vendor?: LoopbackVendor
  },
): Promise<Rig> {
  const vendor =
    options.vendor ??
    createLoopbackVendor(
      { agents: options.agents, latencyMs: options.latencyMs ?? 2, ...(options.fault && { fault: options.fault }) },
      systemClock,
    )
  const presence = createPresence()
  const platform = platformOf(
    'loopback',
    loopbackOver(vendor, () => Date.now()),
    undefined,
    systemClock,
    3000,
  )
  const platforms: Platforms = {
    get: (id) => (id === 'loopback' ? platform : undefined),
    all: () => [platform],
    start: () =>
      platform.adapter.start({
        agent: (event) => void (options.deaf === true || presence.event('loopback', event)),
        link: (event) => presence.link('loopback', event),
      }),
    stop: () => platform.adapter.stop(),
  }
  const core = createCore({
    engine,
    platforms,
    presence,
    clock: systemClock,
    logger: silentLogger,
    ...(options.settings && { settings: options.settings }),
  })
  await platforms.start()
  await core.start()
  return {
    core,
    vendor,
    engine,
    platform,
    presence,
    async stop() {
      await core.stop(2000)
      await platforms.stop(1000)
    },
  }
}

export interface StormResult {
  readonly commands: number
  readonly wrongFinal: string[]
  readonly stale: string[]
  readonly unsettled: string[]
  readonly statuses: Record<string, number>
}

const ASKED: Record<ActionKind, string> = { LOGIN: 'paused', READY: 'available', NOT_READY: 'paused', LOGOUT: 'signed-out' }
const STATE_WORD: Record<string, string> = { NOT_READY: 'paused', READY: 'available', LOGGED_OUT: 'signed-out' }

/**
 * Random commands for many agents at once, then a comparison of three independent witnesses: what callers were told, what
 * the log says, and what reached the vendor.
 */
export async function storm(
  rig: Rig,
  options: { agents: number; commandsEach: number; seed: number; settleMs: number },
): Promise<StormResult> {
  const random = mulberry32(options.seed)
  const kinds: ActionKind[] = ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT']
  const plans = Array.from({ length: options.agents }, () =>
    Array.from({ length: options.commandsEach }, () => ({ kind: kinds[Math.floor(random() * 4)] as ActionKind, gap: 10 + random() * 60 })),
  )
  const accepted = new Map<string, { command: Command; toldAt: number }[]>()
  await Promise.all(
    plans.map(async (plan, index) => {
      const agentId = `agent${index + 1}`
      const mine: { command: Command; toldAt: number }[] = []
      accepted.set(agentId, mine)
      for (const { kind, gap } of plan) {
        const result = await rig.core.commands.submit(
          { platform: 'loopback', agentId, request: { action: kind }, origin: { principal: 'storm', requestId: 'r' } },
          0,
        )
        if (result.kind === 'command') mine.push({ command: result.command, toldAt: Date.now() })
        await new Promise((resolve) => setTimeout(resolve, gap))
      }
    }),
  )
  const final = new Map<string, Command[]>()
  const deadline = Date.now() + options.settleMs
  for (;;) {
    let open = 0
    for (const [agentId, mine] of accepted) {
      const commands = await Promise.all(mine.map(({ command }) => rig.core.commands.get(command.id)))
      final.set(agentId, commands)
      open += commands.filter((command) => !isFinal(command.status)).length
    }
    if (open === 0 || Date.now() > deadline) break
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return compare(rig, accepted, final)
}

function compare(rig: Rig, accepted: Map<string, { command: Command; toldAt: number }[]>, final: Map<string, Command[]>): StormResult {
  const wrongFinal: string[] = []
  const stale: string[] = []
  const unsettled: string[] = []
  const statuses: Record<string, number> = {}
  const states = new Map(rig.vendor.all().map((agent) => [agent.id, agent.state]))
  const journal = groupByAgent(rig)
  for (const [agentId, commands] of final) {
    for (const command of commands) {
      statuses[command.status] = (statuses[command.status] ?? 0) + 1
      if (!isFinal(command.status)) unsettled.push(`${agentId} ${command.action.kind} ${command.status}`)
    }
    const last = commands.filter((command) => command.status === 'confirmed').at(-1)
    // A LOGIN of somebody who is signed in already asks for no more than that.
    const wanted = last === undefined ? 'signed-out' : STATE_WORD[TARGET_STATE[last.action.kind]]
    const actual = states.get(agentId)
    const loginKept = last?.action.kind === 'LOGIN' && actual === 'available'
    if (actual !== wanted && !loginKept)
      wrongFinal.push(`${agentId}: ${commands.map((c) => `${c.action.kind}:${c.status}`).join(' ')} → ${actual}`)
    const told = accepted.get(agentId) ?? []
    for (const [index, command] of commands.entries()) {
      const by = told.find(({ command: other }) => other.id === command.supersededBy)
      if (command.status !== 'superseded' || by === undefined) continue
      // Anything this agent's vendor record shows after the newer one was told accepted must not be what only the older asked for.
      const later = (journal.get(agentId) ?? []).filter((record) => record.at > by.toldAt && record.asked === ASKED[command.action.kind])
      const wantedLater = commands.slice(index + 1).some((other) => ASKED[other.action.kind] === ASKED[command.action.kind])
      const wantedBefore = commands.slice(0, index).some((other) => ASKED[other.action.kind] === ASKED[command.action.kind])
      if (later.length > 0 && !wantedLater && !wantedBefore) stale.push(`${agentId} ${command.action.kind}`)
    }
  }
  return { commands: [...final.values()].flat().length, wrongFinal, stale, unsettled, statuses }
}

function groupByAgent(rig: Rig): Map<string, LoopbackVendor['journal'][number][]> {
  const groups = new Map<string, LoopbackVendor['journal'][number][]>()
  for (const record of rig.vendor.journal) {
    const group = groups.get(record.agentId) ?? []
    group.push(record)
    groups.set(record.agentId, group)
  }
  return groups
}
