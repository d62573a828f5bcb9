/** The rules of the gateway that the model can be run without, to see that the check notices. */
export interface Rules {
  /** The fence looks at the command's status. */
  readonly fence: boolean
  /** What may have been done is read before it is sent again. */
  readonly readBeforeResend: boolean
  /** An accepted command ends those that it replaces. */
  readonly supersede: boolean
  /** A worker's settle asks for the lease. */
  readonly settleNeedsLease: boolean
  /** Append begins a command only when nobody has the agent's lease. */
  readonly beginNeedsFreeLease: boolean
  /** An answer of the vendor proves nothing. */
  readonly evidence: boolean
  /** Between fence and request nobody appends for this agent in this process. */
  readonly gate: boolean
  /** What is on its way is not cancelled. */
  readonly cancelAsksStatus: boolean
  /** An undo takes back what has been begun too. */
  readonly undoTakesBackSent: boolean
  /** A final status stays. */
  readonly finalStays: boolean
  /** A lease that has run out is free. */
  readonly leaseEnds: boolean
  /**
   * After a command that was sent and ended without evidence, the next one is not confirmed by a read as long as the older one's
   * effect may still come.
   */
  readonly waitForOlder: boolean
  /** A retry in one step asks whether the lease under which it was put off is the newest that was granted. */
  readonly retakeNeedsNewest: boolean
}

export const ALL_RULES: Rules = {
  fence: true,
  readBeforeResend: true,
  supersede: true,
  settleNeedsLease: true,
  beginNeedsFreeLease: true,
  evidence: true,
  gate: true,
  cancelAsksStatus: true,
  undoTakesBackSent: true,
  finalStays: true,
  leaseEnds: true,
  waitForOlder: true,
  retakeNeedsNewest: true,
}
