import { isFinal, type Command } from './model/command.js'

/** Lets callers wait for the end of a command that runs in this process. */
export interface Settlements {
  /** Resolves with the command when it gets a final status here, or with undefined when the signal aborts. */
  wait(commandId: string, signal: AbortSignal): Promise<Command | undefined>
  changed(command: Command): void
  /** Does anybody here wait for it? */
  awaited(commandId: string): boolean
}

export function createSettlements(): Settlements {
  const waiting = new Map<string, Set<(command: Command) => void>>()
  return {
    wait(commandId, signal) {
      if (signal.aborted) return Promise.resolve(undefined)
      return new Promise((resolve) => {
        const set = waiting.get(commandId) ?? new Set()
        waiting.set(commandId, set)
        const end = (command?: Command): void => {
          set.delete(end)
          if (set.size === 0) waiting.delete(commandId)
          signal.removeEventListener('abort', onAbort)
          resolve(command)
        }
        const onAbort = (): void => end()
        set.add(end)
        signal.addEventListener('abort', onAbort, { once: true })
      })
    },
    awaited: (commandId) => waiting.has(commandId),
    changed(command) {
      if (!isFinal(command.status)) return
      for (const end of [...(waiting.get(command.id) ?? [])]) end(command)
    },
  }
}
