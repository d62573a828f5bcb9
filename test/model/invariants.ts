import { isFinal, type CommandStatus } from '../../src/core/model/life-cycle.js'
import { isMet, type State } from './state.js'
import type { Step } from './step.js'

const isEnded = (status: CommandStatus | 'none'): boolean => status !== 'none' && isFinal(status)

/** Nothing is left to do, for anybody. */
export function isQuiet(state: State): boolean {
  const { commands, workers, vendor } = state
  return (
    workers[0].at === 'idle' &&
    workers[1].at === 'idle' &&
    vendor.queue.length === 0 &&
    vendor.next === undefined &&
    commands.every(({ told, undoBy, status }) => told !== 'no' && undoBy === undefined && (status === 'none' || isFinal(status)))
  )
}

/** A rule that a step breaks; they are listed in life-cycle-model.test.ts. */
export function brokenBy(from: State, step: Step): string | undefined {
  return step.broken ?? finalChanged(from, step.to) ?? twoAtOnce(step.to) ?? (isQuiet(step.to) ? wrongAtRest(step.to) : undefined)
}

function finalChanged(from: State, to: State): string | undefined {
  const at = from.commands.findIndex(({ status }, c) => isEnded(status) && to.commands[c]?.status !== status)
  if (at < 0) return undefined
  return `I2: command ${at + 1} was ${from.commands[at]?.status} and is ${to.commands[at]?.status}`
}

function twoAtOnce({ workers: [one, two] }: State): string | undefined {
  if (one.at === 'idle' || two.at === 'idle' || one.expired || two.expired) return undefined
  return 'I11: two workers run the agent, and neither has lost its lease'
}

/**
 * I4. The newest command that may have had an effect decides. Confirmed: the vendor is still there, unless the vendor lied or the
 * documented bound was used. Without evidence (dead, unconfirmed, ended on its way): nobody claims to know.
 */
function wrongAtRest({ commands, vendor, bound, lied }: State): string | undefined {
  if (bound || lied) return undefined
  for (const [c, { status, attempts, kind }] of [...commands.entries()].reverse()) {
    if (status === 'confirmed') {
      return isMet(kind, vendor.state) ? undefined : `I4: ${c + 1} ${kind} is confirmed and the newest, and the agent is ${vendor.state}`
    }
    const harmless = status === 'none' || attempts === 0 || (status === 'rejected' && attempts === 1)
    if (!harmless) return undefined
  }
  return undefined
}
