import { randomUUID } from 'node:crypto'
import { serve } from './lab/child.js'
import { inFlight, signal, within } from './lab/pool.js'
import { openCore, PLATFORM, type OpenCore } from './open-core.js'
import { product } from './product.js'

/** The core with many agents in its memory, and the ways in which the scale benchmarks fill Redis. */

const { isFinal, relationTable } = await product.command()
const ORIGIN = { principal: 'bench', requestId: 'bench' }

let opened: OpenCore | undefined
let settled = 0
let onSettled: () => void = () => undefined

function core(): OpenCore {
  if (opened === undefined) throw new Error('open it first')
  return opened
}

const api = {
  async open({ redisUrl, start }: { redisUrl: string; start: boolean }): Promise<void> {
    opened = await openCore({
      redisUrl,
      start,
      behaviour: { set: () => Promise.resolve() },
      onChange(command) {
        if (!isFinal(command.status)) return
        settled += 1
        onSettled()
      },
    })
  },
  /** The vendor tells of agents `<prefix>0` …, and each gets one command that is done. */
  async fill({ prefix, agents }: { prefix: string; agents: number }): Promise<void> {
    const target = settled + agents
    const done = signal()
    onSettled = () => {
      if (settled >= target) done.resolve()
    }
    for (let index = 0; index < agents; index += 1) core().event(`${prefix}${index}`)
    await inFlight(100, agents, async (index) => {
      const agentId = `${prefix}${index}`
      await core().core.commands.submit({ platform: PLATFORM, agentId, request: { action: 'READY' }, origin: ORIGIN }, 0)
    })
    await within(60_000, done.done, () => `${target - settled} of ${agents} commands were not settled`)
  },
  /** Commands that a process left open when it died: stored, and nobody has begun them. Needs `open` without a start. */
  async leaveOpen({ commands }: { commands: number }): Promise<void> {
    await inFlight(50, commands, async (index) => {
      const now = Date.now()
      const action = { kind: 'READY' } as const
      const command = {
        id: randomUUID(),
        platform: PLATFORM,
        agentId: `a${index}`,
        action,
        origin: ORIGIN,
        acceptedAt: now,
        expiresAt: now + 600_000,
      }
      await core().engine.log.append({ command, relations: relationTable(action) }, { deadline: now + 5000 })
    })
  },
  async backlog(): Promise<number> {
    return (await core().engine.log.backlog({ deadline: Date.now() + 5000 })).open
  },
}

export type ResidentApi = typeof api
serve(api)
