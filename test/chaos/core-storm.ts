import { setTimeout as sleep } from 'node:timers/promises'
import { isFinal, type ActionKind, type Command } from '../../src/core/model/command.js'
import { CtiError } from '../../src/core/model/error.js'
import type { LoopbackVendor } from '../../src/adapters/loopback/vendor.js'
import type { Diary } from './diary.js'
import { ACTIONS, type Logged, type PlatformRules, type Seen, type State, type Told, type Witnesses } from './model.js'
import { insistOn, type Process } from './two-cores.js'
import { verdict, type Verdict } from './verdict.js'

const PLATFORM = 'loopback'
const WORDS: Readonly<Record<string, State>> = { 'signed-out': 'LOGGED_OUT', paused: 'NOT_READY', available: 'READY' }
const ASKED: Readonly<Record<string, ActionKind>> = { 'signed-out': 'LOGOUT', paused: 'NOT_READY', available: 'READY' }
/** The loopback vendor has one word for a login and a pause. */
const RULES: PlatformRules = {
  initial: 'LOGGED_OUT',
  implied: { LOGIN: ['NOT_READY'] },
  upkeep: () => false,
  effectDelayMs: 0,
  // The storms' stores have five seconds for each step (interleavings.ts).
  acceptMs: 10_200,
}
/** Calls are not timed here: a machine that is busy with storms tells nothing of the time. */
const NO_BOUNDS = { p99Ms: Number.POSITIVE_INFINITY, maxMs: Number.POSITIVE_INFINITY }

export interface CoreStormSettings {
  readonly processes: () => readonly Process[]
  readonly agents: number
  readonly commandsEach: number
  readonly random: () => number
  readonly settleMs: number
  readonly diary: Diary
}

export interface CoreStorm {
  readonly witnesses: Witnesses
  readonly verdict: Verdict
}

/** Random commands for many agents at once through the cores, without HTTP; judged like every storm. */
export async function coreStorm(settings: CoreStormSettings): Promise<CoreStorm> {
  const { processes, random } = settings
  const told: Told[] = []
  const ids = new Map<string, string[]>()
  await Promise.all(
    Array.from({ length: settings.agents }, async (_, index) => {
      const agentId = `agent${index + 1}`
      const mine: string[] = []
      ids.set(agentId, mine)
      for (let number = 0; number < settings.commandsEach; number += 1) {
        const answer = await submit(settings, agentId, `${agentId}-${number}`)
        told.push(answer)
        if (answer.commandId !== undefined) mine.push(answer.commandId)
        await sleep(random() * 60)
      }
    }),
  )
  const vendor = processes()[0]?.rig.vendor
  if (vendor === undefined) throw new Error('a storm needs a process')
  const logged = await whenEnded(settings, [...ids.values()].flat())
  const witnesses: Witnesses = {
    told,
    logged,
    seen: seenBy(vendor),
    states: new Map(vendor.all().map(({ id, state }) => [`${PLATFORM}/${id}`, WORDS[state] ?? 'OTHER'])),
    deeds: settings.diary.deeds,
    unknownIds: new Set(),
  }
  return { witnesses, verdict: verdict(witnesses, () => RULES, NO_BOUNDS) }
}

async function submit({ processes, random }: CoreStormSettings, agentId: string, key: string): Promise<Told> {
  const action = ACTIONS[Math.floor(random() * ACTIONS.length)] ?? 'READY'
  const force = action === 'LOGOUT' && random() < 0.3
  const began = performance.now()
  const request = { action, ...(force && { force }) }
  const origin = { principal: 'storm', requestId: key, onBehalfOf: `${key}.1` }
  const base = { token: `${key}.1`, key, platform: PLATFORM, agentId, action, force, waitMs: 0 }
  let gateway = 0
  try {
    const result = await insistOn(processes, random, (rig) => {
      gateway = processes().findIndex((each) => each.rig === rig)
      return rig.core.commands.submit({ platform: PLATFORM, agentId, request, origin }, 0)
    })
    const command = result.kind === 'command' ? { commandId: result.command.id, commandStatus: result.command.status } : {}
    return { ...base, ...command, status: 202, at: Date.now(), tookMs: performance.now() - began, gateway }
  } catch (error) {
    const failure = error instanceof CtiError ? error : new CtiError('INTERNAL', { cause: error })
    return {
      ...base,
      status: failure.status,
      code: failure.code,
      effect: failure.effect,
      at: Date.now(),
      tookMs: performance.now() - began,
      gateway,
    }
  }
}

async function whenEnded({ processes, random, settleMs }: CoreStormSettings, ids: readonly string[]): Promise<Logged[]> {
  const until = Date.now() + settleMs
  const commands = new Map<string, Command>()
  for (;;) {
    const open = ids.filter((id) => !isFinal(commands.get(id)?.status ?? 'accepted'))
    for (const command of await Promise.all(open.map((id) => insistOn(processes, random, ({ core }) => core.commands.get(id))))) {
      commands.set(command.id, command)
    }
    if ([...commands.values()].every(({ status }) => isFinal(status)) || Date.now() > until) break
    await sleep(100)
  }
  return [...commands.values()].map(loggedOf)
}

function loggedOf(command: Command): Logged {
  const { id, agentId, status, attempts, seq, acceptedAt, sentAt, settledAt, supersededBy, action, origin, problem } = command
  return {
    id,
    platform: PLATFORM,
    agentId,
    action: action.kind,
    force: action.force === true,
    status,
    attempts,
    seq,
    acceptedAt,
    ...(sentAt !== undefined && { sentAt }),
    ...(settledAt !== undefined && { settledAt }),
    ...(supersededBy !== undefined && { supersededBy }),
    ...(problem !== undefined && { code: problem.code }),
    ...(origin.onBehalfOf !== undefined && { token: origin.onBehalfOf }),
  }
}

/** The vendor notes every request that it carries out as applied; one that finds the agent there already has changed nothing. */
function seenBy(vendor: LoopbackVendor): Seen[] {
  const present = new Map<string, string>()
  return vendor.journal.map(({ at, agentId, asked, effect }, index) => {
    const changed = effect === 'applied' && (present.get(agentId) ?? 'signed-out') !== asked
    if (effect === 'applied') present.set(agentId, asked)
    return {
      seq: index + 1,
      at,
      platform: PLATFORM,
      agentId,
      operation: 'set',
      asked: ASKED[asked] ?? asked,
      effect: effect === 'applied' && !changed ? 'unchanged' : effect,
    }
  })
}
