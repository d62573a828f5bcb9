import { describe, expect, it } from 'vitest'
import { createRefresher } from '../../../../src/adapters/cisco-cti/refresher.js'
import { CtiError, type ErrorCode } from '../../../../src/core/model/error.js'

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function rig(parallel: number) {
  const timers = new Set<() => void>()
  const asked: string[] = []
  const open = new Map<string, (code?: ErrorCode) => void>()
  const refresher = createRefresher({
    parallel,
    log: quiet,
    clock: {
      after(_ms, work) {
        timers.add(work)
        return () => void timers.delete(work)
      },
    },
    refresh: (agentId) =>
      new Promise<void>((resolve, reject) => {
        asked.push(agentId)
        open.set(agentId, (code) => {
          open.delete(agentId)
          if (code === undefined) resolve()
          else reject(new CtiError(code))
        })
      }),
  })
  return {
    refresher,
    asked,
    timers,
    open,
    async answer(agentId: string, code?: ErrorCode) {
      open.get(agentId)?.(code)
      await settle()
    },
    async wait() {
      for (const work of [...timers]) {
        timers.delete(work)
        work()
      }
      await settle()
    },
  }
}

describe('refresher', () => {
  it('asks about everybody once, never about more than the limit at a time', async () => {
    const { refresher, asked, open, answer } = rig(2)
    refresher.refreshAll(['1', '2', '3', '4'])
    refresher.refreshAll(['3', '4'])
    while (open.size > 0) {
      expect(open.size).toBeLessThanOrEqual(2)
      await answer([...open.keys()][0] as string)
    }
    expect(asked).toEqual(['1', '2', '3', '4'])
    expect(refresher.waiting).toBe(0)
  })

  it.each(['VENDOR_BUSY', 'VENDOR_TIMEOUT'] as const)('%s: asks again later, but not for ever', async (code) => {
    const { refresher, asked, answer, wait, timers } = rig(2)
    refresher.refreshAll(['1'])
    for (let time = 0; time < 10; time += 1) {
      await answer('1', code)
      await wait()
    }
    expect(asked).toHaveLength(6)
    expect(timers.size).toBe(0)
    expect(refresher.waiting).toBe(0)
  })

  it('does not ask again about an agent whom nobody knows', async () => {
    const { refresher, answer, timers } = rig(2)
    refresher.refreshAll(['1'])
    await answer('1', 'AGENT_NOT_FOUND')
    expect(timers.size).toBe(0)
    expect(refresher.waiting).toBe(0)
  })

  it('leaves no timer and no question behind when the session is lost or stopped', async () => {
    const { refresher, asked, answer, timers } = rig(1)
    refresher.refreshAll(['1', '2', '3'])
    await answer('1', 'VENDOR_BUSY')
    expect(timers.size).toBe(1)
    refresher.clear()
    await answer('2', 'VENDOR_TIMEOUT')
    expect(timers.size).toBe(0)
    expect(asked).toEqual(['1', '2'])
    expect(refresher.waiting).toBe(0)
  })
})
