import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { CommandDraft, CommandLog } from '../../src/core/command-log.js'
import { relationTable, type Action } from '../../src/core/model/command.js'

export interface SpaceLoad {
  readonly agents: number
  readonly commandsEach: number
}

export interface SpaceUsed {
  readonly commands: number
  readonly bytes: number
  /** Of memory per accepted and finished command, with its share of what is kept for its agent. */
  readonly bytesEach: number
}

const ACTIONS: readonly Action[] = [
  { kind: 'NOT_READY', reason: 'Lunch break' },
  { kind: 'READY' },
  { kind: 'NOT_READY', reason: 'Team meeting' },
  { kind: 'LOGOUT', reason: 'End of shift' },
]

function realistic(agent: number, index: number): CommandDraft {
  const action = ACTIONS[index % ACTIONS.length] ?? { kind: 'READY' }
  const acceptedAt = Date.now()
  const command = {
    id: randomUUID(),
    platform: 'finesse',
    agentId: String(1_001_000 + agent),
    action,
    origin: { principal: 'crm-production', requestId: randomUUID() },
    acceptedAt,
    expiresAt: acceptedAt + 120_000,
  }
  return { command, relations: relationTable(action) }
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
}

/**
 * Accepts and finishes commands as the hot path does and answers how much memory of the Redis server they cost. Call it with
 * an engine on a Redis of its own; a first round, which is not counted, fills what does not grow with the commands.
 */
export async function measureRedisSpace(url: string, log: CommandLog, load: SpaceLoad): Promise<SpaceUsed> {
  const redis = new Redis(url)
  const soon = () => ({ deadline: Date.now() + 20_000 })
  async function run(agent: number, index: number): Promise<void> {
    const draft = realistic(agent, index)
    const result = await log.append(draft, { ...soon(), begin: { owner: 'space', ttlMs: 30_000 } })
    if (result.kind !== 'accepted' || result.lease === undefined) throw new Error(`not begun: ${JSON.stringify(result)}`)
    const settledAt = draft.command.acceptedAt + 40 + (index % 300)
    const change = { status: 'confirmed', settledAt, confirmedBy: index % 2 === 0 ? 'event' : 'read', pending: false } as const
    await log.finish(draft.command.id, change, result.lease, settledAt, soon())
  }
  try {
    await Promise.all(Array.from({ length: 50 }, (_, at) => run(load.agents + at, 0)))
    const before = await usedMemory(redis)
    for (let index = 0; index < load.commandsEach; index += 1) {
      for (let agent = 0; agent < load.agents; agent += 200) {
        const batch = Math.min(200, load.agents - agent)
        await Promise.all(Array.from({ length: batch }, (_, at) => run(agent + at, index)))
      }
    }
    const commands = load.agents * load.commandsEach
    const bytes = (await usedMemory(redis)) - before
    return { commands, bytes, bytesEach: bytes / commands }
  } finally {
    redis.disconnect()
  }
}
