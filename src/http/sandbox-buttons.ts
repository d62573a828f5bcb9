/** One thing that can be made to happen at a simulated platform. */
export interface SandboxButton {
  readonly id: string
  /** Short, for a button. */
  readonly label: string
  /** What happens at the platform, and what the gateway is then seen to do. */
  readonly description: string
  readonly group: ButtonGroup
  /** `one`: it happens to an agent; who does not name one gets the first to whom it can happen. `none`: to the platform as a whole. */
  readonly agent: 'one' | 'none'
}

/** `contact`: work for agents · `desk`: what people do without the gateway · `fault`: the platform misbehaves · `recovery`: all is well again. */
export const BUTTON_GROUPS = ['contact', 'desk', 'fault', 'recovery'] as const
export type ButtonGroup = (typeof BUTTON_GROUPS)[number]

export interface Pressed {
  /** To whom it has happened. */
  readonly agentId?: string
  /** What to look at now. */
  readonly watch: string
}

/** The buttons of the simulated platforms that were started for this gateway. */
export interface SandboxButtons {
  list(): readonly { readonly platform: string; readonly buttons: readonly SandboxButton[] }[]
  /**
   * Settles within 5 s. Fails: NOT_FOUND without such a button, AGENT_NOT_FOUND, INVALID_TRANSITION when it cannot happen to the agent now,
   * VENDOR_UNAVAILABLE when the simulator does not answer.
   */
  press(platform: string, button: string, agentId: string | undefined): Promise<Pressed>
}
