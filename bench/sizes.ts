export const MODES = ['full', 'quick', 'smoke'] as const
export type Mode = (typeof MODES)[number]

/** How much is done. Times in seconds. */
export interface Size {
  readonly rounds: number
  /** One variant of the throughput measurement in one round. */
  readonly throughputSeconds: number
  readonly latencySeconds: number
  readonly warmUpSeconds: number
  /** Of P1 to P4, P6 and P7, by count: a server that is compiled late in its life must not be measured while it is, whatever the machine's speed. */
  readonly warmUpRequests: number
  /** Agents behind a call that hangs, and commands accepted behind each of them. */
  readonly acceptAgents: number
  readonly acceptPerAgent: number
  readonly dispatchAgents: number
  readonly dispatchPerAgent: number
  /** groupmq gets fewer agents, with as many commands each: with failures it would need minutes for all. */
  readonly groupmqAgents: number
  readonly drainCommands: number
  readonly punctualSeconds: number
  readonly handoffSeconds: number
  /** Agents resident; figures of P11 are scaled to 100,000. */
  readonly residentAgents: number
  readonly openAtStart: number
  readonly bytesCommands: number
  readonly codecSeconds: number
  readonly subscribers: number
  /** At 200 events a second; at 20 twice as long. */
  readonly fanOutSeconds: number
}

/**
 * `full`: for figures to publish, at most 12 minutes. `quick`: 3 minutes, for a look. `smoke`: shows that everything runs
 * and nothing is lost or out of order; its figures mean nothing.
 */
export const SIZES: Readonly<Record<Mode, Size>> = {
  full: {
    rounds: 5,
    throughputSeconds: 3,
    latencySeconds: 4,
    warmUpSeconds: 4,
    warmUpRequests: 15_000,
    acceptAgents: 4000,
    acceptPerAgent: 4,
    dispatchAgents: 1000,
    dispatchPerAgent: 10,
    groupmqAgents: 100,
    drainCommands: 10_000,
    punctualSeconds: 10,
    handoffSeconds: 4,
    residentAgents: 100_000,
    openAtStart: 1000,
    bytesCommands: 4000,
    codecSeconds: 0.4,
    subscribers: 1000,
    fanOutSeconds: 3,
  },
  quick: {
    rounds: 3,
    throughputSeconds: 1.5,
    latencySeconds: 2,
    warmUpSeconds: 2,
    warmUpRequests: 8_000,
    acceptAgents: 1000,
    acceptPerAgent: 4,
    dispatchAgents: 1000,
    dispatchPerAgent: 4,
    groupmqAgents: 100,
    drainCommands: 3000,
    punctualSeconds: 3,
    handoffSeconds: 2,
    residentAgents: 20_000,
    openAtStart: 1000,
    bytesCommands: 2000,
    codecSeconds: 0.2,
    subscribers: 1000,
    fanOutSeconds: 1.5,
  },
  smoke: {
    rounds: 1,
    throughputSeconds: 0.3,
    latencySeconds: 0.5,
    warmUpSeconds: 0.3,
    warmUpRequests: 200,
    acceptAgents: 100,
    acceptPerAgent: 2,
    dispatchAgents: 100,
    dispatchPerAgent: 4,
    groupmqAgents: 50,
    drainCommands: 300,
    punctualSeconds: 1,
    handoffSeconds: 1,
    residentAgents: 1000,
    openAtStart: 50,
    bytesCommands: 300,
    codecSeconds: 0.05,
    subscribers: 100,
    fanOutSeconds: 0.5,
  },
}
