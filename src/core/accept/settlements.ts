import type { Clock } from '../clock.js'
import { isFinal, type Command } from '../model/command.js'

/** Lets callers wait for the end of a command. */
export interface Settlements {
  /** Resolves with the command when it is known here to have ended, or with undefined after `ms`. Never rejects. */
  wait(commandId: string, ms: number): Promise<Command | undefined>
  changed(command: Command): void
  /** Does anybody here wait for it? */
  awaited(commandId: string): boolean
}

export function createSettlements(clock: Clock): Settlements {
  const waiting = new Map<string, Set<(command: Command | undefined) => void>>()
  return {
    wait(commandId, ms) {
      return new Promise((resolve) => {
        const set = waiting.get(commandId) ?? new Set()
        waiting.set(commandId, set)
        const end = (command: Command | undefined): void => {
          cancel()
          set.delete(end)
          if (set.size === 0) waiting.delete(commandId)
          resolve(command)
        }
        const cancel = clock.after(ms, () => end(undefined))
        set.add(end)
      })
    },
    awaited: (commandId) => waiting.has(commandId),
    changed(command) {
      if (!isFinal(command.status)) return
      for (const end of [...(waiting.get(command.id) ?? [])]) end(command)
    },
  }
}
