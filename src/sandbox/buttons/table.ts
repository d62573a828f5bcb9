import type { SandboxButton } from '../../http/sandbox-buttons.js'

/** An agent as the simulator's control API shows it. */
export type SimulatedAgent = Readonly<Record<string, unknown>>

/** One request to the simulator's control API. */
export type ControlRequest =
  | { readonly event: string; readonly body?: Readonly<Record<string, unknown>> }
  | { readonly fault: string; readonly operation?: string; readonly delayMs?: number; readonly status?: number; readonly times?: number }
  | 'no faults'

/** A state in which it can happen to an agent. */
export interface Situation {
  /** In the platform's words. */
  readonly state: string
  readonly is: (agent: SimulatedAgent) => boolean
  /** What the agent does at the desk before. */
  readonly first?: readonly ControlRequest[]
}

/** A button and what it asks the simulator for. Requests for an agent get its `agentId`. */
export interface ButtonRow extends Omit<SandboxButton, 'agent'> {
  /** Situations of the agent to whom it can happen, the best first; missing: it happens to the platform as a whole. */
  readonly to?: readonly Situation[]
  /** Another agent takes part, in this situation; its id is sent as `with`. */
  readonly with?: Situation
  readonly does: readonly ControlRequest[]
  /** What to look at when it has been pressed. */
  readonly watch: string
}

/** The agent's `state` is one of these. */
export function inState(...states: readonly string[]): Situation {
  return { state: states.join(' or '), is: ({ state }) => states.includes(String(state)) }
}

const AFTER_A_COMMAND = 'Now send a command to an agent of this platform'

/** Texts of faults that are the same on every platform. */
export const FAULT_TEXTS = {
  slow: {
    id: 'slow',
    label: 'It gets slow',
    group: 'fault',
    description: 'Every change of a state takes the platform three seconds longer. Commands stay `sent` until it has happened.',
    watch: `${AFTER_A_COMMAND}: it stays open for three seconds, then it is confirmed.`,
  },
  lies: {
    id: 'lies',
    label: 'It says yes and does nothing',
    group: 'fault',
    description: 'Changes of a state are answered with success, and nothing happens. The gateway does not believe it.',
    watch: `${AFTER_A_COMMAND}: it ends as unconfirmed, never as confirmed.`,
  },
  fails: {
    id: 'fails',
    label: 'Its answer is an error',
    group: 'fault',
    description: 'Changes of a state fail with an error of the platform. Commands are tried again, with growing pauses.',
    watch: `${AFTER_A_COMMAND}: it is retrying, with its next attempt.`,
  },
  silent: {
    id: 'silent',
    label: 'It does not answer',
    group: 'fault',
    description: 'Changes of a state are swallowed. After the time-out the gateway reads the state, and only then sends again.',
    watch: `${AFTER_A_COMMAND}: after the time-out it is retrying.`,
  },
} as const satisfies Readonly<Record<string, Omit<ButtonRow, 'does'>>>

export const RECOVERS = {
  id: 'recovers',
  label: 'All is well again',
  group: 'recovery',
  description: 'All faults are taken away and everything is up. Open commands are done.',
  watch: 'The link comes up, the circuit closes, and what waited is done.',
} as const satisfies Omit<ButtonRow, 'does'>
