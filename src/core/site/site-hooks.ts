import type { Credentials } from '../adapter.js'

/** How the core of one process stands to those of the others of its site. With one process there is nothing to tell. */
export interface SiteHooks {
  /** False: the link that this agent's platform is reached over belongs to another process now; nothing may be sent from here. */
  mayRun(key: string): boolean
  /** A command for an agent that may not be run here has been accepted here (this one), or was found: whoever may is told. */
  forward(key: string, accepted?: string): void
  /** Open commands were replaced or cancelled here: whoever works on one is told. */
  replaced(key: string, commandIds: readonly string[]): void
  /** Before a LOGIN with a secret is accepted. Fails: UNSUPPORTED when the secret could not reach the process that must send it. */
  checkSecret(key: string): void
  /** The secret of a command from the process that accepted it. Settles within half a second; undefined: nobody has it, or nobody says. */
  fetchSecret(commandId: string): Promise<Credentials | undefined>
}

export const ALONE: SiteHooks = {
  mayRun: () => true,
  forward: () => undefined,
  replaced: () => undefined,
  checkSecret: () => undefined,
  fetchSecret: () => Promise.resolve(undefined),
}
