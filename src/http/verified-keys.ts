import type { Clock } from '../core/clock.js'

/** Whom keys were found to belong to lately, by the digest of the secret. Secrets themselves are not kept. */
export interface VerifiedKeys<Principal> {
  get(digest: string): Principal | undefined
  put(digest: string, principal: Principal): void
  /** Forgets all, when keys have changed. */
  clear(): void
}

/** At most `limit` entries, the longest unused goes first, none serves longer than `ttlMs` after it was verified. */
export function createVerifiedKeys<Principal>(clock: Clock, limit = 1_000, ttlMs = 60_000): VerifiedKeys<Principal> {
  const entries = new Map<string, { readonly principal: Principal; readonly until: number }>()
  return {
    get(digest) {
      const entry = entries.get(digest)
      if (entry === undefined) return undefined
      entries.delete(digest)
      if (clock.monotonic() >= entry.until) return undefined
      entries.set(digest, entry)
      return entry.principal
    },
    put(digest, principal) {
      entries.delete(digest)
      const [oldest] = entries.keys()
      if (entries.size >= limit && oldest !== undefined) entries.delete(oldest)
      entries.set(digest, { principal, until: clock.monotonic() + ttlMs })
    },
    clear: () => entries.clear(),
  }
}
