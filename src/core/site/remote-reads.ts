import { randomUUID } from 'node:crypto'
import type { Bus, BusMessage } from './bus.js'
import { problemOf } from '../run/failure.js'
import type { AgentView } from '../model/agent-state.js'
import { CtiError, toCtiError } from '../model/error.js'
import type { Presence } from '../agents/presence.js'
import type { SiteNews } from './site-news.js'

/** Questions to the process that has a platform's link, and its answers. */
export interface RemoteReads {
  /** A fresh read by the owner. Fails: what its read failed with; VENDOR_UNAVAILABLE without an owner; the signal's reason. */
  read(platform: string, agentId: string, signal: AbortSignal): Promise<AgentView>
  /** All views that the owner knows: from presence when they have been told already, else after asking. Fails as `read`. */
  list(platform: string, signal: AbortSignal): Promise<readonly AgentView[]>
  /** Asks the owner to tell all views as news. Gives the id of the question. */
  askAll(platform: string): string
  start(): void
  stop(): void
}

export interface RemoteReadsParts {
  readonly bus: Bus
  readonly presence: Presence
  readonly news: Pick<SiteNews, 'hasOwner' | 'isComplete' | 'tellAll' | 'onTold'>
  readonly owns: (platform: string) => boolean
  /** A fresh read here, with its deadline and its place in the vendor's queue. */
  readonly readHere: (platform: string, agentId: string) => Promise<AgentView>
}

/** Questions of others that are being answered at once at most: they must not push the owner's own work aside. */
const MAX_ANSWERING = 64
/** Own questions that wait for an answer at once at most. */
const MAX_ASKED = 10_000

interface Asked {
  /** Of a question for all views: the platform. It ends when they have been told, whoever asked. */
  readonly all: string | undefined
  readonly resolve: (view: AgentView | undefined) => void
  readonly reject: (error: Error) => void
}

/** Guarantees: no question outlives its signal; one owner answers, once; a read that others wait for already is not made twice. */
export function createRemoteReads({ bus, presence, news, owns, readHere }: RemoteReadsParts): RemoteReads {
  const asked = new Map<string, Asked>()
  const reading = new Map<string, Promise<AgentView>>()
  let answering = 0
  const ends: (() => void)[] = []

  function ask(platform: string, agentId: string | undefined, signal: AbortSignal): Promise<AgentView | undefined> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    if (!news.hasOwner(platform)) return Promise.reject(away(platform, 'no process holds the link of'))
    if (asked.size >= MAX_ASKED) return Promise.reject(new CtiError('VENDOR_BUSY', { effect: 'none', detail: 'too many reads wait' }))
    const id = randomUUID()
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        asked.delete(id)
        signal.removeEventListener('abort', onAbort)
      }
      const onAbort = (): void => {
        leave()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      asked.set(id, {
        all: agentId === undefined ? platform : undefined,
        resolve: (view) => {
          leave()
          resolve(view)
        },
        reject: (error) => {
          leave()
          reject(error)
        },
      })
      // All views have been asked for already, when the owner was first heard of.
      if (agentId !== undefined) bus.publish({ kind: 'ask', platform, id, agentId })
    })
  }

  const readOnce = (platform: string, agentId: string): Promise<AgentView> => {
    const slot = `${platform}/${agentId}`
    const running = reading.get(slot) ?? readHere(platform, agentId).finally(() => reading.delete(slot))
    reading.set(slot, running)
    return running
  }

  async function answer({ platform, id, agentId }: Extract<BusMessage, { kind: 'ask' }>): Promise<void> {
    if (!owns(platform)) return
    if (agentId === undefined) return news.tellAll(platform, id)
    if (answering >= MAX_ANSWERING) {
      bus.publish({ kind: 'not-read', answers: id, problem: { code: 'VENDOR_BUSY', detail: 'the owner of the link has too many reads' } })
      return
    }
    answering += 1
    try {
      const view = await readOnce(platform, agentId)
      bus.publish({ kind: 'read', platform, view, answers: id })
    } catch (error) {
      bus.publish({ kind: 'not-read', answers: id, problem: problemOf(toCtiError(error)) })
    } finally {
      answering -= 1
    }
  }

  function hear(message: BusMessage): void {
    if (message.kind === 'ask') void answer(message)
    else if (message.kind === 'read' && message.answers !== undefined) asked.get(message.answers)?.resolve(message.view)
    else if (message.kind === 'not-read') asked.get(message.answers)?.reject(failureOf(message.problem))
  }

  return {
    async read(platform, agentId, signal) {
      const view = await ask(platform, agentId, signal)
      if (view === undefined) throw away(platform, 'no answer from the process that holds the link of')
      return view
    },
    async list(platform, signal) {
      if (!news.isComplete(platform)) await ask(platform, undefined, signal)
      return presence.list(platform)
    },
    askAll(platform) {
      const id = randomUUID()
      bus.publish({ kind: 'ask', platform, id })
      return id
    },
    start() {
      ends.push(
        bus.subscribe(hear),
        news.onTold((platform) => {
          for (const { all, resolve } of [...asked.values()]) if (all === platform) resolve(undefined)
        }),
      )
    },
    stop() {
      for (const end of ends.splice(0)) end()
      for (const { reject } of [...asked.values()]) reject(new CtiError('STOPPING'))
    },
  }
}

function away(platform: string, detail: string): CtiError {
  return new CtiError('VENDOR_UNAVAILABLE', { effect: 'none', detail: `${detail} ${platform}` })
}

/** The owner's read has failed; nothing was sent to the vendor that could have had an effect. */
function failureOf({ code, detail, fault }: Extract<BusMessage, { kind: 'not-read' }>['problem']): CtiError {
  return new CtiError(code, { effect: 'none', ...(detail !== undefined && { detail }), ...(fault !== undefined && { fault }) })
}
