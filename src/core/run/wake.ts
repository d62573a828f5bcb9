import { priorityOf } from '../accept/policy.js'
import type { Command } from '../model/command.js'
import { toCtiError } from '../model/error.js'
import type { RunnerPorts } from './runner-ports.js'

/** Has somebody come back to a command's agent after `delayMs`. Never fails: a lost wake-up is found by the sweeper, so a failing queue is only worth a warning. */
export function createWake({ wakeUps, logger }: Pick<RunnerPorts, 'wakeUps' | 'logger'>) {
  return async (key: string, command: Command, delayMs: number): Promise<void> => {
    try {
      await wakeUps.wake(key, { delayMs: Math.max(0, delayMs), priority: priorityOf(command.action) })
    } catch (error) {
      logger.warn({ agent: key, err: toCtiError(error).message }, 'wake-up not stored; the sweeper will return')
    }
  }
}
