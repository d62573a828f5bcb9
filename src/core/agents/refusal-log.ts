import type { RefusalRow } from '../adapter.js'
import type { Commands } from '../accept/commands.js'
import type { ActionKind, Command } from '../model/command.js'

/** A refused contact and the command of the same agent that came shortly before it. */
export interface CorrelatedRefusal {
  readonly row: RefusalRow
  readonly precededBy?: {
    readonly commandId: string
    readonly action: ActionKind
    /** Missing where the platform's time is too coarse to tell. */
    readonly seconds?: number
    readonly principal: string
  }
}

/** A supervisor's first question is "did the CRM make him ready?": commands of this long before count, ms. */
export const CORRELATION_MS = 60_000

const PAGE = 200
const MAX_PAGES = 25
const MAX_AGENTS = 2_000

/**
 * Joins refusals with the agent's newest command accepted in the 60 s before. Memory stays flat: the histories of at most
 * 2,000 agents are kept, each no further back than the refusals asked for. A store that is away leaves the join out.
 */
export function createCorrelator(
  commands: Pick<Commands, 'history'>,
  platform: string,
  from: number,
): (row: RefusalRow) => Promise<CorrelatedRefusal> {
  const histories = new Map<string, readonly Command[]>()

  async function historyOf(agentId: string): Promise<readonly Command[]> {
    const known = histories.get(agentId)
    if (known !== undefined) return known
    const all: Command[] = []
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const part = await commands.history(platform, agentId, PAGE, all.at(-1)?.seq)
      all.push(...part)
      const last = part.at(-1)
      if (part.length < PAGE || last === undefined || last.acceptedAt < from - CORRELATION_MS) break
    }
    if (histories.size >= MAX_AGENTS) histories.delete(histories.keys().next().value as string)
    histories.set(agentId, all)
    return all
  }

  return async (row) => {
    const { agentId, at, withinMs = 0 } = row
    if (agentId === undefined || at === undefined) return { row }
    const found = precedingOf(await historyOf(agentId).catch(() => []), at, withinMs)
    if (found === undefined) return { row }
    const { command, certain } = found
    const seconds = Math.round((at - command.acceptedAt) / 100) / 10
    return {
      row,
      precededBy: { commandId: command.id, action: command.action.kind, principal: command.origin.principal, ...(certain && { seconds }) },
    }
  }
}

/**
 * The command that came before a refusal at `at`, or at an unknown moment of the `withinMs` after it. Pure.
 *
 * A time without seconds leaves the order within its minute open. There only a READY counts, because nobody else is offered a contact;
 * anything else may just as well have come after the refusal. `certain`: the order is known.
 */
export function precedingOf(
  newestFirst: readonly Command[],
  at: number,
  withinMs: number,
): { readonly command: Command; readonly certain: boolean } | undefined {
  const ready = newestFirst.find(({ acceptedAt, action }) => action.kind === 'READY' && acceptedAt > at && acceptedAt < at + withinMs)
  if (ready !== undefined) return { command: ready, certain: false }
  const before = newestFirst.find(({ acceptedAt }) => acceptedAt <= at)
  return before === undefined || at - before.acceptedAt > CORRELATION_MS ? undefined : { command: before, certain: true }
}
