import { describe, expect, it } from 'vitest'
import { commandRow, type AuditRecord } from '../../../src/core/audit/audit-log.js'
import { createAuditRecorder, OWED_AFTER_MS, type AuditNote, type AuditRecorderParts } from '../../../src/core/audit/audit-recorder.js'
import { systemClock, type Clock } from '../../../src/core/clock.js'
import type { Command } from '../../../src/core/model/command.js'
import { accept, soon } from '../../support/drafts.js'
import { createLogSpy } from '../../support/log-spy.js'
import { createMemoryEngine } from '../../support/memory-engine.js'

const NOTE: AuditNote = { what: 'preview', principal: 'crm', platform: 'p', agentId: 'a' }
const command = (id: string, more: Partial<Command> = {}): Command => ({
  id,
  platform: 'p',
  agentId: 'a',
  seq: 1,
  action: { kind: 'LOGOUT', force: true, reason: 'Lunch', channel: 'CHAT' },
  origin: { principal: 'crm', requestId: 'r', onBehalfOf: 'ann' },
  status: 'sent',
  attempts: 1,
  acceptedAt: 1,
  expiresAt: 2,
  ...more,
})

/** A recorder whose timers are fired by hand. */
function bench(more: Partial<AuditRecorderParts> = {}) {
  const timers = new Set<() => void>()
  let shift = 0
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + shift,
    monotonic: () => systemClock.monotonic() + shift,
    after(_ms, fn) {
      timers.add(fn)
      return () => void timers.delete(fn)
    },
    every: () => () => undefined,
  }
  const engine = createMemoryEngine()
  const logger = createLogSpy()
  const writes: (readonly AuditRecord[])[] = []
  const audit: AuditRecorderParts['audit'] = {
    ...engine.audit,
    list: (...given) => engine.audit.list(...given),
    prune: (...given) => engine.audit.prune(...given),
    owed: (...given) => engine.audit.owed(...given),
    async record(rows, options) {
      await engine.audit.record(rows, options)
      writes.push(rows)
    },
  }
  const common = { storeTimeoutMs: 1000, retentionMs: 86_400_000, maxRows: 1000 }
  const recorder = createAuditRecorder({ audit, log: engine.log, clock, logger, ...common, ...more })
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
  return {
    engine,
    recorder,
    logger,
    writes,
    timers,
    settle,
    later: (ms: number) => void (shift += ms),
    async fire() {
      for (const fn of [...timers]) {
        timers.delete(fn)
        fn()
      }
      await settle()
    },
    async rows() {
      return (await engine.audit.list({ from: 0, to: Number.MAX_SAFE_INTEGER }, 1000, undefined, soon())).rows
    },
  }
}

describe('the audit recorder', () => {
  it('writes behind: nothing at once, then all in one write, a command as it is by then', async () => {
    const { recorder, fire, writes, timers, rows } = bench()
    recorder.command(command('c1', { status: 'accepted', attempts: 0 }))
    recorder.note(NOTE)
    recorder.command(command('c1'))
    recorder.command(command('c1', { status: 'confirmed', settledAt: 9 }))
    expect([writes.length, timers.size]).toEqual([0, 1])
    await fire()
    expect(writes.map((written) => written.length)).toEqual([2])
    expect((await rows()).map(({ what, status }) => [what, status])).toEqual([
      ['preview', undefined],
      ['command', 'confirmed'],
    ])
  })
  it('says who, for whom, what, to whom, and what came of it', () => {
    const fault = { system: 'finesse', code: '404', requestId: 'v1' }
    const ended = command('c1', { status: 'rejected', settledAt: 9, problem: { code: 'VENDOR_REJECTED', fault } })
    expect(commandRow(ended)).toEqual({
      id: 'c1/command',
      at: 1,
      what: 'command',
      principal: 'crm',
      onBehalfOf: 'ann',
      requestId: 'r',
      platform: 'p',
      agentId: 'a',
      commandId: 'c1',
      action: 'LOGOUT',
      force: true,
      channel: 'CHAT',
      reason: 'Lunch',
      status: 'rejected',
      settledAt: 9,
      code: 'VENDOR_REJECTED',
      vendorSystem: 'finesse',
      vendorCode: '404',
      vendorRequestId: 'v1',
    })
  })
  it('never tells secrets, options or stations', () => {
    const action = { kind: 'LOGIN', username: 'u', hasSecret: true, station: 'st-canary', options: { pin: 'canary' } } as const
    expect(JSON.stringify(commandRow(command('c1', { action })))).not.toContain('canary')
  })
  it('does not write again for every attempt', async () => {
    const { recorder, fire, writes } = bench()
    recorder.command(command('c1'))
    await fire()
    for (const attempts of [2, 3, 4]) recorder.command(command('c1', { status: 'retrying', attempts }))
    await fire()
    expect(writes).toHaveLength(1)
  })
  it('while the store is away rows wait, and are written when it is back', async () => {
    const { recorder, engine, fire, rows, logger } = bench()
    engine.fail(true)
    recorder.note(NOTE)
    await fire()
    recorder.note({ ...NOTE, agentId: 'b' })
    await fire()
    engine.fail(false)
    await fire()
    expect((await rows()).map(({ agentId }) => agentId).toSorted()).toEqual(['a', 'b'])
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })
  it('keeps so many, commands go first because they can be had again; a note that is lost is counted and said', async () => {
    const { recorder, engine, fire, rows, logger } = bench({ maxWaiting: 2 })
    engine.fail(true)
    recorder.command(command('c1'))
    for (const agentId of ['a', 'b', 'c', 'd']) recorder.note({ ...NOTE, agentId })
    await fire()
    engine.fail(false)
    await fire()
    // Both of one millisecond, perhaps: their order is nobody's promise.
    expect((await rows()).map(({ agentId }) => agentId).toSorted()).toEqual(['c', 'd'])
    expect(logger.lines).toMatchObject([
      { level: 'error', message: expect.stringContaining('incomplete') as string },
      { level: 'warn' },
      { level: 'warn', fields: { lost: 2 } },
    ])
  })
  it('a command that ends while its row is being written is written again', async () => {
    const { recorder, fire, rows, writes } = bench()
    recorder.command(command('c1', { status: 'accepted', attempts: 0 }))
    const writing = fire() // has taken the row; the write is not done yet
    recorder.command(command('c1', { status: 'confirmed', settledAt: 3 }))
    await writing
    expect(writes.map(([row]) => row?.status)).toEqual(['accepted', 'confirmed'])
    expect(await rows()).toMatchObject([{ status: 'confirmed' }])
  })
  it('completes the trail from the command log: who ended a command and died has not taken its row along', async () => {
    const { recorder, engine, later, settle, rows } = bench()
    const dead = await accept(engine.log, { platform: 'p', agentId: 'a' })
    await engine.log.settle(dead.id, { status: 'dead', settledAt: Date.now(), problem: { code: 'VENDOR_ERROR' } }, undefined, soon())
    recorder.start()
    await settle()
    expect(await rows()).toEqual([]) // it may still tell it itself
    later(OWED_AFTER_MS + 1)
    recorder.start()
    await settle()
    expect(await rows()).toMatchObject([{ commandId: dead.id, status: 'dead', code: 'VENDOR_ERROR', principal: 'test' }])
  })
  it('deletes what is too old and too much, and says when something went before its time', async () => {
    const { recorder, engine, settle, rows, logger } = bench({ retentionMs: 1000, maxRows: 2 })
    const row = (id: string, at: number): AuditRecord => ({ id, at, what: 'preview', principal: 'crm' })
    await engine.audit.record([row('old', 5), ...['a', 'b', 'c'].map((id, n) => row(id, Date.now() + n))], soon())
    recorder.start()
    await settle()
    expect((await rows()).map(({ id }) => id)).toEqual(['c', 'b'])
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { rows: 1 } }])
  })
  it('a key that is denied without end does not fill the trail', async () => {
    const { recorder, fire, rows, logger } = bench()
    for (let n = 0; n < 100; n += 1) recorder.note({ what: 'denied', principal: 'eve' })
    recorder.note({ what: 'denied', principal: 'adam' })
    await fire()
    const told = await rows()
    expect([told.filter(({ principal }) => principal === 'eve').length, told.length]).toEqual([60, 61])
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { principal: 'eve' } }])
  })
  it('stop writes what waits, within its bound, and says what is left', async () => {
    const { recorder, rows } = bench()
    recorder.note(NOTE)
    await recorder.stop(1000)
    expect(await rows()).toHaveLength(1)
    const away = bench()
    away.engine.fail(true)
    away.recorder.note(NOTE)
    await away.recorder.stop(50)
    expect(away.logger.lines.at(-1)).toMatchObject({ level: 'warn', fields: { rows: 1 } })
  })
})
