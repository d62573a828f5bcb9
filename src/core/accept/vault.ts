import type { Credentials } from '../adapter.js'

/** Secrets of open commands, in this process's memory only (product rule 7). Bounded: the oldest go first. */
export interface Vault {
  put(commandId: string, credentials: Credentials): void
  get(commandId: string): Credentials | undefined
  drop(commandId: string): void
}

export function createVault(limit = 100_000): Vault {
  const secrets = new Map<string, Credentials>()
  return {
    put(commandId, credentials) {
      secrets.set(commandId, credentials)
      if (secrets.size > limit) secrets.delete(secrets.keys().next().value as string)
    },
    get: (commandId) => secrets.get(commandId),
    drop: (commandId) => void secrets.delete(commandId),
  }
}
