import { spawnSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

/** Which core is whose. */
export interface Pinning {
  /** The gateway and its peers, one at a time. */
  readonly measured: number
  /** Everything else: vendor, load generator, Redis, this process. */
  readonly other: number
}

/** The cores of a list such as `0-2,5`. */
export function coresOf(list: string): readonly number[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^\d+(-\d+)?$/.test(part))
    .flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number)
      return Array.from({ length: to - from + 1 }, (_, index) => from + index)
    })
}

/**
 * Moves this process, and with it whatever it starts, to the second core that it may use, so that the first is free for
 * what is measured. Undefined where there is no `taskset` or only one core.
 */
export function pinSelf(): Pinning | undefined {
  const shown = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
  if (shown.error !== undefined || shown.status !== 0) return undefined
  const [measured, other] = coresOf(shown.stdout.slice(shown.stdout.lastIndexOf(':') + 1))
  if (measured === undefined || other === undefined) return undefined
  const moved = spawnSync('taskset', ['-acp', String(other), String(process.pid)])
  return moved.status === 0 ? { measured, other } : undefined
}

/** For the report: what it ran on. No names of hosts, users or folders. */
export interface Machine {
  readonly cores: number
  readonly memoryGiB: number
  readonly node: string
  readonly redis: string
  readonly platform: string
  readonly pinned: boolean
}

export function describeMachine(pinning: Pinning | undefined): Machine {
  const redis = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  return {
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    redis: /v=([\d.]+)/.exec(redis.stdout ?? '')?.[1] ?? 'missing',
    platform: process.platform,
    pinned: pinning !== undefined,
  }
}

export function machineLine(machine: Machine): string {
  const pinned = machine.pinned
    ? 'what is measured on one core, everything else on another'
    : '**not pinned**: no `taskset`, or one core only; processes disturb each other'
  return `${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}, Redis ${machine.redis}; ${pinned}`
}
