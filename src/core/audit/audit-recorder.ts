import { randomUUID } from 'node:crypto'
import type { Logger } from '../adapter.js'
import { commandRow, type AuditLog, type AuditRecord } from './audit-log.js'
import type { Clock } from '../clock.js'
import type { CommandLog, EngineOptions } from '../command-log.js'
import { isFinal, type Command } from '../model/command.js'
import { toCtiError } from '../model/error.js'

/** Something to be told, before it has a place in the trail. With an `id`, telling it again makes no second row. */
export type AuditNote = Omit<AuditRecord, 'id' | 'at'> & { readonly id?: string; readonly at?: number }

/**
 * Writes the audit trail behind what it tells of: nobody waits for it.
 *
 * Guarantees: never blocks or fails what it watches; memory is bounded. A command's row follows from the command log: whatever becomes of
 * this process, `owed` finds it and some process writes it. A note (anything else) that waits in memory is lost with the process, at
 * most `FLUSH_MS` of them while the store answers, and when the store is away for so long that the oldest must go: counted, and logged.
 */
export interface AuditRecorder {
  /** A command was accepted, or has changed. */
  command(command: Command): void
  note(note: AuditNote): void
  start(): void
  /** Tries once more to store what is left, within the bound. Idempotent. */
  stop(graceMs: number): Promise<void>
}

export interface AuditRecorderParts {
  readonly audit: AuditLog
  readonly log: Pick<CommandLog, 'get'>
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  /** Rows that are kept, by age and by number. */
  readonly retentionMs: number
  readonly maxRows: number
  /** Rows that wait to be stored. */
  readonly maxWaiting?: number
}

/** Rows are written together after this, ms: a command that ends within it costs one row, written once. */
export const FLUSH_MS = 250
const BATCH = 500
const MAX_WAITING = 20_000
const RETRY_MS = { base: 500, cap: 10_000 }
/** How often rows that are owed are looked for, and old ones deleted, ms. */
export const OWED_EVERY_MS = 30_000
/** Whoever ended a command has this long to tell it himself, ms. */
export const OWED_AFTER_MS = 5_000
/** Of those that are owed, so many in one go. */
const OWED_ROUNDS = 20
/** Of one key; more than that is counted by nobody. */
const DENIALS_A_MINUTE = 60
const PRUNE_EVERY_MS = 60_000
const PRUNE_TIMEOUT_MS = 5_000

/** A key that asks again and again for what it may not must not push the others out of the trail. */
function createDenials(clock: Clock, logger: Logger) {
  let minute = 0
  let counts = new Map<string, number>()
  return {
    admit(principal: string): boolean {
      const now = Math.floor(clock.now() / 60_000)
      if (now !== minute) {
        minute = now
        counts = new Map()
      }
      const count = (counts.get(principal) ?? 0) + 1
      counts.set(principal, count)
      if (count === DENIALS_A_MINUTE + 1) logger.warn({ principal }, 'this key is denied so often that not all of it is in the audit trail')
      return count <= DENIALS_A_MINUTE
    },
  }
}

interface Portion {
  readonly rows: readonly AuditRecord[]
  /** They are stored: those that have not changed meanwhile wait no longer. */
  done(): void
}

/** What waits to be written; the oldest goes first when there is too much, and commands before notes: they can be had again. */
function createWaiting(limit: number, onLost: () => void) {
  // As they are now; rows are made of them when they are written, not on the way of the command.
  const commands = new Map<string, Command>()
  const notes = new Map<string, AuditRecord>()
  const dropOldest = (map: Map<string, unknown>): void => void map.delete(map.keys().next().value as string)
  const bound = (): void => {
    if (commands.size + notes.size <= limit) return
    if (commands.size > 0) return dropOldest(commands)
    dropOldest(notes)
    onLost()
  }
  return {
    get size() {
      return commands.size + notes.size
    },
    command(command: Command): void {
      commands.set(command.id, command)
      bound()
    },
    note(row: AuditRecord): void {
      notes.set(row.id, row)
      bound()
    },
    first(count: number): Portion {
      const told = firstOf(notes, count)
      const ended = firstOf(commands, count - told.length)
      return {
        rows: [...told, ...ended.map(commandRow)],
        done() {
          for (const row of told) if (notes.get(row.id) === row) notes.delete(row.id)
          for (const command of ended) if (commands.get(command.id) === command) commands.delete(command.id)
        },
      }
    },
  }
}

function firstOf<V>(map: ReadonlyMap<string, V>, count: number): readonly V[] {
  const values: V[] = []
  for (const value of map.values()) {
    if (values.length >= count) break
    values.push(value)
  }
  return values
}

export function createAuditRecorder(parts: AuditRecorderParts): AuditRecorder {
  const { audit, clock, logger } = parts
  const within = (): EngineOptions => ({ deadline: clock.now() + parts.storeTimeoutMs })
  let lost = 0
  const waiting = createWaiting(parts.maxWaiting ?? MAX_WAITING, () => {
    lost += 1
    if (lost === 1) logger.error({}, 'the audit trail is incomplete: the store has been away for too long')
  })
  const denials = createDenials(clock, logger)
  let failures = 0
  let writing: Promise<void> | undefined
  let cancelTimer: (() => void) | undefined
  let lastPrune = Number.NEGATIVE_INFINITY
  let tending = false
  let stopTending: (() => void) | undefined
  let stopped = false

  async function write(): Promise<void> {
    try {
      while (waiting.size > 0) {
        const portion = waiting.first(BATCH)
        await audit.record(portion.rows, within())
        portion.done()
        failures = 0
      }
      if (lost > 0) logger.warn({ lost }, 'the audit trail is written again; some rows are missing')
      lost = 0
    } catch (error) {
      if (failures === 0) logger.warn({ err: toCtiError(error).message }, 'the audit trail could not be written; it is tried again')
      failures += 1
    }
  }

  /** After `ms`, all that waits then. One write at a time. */
  function plan(ms: number): void {
    if (writing !== undefined || cancelTimer !== undefined || stopped) return
    cancelTimer = clock.after(ms, () => {
      cancelTimer = undefined
      flush()
    })
  }

  function flush(): void {
    writing ??= write().finally(() => {
      writing = undefined
      if (waiting.size > 0) plan(failures === 0 ? FLUSH_MS : Math.min(RETRY_MS.cap, RETRY_MS.base * 2 ** Math.min(failures, 10)))
    })
  }

  /** Rows of commands that ended without one. */
  async function complete(): Promise<void> {
    if (audit.tellsCommands) return
    for (let round = 0; round < OWED_ROUNDS; round += 1) {
      const ids = await audit.owed(clock.now() - OWED_AFTER_MS, BATCH, within())
      const commands = await Promise.all(ids.map((id) => parts.log.get(id, within())))
      const rows = commands.flatMap((command) => (command === undefined || !isFinal(command.status) ? [] : [commandRow(command)]))
      if (rows.length === 0) return
      await audit.record(rows, within())
      logger.info({ rows: rows.length }, 'the audit trail was completed from the command log')
      if (ids.length < BATCH) return
    }
  }

  async function tend(): Promise<void> {
    if (tending) return
    tending = true
    try {
      await complete()
      if (clock.monotonic() - lastPrune < PRUNE_EVERY_MS) return
      lastPrune = clock.monotonic()
      const { surplus } = await audit.prune(clock.now() - parts.retentionMs, parts.maxRows, { deadline: clock.now() + PRUNE_TIMEOUT_MS })
      if (surplus > 0) logger.warn({ rows: surplus }, 'the audit trail is full: the oldest rows were deleted before their time')
    } catch (error) {
      logger.warn({ err: toCtiError(error).message }, 'the audit trail was not looked after; it is tried again')
    } finally {
      tending = false
    }
  }

  return {
    command(command) {
      if (audit.tellsCommands) return
      // What goes on in between is not for the trail: that it was asked for, and how it ended.
      if (!isFinal(command.status) && command.attempts > 1) return
      waiting.command(command)
      plan(FLUSH_MS)
    },
    note({ id = randomUUID(), at = clock.now(), ...note }) {
      if (note.what === 'denied' && !denials.admit(note.principal)) return
      waiting.note({ id, at, ...note })
      plan(FLUSH_MS)
    },
    start() {
      void tend()
      // What a killed process ended in its last moments is old enough soon after the next start.
      const cancelSecond = clock.after(OWED_AFTER_MS + 500, () => void tend())
      const cancelOthers = clock.every(OWED_EVERY_MS, () => void tend())
      stopTending = () => {
        cancelSecond()
        cancelOthers()
      }
    },
    async stop(graceMs) {
      stopTending?.()
      cancelTimer?.()
      cancelTimer = undefined
      const over = clock.sleep(graceMs)
      if (writing !== undefined) await Promise.race([writing, over])
      stopped = true
      flush()
      await Promise.race([writing, over])
      if (waiting.size > 0) logger.warn({ rows: waiting.size }, 'rows of the audit trail are not stored; those of commands follow later')
    },
  }
}
