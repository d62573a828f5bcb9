import { readdirSync, readFileSync } from 'node:fs'

/** What one process has had of the processors. */
export interface Share {
  /** It computed, ms. */
  readonly ranMs: number
  /** It could have computed, and another process had the processor, ms: the noise that a measured latency has in it. */
  readonly waitedMs: number
}

export type Shares = ReadonlyMap<string, Share>

/**
 * This process and its children, by what they are. Of Linux only; elsewhere nothing is known.
 * Guarantees: kernel's own account, so that it does not matter what else the machine does.
 */
export function processorShares(): Shares {
  const shares = new Map<string, Share>()
  try {
    shares.set('proxies', shareOf(process.pid))
    for (const pid of childrenOf(process.pid)) {
      const name = nameOf(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'))
      const { ranMs, waitedMs } = shareOf(pid)
      const known = shares.get(name) ?? { ranMs: 0, waitedMs: 0 }
      shares.set(name, { ranMs: known.ranMs + ranMs, waitedMs: known.waitedMs + waitedMs })
    }
  } catch {
    // Not Linux, or a process has ended this very moment.
  }
  return shares
}

/** From one reading to a later one. */
export function sharesBetween(before: Shares, after: Shares): Shares {
  const none: Share = { ranMs: 0, waitedMs: 0 }
  return new Map(
    [...after].map(([name, { ranMs, waitedMs }]) => {
      const first = before.get(name) ?? none
      return [name, { ranMs: ranMs - first.ranMs, waitedMs: waitedMs - first.waitedMs }]
    }),
  )
}

export function sumOfShares(all: readonly Shares[]): Shares {
  const sums = new Map<string, Share>()
  for (const shares of all) {
    for (const [name, { ranMs, waitedMs }] of shares) {
      const known = sums.get(name) ?? { ranMs: 0, waitedMs: 0 }
      sums.set(name, { ranMs: known.ranMs + ranMs, waitedMs: known.waitedMs + waitedMs })
    }
  }
  return sums
}

/** All processors, ms since the machine was started: what was computed by anybody. */
export function machineBusyMs(): number {
  try {
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
      .trim()
      .split(/ +/)
      .slice(1)
      .map(Number)
    return (user + nice + system + irq + softirq + steal) * 10 // of 100 ticks a second
  } catch {
    return 0
  }
}

/** Of all threads that there are, ms. */
function shareOf(pid: number): Share {
  let ran = 0
  let waited = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [ranNs = 0, waitedNs = 0] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ').map(Number)
    ran += ranNs / 1e6
    waited += waitedNs / 1e6
  }
  return { ranMs: ran, waitedMs: waited }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      // pid (name, which may hold anything) state parent …
      const parent = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1]
      return Number(parent) === pid ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

function nameOf(words: readonly string[]): string {
  const client = words.findIndex((word) => word.endsWith('client-child.ts'))
  if (client !== -1) return `client ${words[client + 1]}`
  const platform = words.indexOf('--platform')
  if (platform !== -1) return `simulator ${words[platform + 1]}`
  if (words.includes('start') || words.some((word) => word.endsWith('gateway-child.ts'))) return 'gateway'
  return words[0]?.split('/').at(-1)?.split(/[ :]/)[0] ?? 'other'
}
