import type { EngineOptions } from '../command-log.js'

/**
 * Names of which one process of the site may have each: a vendor link, a feed.
 *
 * Guarantees: one atomic step each; at most one owner at a time by the engine's own clock; `token` grows with every grant.
 */
export interface SiteLeases {
  /** Grants or prolongs. The token of a prolonged lease stays; undefined: another owner has it. */
  acquire(name: string, owner: string, ttlMs: number, options: EngineOptions): Promise<number | undefined>
  /** Frees it at once when it is still the owner's. */
  release(name: string, owner: string, options: EngineOptions): Promise<void>
}
