import type { StatusChange } from '../command-log.js'
import { changed } from '../model/changed.js'
import type { Command } from '../model/command.js'

/**
 * How the run of one command ended. `next`: the lease is kept for the agent's next due command · `released`: nothing more
 * is due and the lease is given back · `again`: somebody else changed the command; look at the agent anew · `leave`: it is
 * not due; the lease is still to be given back.
 */
export type Next = { readonly kind: 'next'; readonly command: Command } | { readonly kind: 'released' | 'again' | 'leave' }

export const AGAIN: Next = { kind: 'again' }

/** Final statuses that come with a problem. */
export type ProblemStatus = 'rejected' | 'expired' | 'unconfirmed' | 'dead'

export interface PutOff {
  readonly giveAttemptBack: boolean
  /** Somebody comes back at the time; otherwise when the vendor does. */
  readonly timed: boolean
}

/** The command with its end. */
export function asEnded(command: Command, { status, confirmedBy, unchanged, problem }: StatusChange, settledAt: number): Command {
  const final: { -readonly [K in keyof Command]: Command[K] } = changed(command, { status, settledAt, pending: false })
  if (confirmedBy !== undefined) final.confirmedBy = confirmedBy
  if (unchanged !== undefined) final.unchanged = unchanged
  if (problem !== undefined) final.problem = problem
  return final
}
