import { randomBytes } from 'node:crypto'
import type { Logger } from '../adapter.js'
import type { CommandDraft } from '../command-log.js'
import { agentKey } from '../model/command.js'
import type { CommandStatus } from '../model/life-cycle.js'
import { storeUnavailable } from './deadline.js'
import { moveAuditRows } from './redis-audit.js'
import { moveClaims } from './redis-claims.js'
import { packBody, packId, type OpenHead } from './redis-codec.js'
import type { Run } from './redis-log.js'

/**
 * Layout of the keys (redis-script-parts.ts). 1, which did not say so, had a key for each command; 2 had idempotency records as hashes; 3 had
 * a key for each of them, and audit rows of commands beside the commands.
 */
const SCHEMA = 4
const BATCH = 200
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
  readonly ch: string
  readonly sb?: string
}

/** A record of layout 1: two JSON texts, head and whole command. */
function moveArguments(oldId: string, record: string): readonly (string | number)[] {
  const cut = record.indexOf('\n')
  const { k: agent, ...old } = JSON.parse(record.slice(0, cut)) as OldHead
  const command = JSON.parse(record.slice(cut + 1)) as CommandDraft['command']
  const id = packId(command.id)
  const head: OpenHead = { ...old, i: id, ...(old.sb !== undefined && { sb: packId(old.sb) }) }
  return [oldId, agent, old.q, id, JSON.stringify(head), packBody(command)]
}

/** Moves a batch of what layout 1 left. Answers how many commands there were. */
async function moveSome(run: Run): Promise<number> {
  const flat = (await run('ctiOld', NO_DEADLINE, BATCH)) as readonly string[]
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [id = '', record = ''] = [flat[i], flat[i + 1]]
    // Without a record: another process has just moved it, or it never was one; its entries are deleted.
    const args = record === '' ? [id, agentKey('', ''), 0, packId(id), '{}', ''] : moveArguments(id, record)
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
  const moved = { commands: 0, auditRows: 0, idempotencyRecords: 0 }
  for (let rounds = 0; ; rounds += 1) {
    const epoch = randomBytes(6).toString('base64url')
    const schema = String(await run('ctiPrepare', NO_DEADLINE, SCHEMA, epoch, rounds > 0 ? '1' : ''))
    if (schema === String(SCHEMA)) break
    if (schema !== '') {
      throw storeUnavailable(
        `Redis holds schema version ${schema}, this gateway knows ${SCHEMA}. Start a gateway at least as new as the one that wrote it.`,
      )
    }
    // Commands first: rows are made from them.
    for (let some = -1; some !== 0; moved.commands += some) some = await moveSome(run)
    while (Number(await run('ctiSets', NO_DEADLINE, BATCH)) > 0);
    moved.auditRows += await moveAuditRows(run, NO_DEADLINE)
    for (let from = 0; Number(await run('ctiUntold', NO_DEADLINE, BATCH, from)) > 0; from += BATCH);
    moved.idempotencyRecords += await moveClaims(run, NO_DEADLINE)
  }
  if (Object.values(moved).some((count) => count > 0))
    log.info({ ...moved }, 'what an older gateway left in Redis has the layout of this one')
}
