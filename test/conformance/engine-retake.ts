import { describe, expect, it } from 'vitest'
import type { CommandLog, Lease } from '../../src/core/command-log.js'
import { agentKey, type Command } from '../../src/core/model/command.js'
import { begin, lapse } from '../support/agents.js'
import { accept, leaseOf, soon, unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'

interface PutOff {
  readonly agentId: string
  readonly key: string
  readonly lease: Lease
  readonly command: Command
}

/** A command whose first attempt has failed; its lease was released with it. */
async function putOff(log: CommandLog): Promise<PutOff> {
  const agentId = unique('retake')
  const { command, lease } = await begin(log, agentId)
  if (lease === undefined) throw new Error('not begun')
  const change = { status: 'retrying', nextAttemptAt: 2000, problem: { code: 'VENDOR_BUSY' } } as const
  expect(await log.finish(command.id, change, lease, 1000, soon())).toEqual({ settled: true })
  const stored = await log.get(command.id, soon())
  if (stored === undefined) throw new Error('not stored')
  return { agentId, key: agentKey('p', agentId), lease, command: stored }
}

/** A retry by the process that has put the command off. */
export function retakeConformance(current: Current): void {
  describe('retake', () => {
    it('grants the lease and passes the fence', async () => {
      const { log } = current.engine()
      const { key, lease, command } = await putOff(log)
      const { nextAttemptAt: _past, ...rest } = command
      const sent = { ...rest, status: 'sent', attempts: 2, sentAt: 2007 }
      const next = { key, owner: 'me', token: lease.token + 1 }
      expect(await log.retake(lease, command.id, 30_000, 2007, soon())).toStrictEqual({ lease: next, command: sent })
      expect(await log.get(command.id, soon())).toStrictEqual(sent)
      expect(await log.take(key, 'other', 30_000, soon())).toMatchObject({ kind: 'held' })
      expect(await log.finish(command.id, { status: 'confirmed', settledAt: 2010 }, next, 2010, soon())).toEqual({ settled: true })
      expect(await log.due(3000, 0, 10_000, soon())).not.toContain(key)
    })

    it('goes on with the commands that were accepted behind it', async () => {
      const { log } = current.engine()
      const { agentId, lease, command } = await putOff(log)
      const behind = await accept(log, { agentId, action: { kind: 'READY', channel: 'c' } })
      const again = await log.retake(lease, command.id, 30_000, 2007, soon())
      if (again === undefined) throw new Error('not retaken')
      const finished = await log.finish(command.id, { status: 'confirmed', settledAt: 2010 }, again.lease, 2010, soon())
      expect(finished).toMatchObject({ settled: true, next: { id: behind.id } })
    })

    it.each<{ what: string; meanwhile: (log: CommandLog, put: PutOff) => Promise<unknown> }>([
      { what: 'another process has the agent', meanwhile: (log, { key }) => leaseOf(log, key, 'other') },
      { what: 'another process has had it', meanwhile: async (log, { key }) => log.release(await leaseOf(log, key, 'other'), soon()) },
      { what: 'another process died of it', meanwhile: (log, { key }) => lapse(log, key, 'other') },
    ])('does nothing when $what', async ({ meanwhile }) => {
      const { log } = current.engine()
      const put = await putOff(log)
      await meanwhile(log, put)
      expect(await log.retake(put.lease, put.command.id, 30_000, 2007, soon())).toBeUndefined()
      expect(await log.get(put.command.id, soon())).toMatchObject({ status: 'retrying', attempts: 1, nextAttemptAt: 2000 })
    })

    it('does nothing for a command that was replaced, cancelled, or is another one', async () => {
      const { log } = current.engine()
      const replaced = await putOff(log)
      const newer = await accept(log, { agentId: replaced.agentId, action: { kind: 'NOT_READY' } })
      expect(await log.retake(replaced.lease, replaced.command.id, 30_000, 2007, soon())).toBeUndefined()
      expect(await log.get(replaced.command.id, soon())).toMatchObject({ status: 'superseded' })
      expect(await log.get(newer.id, soon())).toMatchObject({ status: 'accepted', attempts: 0 })
      const cancelled = await putOff(log)
      await log.settle(cancelled.command.id, { status: 'cancelled', settledAt: 3 }, undefined, soon())
      expect(await log.retake(cancelled.lease, cancelled.command.id, 30_000, 2007, soon())).toBeUndefined()
      const other = await putOff(log)
      expect(await log.retake(other.lease, unique('cmd'), 30_000, 2007, soon())).toBeUndefined()
      expect(await log.get(other.command.id, soon())).toStrictEqual(other.command)
    })
  })
}
