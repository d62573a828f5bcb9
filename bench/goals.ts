/** Whether the figure itself is judged, or its ratio to the peer's figure of the same round. */
export type Judged = 'ratio' | 'figure'

/** One criterion of the performance goals. */
export interface Goal {
  /** Unique; begins with the goal's id. */
  readonly name: string
  readonly benchmark: BenchmarkName
  readonly what: string
  /** What it is compared with, in the same run. */
  readonly peer?: string
  /** Of our figure and the peer's. */
  readonly unit: string
  readonly judged: Judged
  readonly better: 'more' | 'less'
  /** Must be reached; undefined where the goal has a target only. */
  readonly floor: number | undefined
  readonly target: number
}

/** What can be run; one set-up of processes each. */
export const BENCHMARKS = ['http', 'accept', 'dispatch', 'retry', 'handoff', 'scale', 'bytes', 'fanout', 'codec'] as const
export type BenchmarkName = (typeof BENCHMARKS)[number]

const PASSTHROUGH = 'express 5 + axios, passthrough'
const SOCKET_IO = 'Socket.IO 4, broadcast'
const UNORDERED = 'BullMQ, unordered, 200 at once'

/**
 * Floors and targets: performance.md section 11, row by row. A row with several conditions is several criteria here.
 * A goal that is P17 or P18 there is not measured by this command.
 */
export const GOALS = [
  ratio('P1', 'http', 'Synchronous commands, everything on', PASSTHROUGH, 'commands/s', 'more', 2.0, 3.3),
  ratio('P2', 'http', 'Processor time of one command', PASSTHROUGH, 'µs', 'less', 0.5, 0.3),
  figure('P3 p50', 'http', 'Added latency at 400/s, p50', 'ms', 'less', 1.3, 1.0, PASSTHROUGH),
  figure('P3 p99', 'http', 'Added latency at 400/s, p99', 'ms', 'less', 15, 5, PASSTHROUGH),
  ratio('P3 p99 ratio', 'http', 'Added latency at 400/s, p99, as a ratio', PASSTHROUGH, 'ms', 'less', 0.5, 0.5),
  ratio('P4', 'http', 'Synchronous commands, everything on', 'http-proxy 1.18, bare', 'commands/s', 'more', 0.4, 0.55),
  ratio('P5', 'accept', 'Durable accept (202)', 'express 5 + one BullMQ add', 'commands/s', 'more', 2.0, 3.0),
  ratio('P6', 'dispatch', 'Ordered dispatch, no failures', UNORDERED, 'commands/s', 'more', 1.5, 3.0),
  ratio('P7 BullMQ', 'dispatch', 'Ordered dispatch, 10 % of first attempts fail', UNORDERED, 'commands/s', 'more', 1.5, 2.2),
  ratio(
    'P7 groupmq',
    'dispatch',
    'Ordered dispatch, 10 % of first attempts fail',
    'groupmq 1.1, 200 at once',
    'commands/s',
    'more',
    10,
    25,
  ),
  figure('P7 order', 'dispatch', 'Order violations', 'violations', 'less', 0, 0, UNORDERED),
  ratio('P8', 'retry', 'Drain of retries due at one instant', 'BullMQ, 50 at once', 'commands/s', 'more', 0.8, 1.0),
  figure('P9 late', 'retry', 'Lateness of retries at 500 due/s, p99', 'ms', 'less', 250, 150),
  figure('P9 early', 'retry', 'Retries before their time', 'commands', 'less', 0, 0),
  figure('P10 p50', 'handoff', 'Submit to begin of the vendor call at 200/s, p50', 'ms', 'less', undefined, 1),
  figure('P10 p99', 'handoff', 'Submit to begin of the vendor call at 200/s, p99', 'ms', 'less', 15, 5),
  figure('P11 heap', 'scale', '100,000 agents resident: heap of the gateway', 'MB', 'less', 100, 60),
  figure('P11 Redis', 'scale', '100,000 agents resident: memory of Redis', 'MB', 'less', 60, 32),
  ratio('P12', 'scale', 'Processor time of one command with 100,000 agents', 'the same with 100 agents', 'µs', 'less', 1.3, 1.15),
  figure('P13', 'scale', 'Cold start with 100,000 agents, 1,000 open commands', 's', 'less', 5, 2),
  figure('P14', 'bytes', 'Redis memory of one finished command', 'B', 'less', 400, 220),
  ratio('P15 slow', 'fanout', 'Processor time of one event at one of 1,000 subscribers, 20/s', SOCKET_IO, 'µs', 'less', 0.6, 0.6),
  ratio('P15 fast', 'fanout', 'Processor time of one event at one of 1,000 subscribers, 200/s', SOCKET_IO, 'µs', 'less', undefined, 0.15),
  figure('P15 p99', 'fanout', 'Event to subscriber at 200/s, p99', 'ms', 'less', undefined, 100, SOCKET_IO),
  figure('P16 frames', 'codec', 'GED-188 frames encoded and decoded', 'frames/s', 'more', 300_000, 800_000),
  figure('P16 chunks', 'codec', '60 kB of GED-188 in one-byte chunks', 'ms', 'less', 60, 60),
] as const satisfies readonly Goal[]

export type GoalName = (typeof GOALS)[number]['name']

/** Judged by its ratio to the peer's figure of the same round. */
function ratio<N extends string>(
  name: N,
  benchmark: BenchmarkName,
  what: string,
  peer: string,
  unit: string,
  better: Goal['better'],
  floor: number | undefined,
  target: number,
) {
  return { name, benchmark, what, peer, unit, judged: 'ratio', better, floor, target } as const
}

/** Judged as it is; a peer's figure is for comparison only. */
function figure<N extends string>(
  name: N,
  benchmark: BenchmarkName,
  what: string,
  unit: string,
  better: Goal['better'],
  floor: number | undefined,
  target: number,
  peer?: string,
) {
  return { name, benchmark, what, unit, judged: 'figure', better, floor, target, ...(peer !== undefined && { peer }) } as const
}

/** `P3` of `P3 p99 ratio`. */
export function idOf(goal: Pick<Goal, 'name'>): string {
  return goal.name.split(' ')[0] ?? goal.name
}

export function goalNamed(name: string): Goal {
  const goal = GOALS.find((candidate) => candidate.name === name)
  if (goal === undefined) throw new Error(`there is no goal "${name}"`)
  return goal
}

export type Verdict = 'target' | 'floor' | 'below'

export function verdictOf(goal: Pick<Goal, 'better' | 'floor' | 'target'>, value: number): Verdict {
  const reaches = (bound: number): boolean => (goal.better === 'more' ? value >= bound : value <= bound)
  if (reaches(goal.target)) return 'target'
  return goal.floor === undefined || reaches(goal.floor) ? 'floor' : 'below'
}
