import { readOpenHead, type OpenHead } from './redis-change.js'

/** An open command as it lies in its agent's text. */
export interface OpenRecord {
  readonly head: OpenHead
  readonly body: string
}

/**
 * An agent's text as it lies in Redis (redis-script-parts.ts), taken apart, with one open command or none. Numbers that are not reckoned with stay
 * the texts that they are.
 */
export interface AgentText {
  readonly text: string
  readonly seq: number
  readonly token: number
  readonly lo: string
  readonly d: string
  /** The end of the lease and its owner; '' without one. */
  readonly till: string
  readonly owner: string
  readonly open: OpenRecord | undefined
}

/** Undefined for what is no such text. */
export function readAgentText(text: string): AgentText | undefined {
  const [line = '', head, body, ...more] = text.split('\n')
  const [seq, token, lo, d, till = '', ...owner] = line.split(' ')
  if (seq === undefined || token === undefined || lo === undefined || d === undefined || more.length > 0) return undefined
  const open = head === undefined || body === undefined ? undefined : { head: readOpenHead(head), body }
  return { text, seq: Number(seq), token: Number(token), lo, d, till, owner: owner.join(' '), open }
}
