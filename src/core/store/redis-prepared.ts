import type { Lease } from '../command-log.js'
import type { RuledChange } from './changes.js'
import type { AgentText } from './redis-agent-text.js'
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
  /** Of the lease that begins it. */
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
  readonly owner: string | undefined
}

/** Member by member: each accepted command comes by here. */
function newHead({ id, acceptedAt }: AppendWords, seq: number): OpenHead {
  return { seq, id, status: 'sent', attempts: 1, acceptedAt, sentAt: acceptedAt, nextAttemptAt: '', marks: '', crashes: '', problem: '' }
}

/** For the only command of an agent, that is begun at once. */
export function foreseesAppend(agent: AgentText, epoch: string, words: AppendWords): ForeseenAppend | undefined {
  const { id, channel, acceptedAt, body, owner } = words
  if (agent.open !== undefined || owner === undefined || agent.till !== '') return undefined
  if (!Number.isSafeInteger(acceptedAt) || acceptedAt < 0) return undefined
  const { lo, d } = agent
  const seq = agent.seq + 1
  const token = agent.token + 1
  const before = `${seq} ${token} ${lo} ${d} `
  const raw = `${seq} ${id} sent 1 ${acceptedAt} ${words.class} ${channel} ${epoch} ${acceptedAt}    ${token} \n`
  const behind = ` ${owner}\n${raw}`
  const after = (until: number): AgentText => {
    const till = String(until)
    return { text: before + till + behind + body, seq, token, lo, d, till, owner, open: { body, head: newHead(words, seq) } }
  }
  return { args: [agent.text, epoch, before, behind, String(seq)], seq, token, after }
}

export interface ForeseenFinish {
  readonly args: readonly string[]
  /** The agent when it has been done, `d` as the script answers it. */
  after(d: number): AgentText
}

/** For the only command of an agent whose lease is ours, and that ends. Not for one that dies: that is rare, and has a list of its own. */
export function foreseesFinish(agent: AgentText, id: string, change: RuledChange, lease: Lease): ForeseenFinish | undefined {
  const { open, seq, token, d } = agent
  if (open?.head.id !== id || agent.owner !== lease.owner || token !== lease.token || change.fields.status === 'dead') return undefined
  const ended = finalRecord(open, change)
  if (ended === undefined) return undefined
  const chunk = Math.floor(open.head.seq / 32)
  const lo = chunk < Number(agent.lo) ? String(chunk) : agent.lo
  const set = open.head.nextAttemptAt === '' ? 'idle' : 'retry'
  const line = `${seq} ${token} ${lo} `
  return {
    args: [agent.text, agent.till, d, line, `${chunk}:${lease.key}`, ended.record, String(ended.settledAt), set],
    after(told) {
      const now = String(told)
      return { text: line + now, seq, token, lo, d: now, till: '', owner: '', open: undefined }
    },
  }
}
