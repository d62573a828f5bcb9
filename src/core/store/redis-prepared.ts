import type { Lease } from '../command-log.js'
import { COMMAND_CLASSES } from '../model/command.js'
import type { RuledChange } from './changes.js'
import type { AgentText, OpenRecord } from './redis-agent-text.js'
import { finalRecord, type OpenHead } from './redis-change.js'

/**
 * Steps that are worked out here, from what the agent's text is thought to be (`KnownTexts`), and are only compared and written in Redis.
 * Guarantees: what is foreseen is, letter by letter, what the script would have made of that text; undefined for what is not foreseen, which
 * the script does by itself (a property test makes both of them).
 */
export interface ForeseenAppend {
  /** Behind the script's other arguments. */
  readonly args: readonly string[]
  readonly seq: number
  /** Of the lease that begins it; 0: it is not begun. */
  readonly token: number
  /** The agent when it has been done, `till`: the end of the lease as the script answers it. */
  after(till: number): AgentText
}

export interface AppendWords {
  readonly id: string
  readonly class: string
  readonly channel: string
  readonly acceptedAt: number
  readonly body: string
  /** `packRelations` */
  readonly relations: string
  readonly owner: string | undefined
}

/** Where the letters of an older command of this class begin in `packRelations`. */
const PLACE_OF_CLASS = new Map<string, number>(COMMAND_CLASSES.map((name, index) => [name, 3 * index]))
const WAITS = 'w'

function waitsBehind(open: readonly OpenRecord[], { relations, channel }: AppendWords): boolean {
  for (const { head } of open) {
    const place = PLACE_OF_CLASS.get(head.class)
    if (place === undefined) return false
    if (relations[place + (head.channel === channel ? 0 : head.channel === '' ? 1 : 2)] !== WAITS) return false
  }
  return true
}

/** Member by member: each accepted command comes by here. */
function newHead({ id, class: itsClass, channel, acceptedAt }: AppendWords, seq: number, begun: boolean): OpenHead {
  return {
    seq,
    id,
    status: begun ? 'sent' : 'accepted',
    attempts: begun ? 1 : 0,
    acceptedAt,
    class: itsClass,
    channel,
    sentAt: begun ? acceptedAt : '',
    nextAttemptAt: '',
    marks: '',
    crashes: '',
    problem: '',
  }
}

/** For a command that waits behind all that are there, or is the only one. */
export function foreseesAppend(agent: AgentText, epoch: string, words: AppendWords): ForeseenAppend | undefined {
  const { id, channel, acceptedAt, body, owner } = words
  if (!Number.isSafeInteger(acceptedAt) || acceptedAt < 0 || !waitsBehind(agent.open, words)) return undefined
  const { lo, d, till, open, text } = agent
  const seq = agent.seq + 1
  const described = `${acceptedAt} ${words.class} ${channel} ${epoch}`
  const alone = open.length === 0
  if (alone && owner !== undefined && till === '') {
    const token = agent.token + 1
    const before = `${seq} ${token} ${lo} ${d} `
    const raw = `${seq} ${id} sent 1 ${described} ${acceptedAt}    ${token} \n`
    const behind = ` ${owner}\n${raw}`
    const after = (until: number): AgentText => {
      const ends = String(until)
      const command = { raw: raw + body, head: newHead(words, seq, true) }
      return { text: before + ends + behind + body, seq, token, lo, d, till: ends, owner, open: [command] }
    }
    return { args: [text, epoch, before, behind, String(seq), '1'], seq, token, after }
  }
  const raw = `${seq} ${id} accepted 0 ${described}      \n`
  const before = `${seq}${text.slice(String(agent.seq).length)}\n${raw}`
  const after = (): AgentText => {
    const command = { raw: raw + body, head: newHead(words, seq, false) }
    return { text: before + body, seq, token: agent.token, lo, d, till, owner: agent.owner, open: [...open, command] }
  }
  return { args: [text, epoch, before, '', String(seq), alone ? '0' : ''], seq, token: 0, after }
}

export interface ForeseenFinish {
  readonly args: readonly string[]
  /** The agent when it has been done, `d` as the script answers it. */
  after(d: number): AgentText
  /** Record of the command for which the lease is kept. */
  readonly next: string | undefined
}

const NONE: readonly OpenRecord[] = []

const setOf = (head: OpenHead | undefined): string => (head === undefined ? '' : head.nextAttemptAt === '' ? 'idle' : 'retry')

const dueOf = ({ nextAttemptAt, sentAt, acceptedAt }: OpenHead): string => String(nextAttemptAt || sentAt || acceptedAt)

/** For the head of an agent whose lease is ours, and that ends. Not for one that dies: that is rare, and has a list of its own. */
export function foreseesFinish(
  agent: AgentText,
  epoch: string,
  id: string,
  change: RuledChange,
  lease: Lease,
  now: number,
): ForeseenFinish | undefined {
  const first = agent.open[0]
  const second = agent.open[1]
  if (first?.head.id !== id || agent.owner !== lease.owner || agent.token !== lease.token || change.fields.status === 'dead')
    return undefined
  const ended = finalRecord(first, change)
  if (ended === undefined) return undefined
  const following = second?.head
  const goesOn = following !== undefined && (following.nextAttemptAt === '' || following.nextAttemptAt <= now)
  const { seq, token, d } = agent
  const chunk = Math.floor(first.head.seq / 32)
  const lo = chunk < Number(agent.lo) ? String(chunk) : agent.lo
  const open = second === undefined ? NONE : agent.open.slice(1)
  const till = goesOn ? agent.till : ''
  const owner = goesOn ? agent.owner : ''
  const before = `${seq} ${token} ${lo} `
  let behind = goesOn ? ` ${till} ${owner}` : ''
  for (const { raw } of open) behind += `\n${raw}`
  const from = setOf(first.head)
  const to = setOf(following)
  return {
    args: [
      agent.text,
      epoch,
      agent.till,
      d,
      before,
      behind,
      `${chunk}:${lease.key}`,
      ended.record,
      String(ended.settledAt),
      from === to ? '' : from,
      to,
      following === undefined ? '' : dueOf(following),
    ],
    after: (told) => ({ text: before + String(told) + behind, seq, token, lo, d: String(told), till, owner, open }),
    next: goesOn ? second?.raw : undefined,
  }
}
