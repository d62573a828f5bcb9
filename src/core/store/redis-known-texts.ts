import { forgetEldest } from '../model/forget-eldest.js'
import { readAgentText, type AgentText } from './redis-agent-text.js'
import type { RunStep, StepAnswer } from './redis-batch.js'
import type { Argument } from './redis-script-call.js'
import { KEPT_LETTERS } from './redis-script-parts.js'
import type { StepScript } from './redis-scripts.js'

/** Agents whose texts are remembered. */
const MOST_AGENTS = 8_000

/**
 * What this process believes the agents' texts in Redis to be: what its own last steps left there. Another process may have changed them since,
 * so a step that is made on this belief says so, and Redis compares. It is nothing but a way to have the step worked out here, where it takes
 * less time than in Lua (docs/decisions/0012).
 */
interface KnownTexts {
  /** Undefined while a step of the agent is on its way, and when nothing is known. */
  of(agent: string): AgentText | undefined
  /** A step of this agent leaves. */
  asked(agent: string): void
  /** It has been answered; `text`: what it left there, undefined when that is not known. */
  answered(agent: string, text: string | AgentText | undefined): void
}

interface Remembered {
  /** Taken apart when it is needed. */
  text: string | AgentText | undefined
  /** Steps on their way. */
  owed: number
}

const lettersOf = (text: string | AgentText | undefined): number => (typeof text === 'string' ? text : (text?.text ?? '')).length

function createKnownTexts(): KnownTexts {
  const agents = new Map<string, Remembered>()
  return {
    of: (agent) => {
      const known = agents.get(agent)
      if (known?.owed !== 0) return undefined
      if (typeof known.text === 'string') known.text = readAgentText(known.text)
      return known.text
    },
    asked(agent) {
      const known = agents.get(agent)
      if (known !== undefined) {
        known.owed += 1
        return
      }
      agents.set(agent, { text: undefined, owed: 1 })
      forgetEldest(agents, MOST_AGENTS)
    },
    answered(agent, text) {
      const known = agents.get(agent)
      if (known === undefined) return
      // One that was forgotten and is remembered anew may be owed less than what is on its way.
      known.owed = Math.max(0, known.owed - 1)
      // Answers come in the order in which Redis made the steps: the last one says how it is.
      known.text = lettersOf(text) <= KEPT_LETTERS ? text : undefined
    },
  }
}

/** A step of one agent's commands: its script, the engine's deadline, the script's own arguments. */
export interface AgentStep {
  readonly agent: string
  readonly script: StepScript
  readonly deadline: number
  readonly args: readonly Argument[]
  /** The agent when the step answers so; undefined: as the script tells it. */
  readonly after?: (answer: unknown) => AgentText | undefined
}

export interface Known {
  readonly agent: AgentText
  readonly epoch: string
}

export interface AgentSteps {
  /** What is known of an agent, for a step that leaves now. */
  known(agent: string): Known | undefined
  run<T>(step: AgentStep, read: (answer: unknown) => T): Promise<T>
}

/** Steps of agents, and what is learned from their answers. */
export function createAgentSteps(step: RunStep): AgentSteps {
  const texts = createKnownTexts()
  let epoch = ''
  return {
    known(agent) {
      const text = epoch === '' ? undefined : texts.of(agent)
      return text === undefined ? undefined : { agent: text, epoch }
    },
    run<T>({ agent, script, deadline, args, after }: AgentStep, read: (answer: unknown) => T): Promise<T> {
      const learn = (told: StepAnswer): T => {
        epoch = told.epoch
        texts.answered(agent, after?.(told.answer) ?? (told.text === '' ? undefined : told.text))
        return read(told.answer)
      }
      texts.asked(agent)
      return step(script, deadline, args).then(learn, (error: unknown) => {
        texts.answered(agent, undefined)
        throw error
      })
    },
  }
}
