import { readOpenHead, type OpenHead } from './redis-change.js'

/** An open command as it lies in its agent's text. */
export interface OpenRecord {
  readonly head: OpenHead
  /** Its head and body, a line feed between them. */
  readonly raw: string
}

/** An agent's text as it lies in Redis (redis-script-parts.ts), taken apart. Numbers that are not reckoned with stay the texts that they are. */
export interface AgentText {
  readonly text: string
  readonly seq: number
  readonly token: number
  readonly lo: string
  readonly d: string
  /** The end of the lease and its owner; '' without one. */
  readonly till: string
  readonly owner: string
  /** In the order of their seqs. */
  readonly open: readonly OpenRecord[]
}

/** Undefined for what is no agent's text. */
export function readAgentText(text: string): AgentText | undefined {
  const end = text.indexOf('\n')
  const [seq, token, lo, d, till = '', ...owner] = (end < 0 ? text : text.slice(0, end)).split(' ')
  if (seq === undefined || token === undefined || lo === undefined || d === undefined) return undefined
  const open: OpenRecord[] = []
  for (let from = end; from >= 0;) {
    const to = text.indexOf('\n', text.indexOf('\n', from + 1) + 1)
    const raw = text.slice(from + 1, to < 0 ? undefined : to)
    open.push({ raw, head: readOpenHead(raw) })
    from = to
  }
  return { text, seq: Number(seq), token: Number(token), lo, d, till, owner: owner.join(' '), open }
}
