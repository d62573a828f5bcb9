import { randomBytes } from 'node:crypto'
import type { Logger } from '../adapter.js'
import type { CommandDraft } from '../command-log.js'
import { agentKey } from '../model/command.js'
import type { CommandStatus } from '../model/life-cycle.js'
import { storeUnavailable } from './deadline.js'
import { moveAuditRows } from './redis-audit.js'
import { moveClaims } from './redis-claims.js'
import { markOf } from './redis-change.js'
import { packBody, packChannel, packId } from './redis-codec.js'
import type { Run } from './redis-batch.js'

/**
 * Layout of the keys (redis-script-parts.ts). 1, which did not say so, had a key for each command; 2 had idempotency records as hashes; 3 had
 * a key for each of them, and audit rows of commands beside the commands; 4 had an agent's numbers and its open commands as hashes.
 */
const SCHEMA = 5
const BATCH = 200
const SCAN_KEYS = 1000
/** A migration has no caller who was told anything. */
const NO_DEADLINE = Number.MAX_SAFE_INTEGER

/** The head of layout 1. */
interface OldHead {
  readonly k: string
  readonly s: CommandStatus
  readonly q: number
  readonly n: number
  readonly at: number
  readonly cl: string
  /** '' or the name behind `=`. */
  readonly ch: string
  readonly se?: number
  readonly st?: number
  readonly nx?: number
  readonly cb?: 'event' | 'read'
  readonly un?: boolean
  readonly pe?: boolean
  readonly cr?: number
  readonly sb?: string
  /** The problem as JSON text. */
  readonly pr?: string
}

/** The words of a head (redis-codec.ts), of a command that has ended too; without epoch, which Redis adds. */
function packOldHead(id: string, { s, q, n, at, cl, ch, se, nx, cb, un, pe, cr, pr }: OldHead): string {
  const channel = packChannel(ch === '' ? undefined : ch.slice(1))
  const marks = `${cb?.[0] ?? ''}${markOf(un, 'u', 'U')}${markOf(pe, 'p', 'P')}`
  return [q, id, s, n, at, cl, channel, '', se ?? '', nx ?? '', marks, cr ?? '', '', pr ?? ''].join(' ')
}

/** A record of layout 1: two JSON texts, head and whole command. */
function moveArguments(oldId: string, record: string): readonly (string | number)[] {
  const cut = record.indexOf('\n')
  const old = JSON.parse(record.slice(0, cut)) as OldHead
  const command = JSON.parse(record.slice(cut + 1)) as CommandDraft['command']
  const id = packId(command.id)
  return [oldId, old.k, old.q, id, packOldHead(id, old), packBody(command), old.st ?? '', old.sb === undefined ? '' : packId(old.sb)]
}

/** Brings agents of older layouts to this one. */
async function moveAgents(run: Run): Promise<number> {
  let moved = 0
  let from = '0'
  do {
    const [next = '0', some = 0] = (await run('ctiAgents', NO_DEADLINE, from, SCAN_KEYS)) as readonly (string | number)[]
    moved += Number(some)
    from = String(next)
  } while (from !== '0')
  return moved
}

/** Moves a batch of what layout 1 left. Answers how many commands there were. */
async function moveSome(run: Run): Promise<number> {
  const flat = (await run('ctiOld', NO_DEADLINE, BATCH)) as readonly string[]
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [id = '', record = ''] = [flat[i], flat[i + 1]]
    // Without a record: another process has just moved it, or it never was one; its entries are deleted.
    const args = record === '' ? [id, agentKey('', ''), 0, packId(id), '', '', '', ''] : moveArguments(id, record)
    await run('ctiMove', NO_DEADLINE, ...args)
  }
  return flat.length / 2
}

/**
 * Brings the keys to this layout and makes the epoch, if they are not there. Any number of processes may start at once, and any
 * may die in the middle: each command is moved in one step, by one of them. Gateways that write an older layout must have been stopped.
 *
 * Fails with STORE_UNAVAILABLE when a newer gateway has written the keys: an older one must not write what it does not understand.
 */
export async function prepareRedis(run: Run, log: Logger): Promise<void> {
  const moved = { agents: 0, commands: 0, auditRows: 0, idempotencyRecords: 0 }
  for (let rounds = 0; ; rounds += 1) {
    const epoch = randomBytes(6).toString('base64url')
    const schema = String(await run('ctiPrepare', NO_DEADLINE, SCHEMA, epoch, rounds > 0 ? '1' : ''))
    if (schema === String(SCHEMA)) break
    if (schema !== '') {
      throw storeUnavailable(
        `Redis holds schema version ${schema}, this gateway knows ${SCHEMA}. Start a gateway at least as new as the one that wrote it.`,
      )
    }
    moved.agents += await moveAgents(run)
    // Commands before rows, which are made from them.
    for (let some = -1; some !== 0; moved.commands += some) some = await moveSome(run)
    while (Number(await run('ctiSets', NO_DEADLINE, BATCH)) > 0);
    moved.auditRows += await moveAuditRows(run, NO_DEADLINE)
    for (let from = 0; Number(await run('ctiUntold', NO_DEADLINE, BATCH, from)) > 0; from += BATCH);
    moved.idempotencyRecords += await moveClaims(run, NO_DEADLINE)
  }
  if (Object.values(moved).some((count) => count > 0))
    log.info({ ...moved }, 'what an older gateway left in Redis has the layout of this one')
}
