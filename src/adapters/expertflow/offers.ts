import { fieldsOf, textOf, type PresenceEvent } from './presence.js'

/** Tasks being offered on one desk. The gateway accepts none; a person at another desk of the vendor's must, or it is RONA. */
export interface Offers {
  readonly open: boolean
  /** An offer was withdrawn and no state has followed yet: a NOT_READY that comes now is RONA (section 8.6). */
  readonly revokedLately: boolean
  /** True when the message changed whether anything is offered. */
  message(name: string, payload: unknown): boolean
  /** A presence may end offers: the agent left READY, or a channel took up work. */
  presence(event: PresenceEvent): void
  clear(): void
}

const MOST = 100
/** How long a withdrawn offer explains a NOT_READY, ms. */
const RONA_MS = 5000

/** `taskRequest`, `revokeTask`, `topicClosed` and `topicUnsubscription` (section 5.2) → what is offered now. */
export function createOffers(offerMs: number, now: () => number): Offers {
  const offered = new Map<string, number>()
  let revokedAt: number | undefined

  const isOpen = (): boolean => {
    for (const [key, at] of offered) if (now() - at > offerMs) offered.delete(key)
    return offered.size > 0
  }

  return {
    get open() {
      return isOpen()
    },
    get revokedLately() {
      return revokedAt !== undefined && now() - revokedAt <= RONA_MS
    },
    message(name, payload) {
      const before = isOpen()
      const fields = fieldsOf(payload)
      const conversationId = textOf(fields?.['conversationId'])
      if (name === 'taskRequest') {
        const state = textOf(fieldsOf(fields?.['taskState'])?.['name'])
        const key = conversationId ?? textOf(fields?.['taskId'])
        if (state === 'RESERVED' && key !== undefined && offered.size < MOST) offered.set(key, now())
      } else if (name === 'revokeTask' || name === 'topicClosed' || name === 'topicUnsubscription') {
        if (name === 'revokeTask') revokedAt = now()
        if (conversationId === undefined) offered.clear()
        else offered.delete(conversationId)
      }
      return isOpen() !== before
    },
    presence({ presence, changedMrds }) {
      const working = presence.mrds.some((mrd) => changedMrds.includes(mrd.id) && (mrd.state === 'ACTIVE' || mrd.state === 'BUSY'))
      if (presence.state !== 'READY' || working) offered.clear()
      if (presence.state === 'READY') revokedAt = undefined
    },
    clear: () => offered.clear(),
  }
}
