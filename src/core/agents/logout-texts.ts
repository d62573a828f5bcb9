import type { Clock } from '../clock.js'
import type { LogoutRecord } from './logout-log.js'
import type { ViewReason } from '../model/agent-state.js'
import type { Reason } from '../model/reason.js'
import type { ReasonBook } from '../accept/reason-book.js'

/** The reasons of a platform, or undefined when there is no such platform. */
export type ReasonsOf = (platform: string) => Pick<ReasonBook, 'known' | 'list'> | undefined

/** Code, name, text and canonical key of a logout's reason, as far as they can be told. Never fails. */
export type LogoutTexts = (
  platform: string,
  agentId: string,
  reason: ViewReason | undefined,
) => Promise<Pick<LogoutRecord, 'code' | 'name' | 'text' | 'key'>>

/** A vendor that is away or slow is not asked for its list again this long, ms: many logouts come at once when a site fails. */
const REST_MS = 60_000
const SLOW_MS = 1_000

/**
 * By id, else by code, else by name, among the reasons for logging out. Two under one code or name say nothing: then the next
 * test decides, and in the end there is no text rather than a wrong one.
 */
export function reasonBehind(reasons: readonly Reason[], seen: ViewReason): Reason | undefined {
  const logout = reasons.filter((reason) => reason.type === 'LOGOUT')
  const tests: readonly ((reason: Reason) => boolean)[] = [
    (reason) => seen.id !== undefined && reason.id === seen.id,
    (reason) => seen.code !== undefined && reason.code === seen.code && (seen.name === undefined || reason.name === seen.name),
    (reason) => seen.code !== undefined && reason.code === seen.code,
    (reason) => seen.code === undefined && seen.name !== undefined && reason.name === seen.name,
  ]
  for (const test of tests) {
    const found = logout.filter(test)
    if (found.length === 1) return found[0]
  }
  return undefined
}

/** Texts without U+0000, which PostgreSQL cannot keep. */
function harmless(text: string): string {
  return text.replaceAll('\u0000', '')
}

/** What the view says comes first; the platform's list fills the rest. Its name is the text where it has no description. */
export function wordsOf(seen: ViewReason, listed: Reason | undefined): Pick<LogoutRecord, 'code' | 'name' | 'text' | 'key'> {
  const code = seen.code ?? listed?.code
  const name = seen.name ?? listed?.name
  const key = seen.key ?? listed?.key
  const text = listed?.description ?? listed?.name ?? seen.name
  return {
    ...(code !== undefined && { code }),
    ...(name !== undefined && { name: harmless(name) }),
    ...(text !== undefined && { text: harmless(text) }),
    ...(key !== undefined && { key: harmless(key) }),
  }
}

export function createLogoutTexts(reasonsOf: ReasonsOf, clock: Pick<Clock, 'monotonic'>): LogoutTexts {
  const restUntil = new Map<string, number>()

  async function listed(platform: string, agentId: string, seen: ViewReason): Promise<Reason | undefined> {
    const book = reasonsOf(platform)
    if (book === undefined) return undefined
    const known = reasonBehind(book.known(agentId) ?? [], seen)
    const begun = clock.monotonic()
    if (known !== undefined || begun < (restUntil.get(platform) ?? Number.NEGATIVE_INFINITY)) return known
    const rest = (): unknown => restUntil.set(platform, clock.monotonic() + REST_MS)
    try {
      const reasons = await book.list(agentId)
      if (clock.monotonic() - begun > SLOW_MS) rest()
      return reasonBehind(reasons, seen)
    } catch {
      rest()
      return undefined
    }
  }

  return async (platform, agentId, reason) => (reason === undefined ? {} : wordsOf(reason, await listed(platform, agentId, reason)))
}
