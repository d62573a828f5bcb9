import type { Clock } from '../clock.js'
import type { Token } from './rate-keeper.js'

/** At most this is added to the time of asking again, so that processes do not ask in step, ms. */
const ASK_JITTER_MS = 10

export interface TokenAskerParts {
  readonly clock: Clock
  readonly random: () => number
  readonly ask: (priority: number) => Promise<Token>
  readonly serve: () => void
  readonly next: () => number | undefined
  readonly needed: () => boolean
}

export interface TokenAsker {
  /** Somebody may be able to go now. */
  pump(): void
  /** The rate is another one: the time that was planned for the next question counts no more. */
  again(): void
}

/**
 * Asks for tokens on behalf of whoever is the most urgent at that time; one question at a time. A more urgent newcomer does not
 * wait for the time of the next question: the store must know of it, to keep the other processes' less urgent calls back.
 */
export function createTokenAsker({ clock, random, ask, serve, next, needed }: TokenAskerParts): TokenAsker {
  let asking = false
  let asked = 0
  let cancel: (() => void) | undefined

  function pump(): void {
    for (let priority = next(); priority !== undefined; priority = next()) {
      if (needed()) {
        if (!asking && (cancel === undefined || priority < asked)) void question(priority)
        return
      }
      serve()
    }
  }

  function forgetTimer(): void {
    cancel?.()
    cancel = undefined
  }

  async function question(priority: number): Promise<void> {
    forgetTimer()
    asking = true
    asked = priority
    const { granted, retryInMs } = await ask(priority)
    asking = false
    if (granted) serve()
    else {
      cancel = clock.after(Math.max(1, Math.ceil(retryInMs + random() * Math.min(ASK_JITTER_MS, retryInMs / 10))), () => {
        cancel = undefined
        pump()
      })
    }
    pump()
  }

  return {
    pump,
    again() {
      forgetTimer()
      pump()
    },
  }
}
