import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import type { CoreSettings } from '../../src/core/core.js'
import type { ActionKind } from '../../src/core/model/command.js'
import { CtiError } from '../../src/core/model/error.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { loopbackRig, type Rig } from '../support/storm.js'

let running: Rig | undefined
afterEach(() => running?.stop())

const LEASE_MS = 200

/** A rig whose steps towards the store and the vendor are written down. */
async function recorded(latencyMs: number, settings: Partial<CoreSettings> = {}): Promise<{ all: Rig; steps: string[] }> {
  const engine = createMemoryEngine()
  const steps: string[] = []
  const log = {
    ...engine.log,
    append: (...args: Parameters<typeof engine.log.append>) => {
      steps.push(`append ${args[0].command.action.kind}`)
      return engine.log.append(...args)
    },
  }
  const all = await loopbackRig({ ...engine, log }, { agents: 2, settings })
  running = all
  await submit(all, 'LOGIN')
  const send = all.platform.adapter.send.bind(all.platform.adapter)
  Object.assign(all.platform.adapter, {
    async send(...args: Parameters<typeof send>) {
      steps.push('send')
      await systemClock.sleep(latencyMs)
      try {
        return await send(...args)
      } finally {
        steps.push('sent')
      }
    },
  })
  steps.length = 0
  return { all, steps }
}

async function submit({ core }: Rig, action: ActionKind) {
  const request = { platform: 'loopback', agentId: 'agent1', request: { action }, origin: { principal: 'test', requestId: 'r' } }
  const result = await core.commands.submit(request, 5000)
  if (result.kind !== 'command') throw new Error('a stored answer')
  return result.command
}

it('nothing newer is accepted between a command that its acceptance has begun and its request', async () => {
  const { all, steps } = await recorded(60)
  await Promise.all([submit(all, 'READY'), submit(all, 'LOGOUT')])
  expect(steps.slice(0, 4)).toEqual(['append READY', 'send', 'sent', 'append LOGOUT'])
})

it('one exchange of an agent at a time, also when a newer command does not wait for the older one any more', async () => {
  const { all, steps } = await recorded(400)
  await Promise.all([submit(all, 'READY'), submit(all, 'LOGOUT')])
  const exchanges = steps.filter((step) => !step.startsWith('append'))
  expect(steps.indexOf('append LOGOUT')).toBeLessThan(steps.indexOf('sent'))
  expect(exchanges).toEqual(exchanges.map((_step, index) => (index % 2 === 0 ? 'send' : 'sent')))
})

it('the doubt of a lost answer outlives a platform that cannot be read: nothing is sent again unread', async () => {
  const fault = { kind: 'none' as 'none' | 'timeout-after' }
  const all = await loopbackRig(createMemoryEngine(), {
    agents: 2,
    deaf: true,
    fault: () => fault.kind,
    settings: { retry: { baseMs: 5, factor: 1, capMs: 5, maxAttempts: 15 } },
  })
  running = all
  await submit(all, 'LOGIN')
  const read = all.platform.adapter.read.bind(all.platform.adapter)
  let failing = 0
  Object.assign(all.platform.adapter, {
    read(...args: Parameters<typeof read>) {
      failing -= 1
      return failing >= 0 ? Promise.reject(new CtiError('VENDOR_UNAVAILABLE')) : read(...args)
    },
  })
  fault.kind = 'timeout-after'
  failing = 3
  expect(await submit(all, 'LOGOUT')).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
  expect(all.vendor.journal.filter(({ asked }) => asked === 'signed-out')).toHaveLength(1)
})

it.each([
  ['its acceptance has begun', 'append' as const],
  ['the runner has fenced', 'claimSend' as const],
])('a process that stood still after the fence asks the platform before it sends what %s', async (_what, slow) => {
  const { all, steps } = await recorded(0, { leaseMs: LEASE_MS })
  const { engine } = all
  const read = all.platform.adapter.read.bind(all.platform.adapter)
  Object.assign(all.platform.adapter, {
    read(...args: Parameters<typeof read>) {
      steps.push('read')
      return read(...args)
    },
  })
  const answer = engine.log[slow].bind(engine.log) as (...args: unknown[]) => Promise<unknown>
  let still = true
  Object.assign(engine.log, {
    async [slow](...args: unknown[]) {
      const answered = await answer(...args)
      if (still) await systemClock.sleep(LEASE_MS / 2)
      still = false
      return answered
    },
  })
  if (slow === 'claimSend') Object.assign(all.platform.gate, { tryEnter: () => undefined }) // the ordinary way
  expect(await submit(all, 'READY')).toMatchObject({ status: 'confirmed' })
  expect(steps).toEqual(['append READY', 'read', 'send', 'sent'])
})
