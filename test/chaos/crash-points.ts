/** Where a process can be made to die: on which port, before or after which call. */
export interface CrashPoint {
  readonly port: 'log' | 'adapter'
  readonly methods: readonly string[]
  readonly when: 'before' | 'after'
  /** How long after that moment, ms. */
  readonly delayMs?: number
  /** Only when one of the call's arguments is a change to this status. */
  readonly status?: string
}

/** The named points of the life of a command. `finish` settles and goes on in one step; older logs have `settle` only. `retake` is lease, head and fence of a retry. */
export const CRASH_POINTS = {
  'after-accept': { port: 'log', methods: ['append'], when: 'after' },
  'before-send': { port: 'adapter', methods: ['send'], when: 'before' },
  'during-send': { port: 'adapter', methods: ['send'], when: 'before', delayMs: 3 },
  'after-answer': { port: 'adapter', methods: ['send'], when: 'after' },
  'before-settle': { port: 'log', methods: ['settle', 'finish'], when: 'before' },
  'after-settle': { port: 'log', methods: ['settle', 'finish'], when: 'after' },
  'retry-wait': { port: 'log', methods: ['settle', 'finish'], when: 'after', delayMs: 40, status: 'retrying' },
  'before-retake': { port: 'log', methods: ['retake'], when: 'before' },
  'after-retake': { port: 'log', methods: ['retake'], when: 'after' },
} as const satisfies Readonly<Record<string, CrashPoint>>

export type CrashPointName = keyof typeof CRASH_POINTS
export const CRASH_POINT_NAMES = Object.keys(CRASH_POINTS) as readonly CrashPointName[]

/** An order to die. */
export interface Trap {
  readonly point: CrashPointName
  /** At which passage; 1 is the next. */
  readonly nth: number
  /** Only for this agent's exchanges (points of the adapter). */
  readonly agentId?: string
  /** Only for a step of this name (points of the adapter). */
  readonly step?: string
}

/** Watches calls and dies at the right one. */
export interface CrashWatch {
  arm(trap: Trap): void
  /** The object with all its methods watched; everything else about it stays as it is. */
  wrap<T extends object>(port: CrashPoint['port'], target: T): T
}

export function createCrashWatch(die: (trap: Trap) => void): CrashWatch {
  const traps: { readonly trap: Trap; left: number }[] = []

  const passed = (port: CrashPoint['port'], method: string, when: CrashPoint['when'], args: readonly unknown[]): void => {
    for (const armed of traps) {
      const point: CrashPoint = CRASH_POINTS[armed.trap.point]
      if (point.port !== port || point.when !== when || !point.methods.includes(method) || !meets(armed.trap, point, args)) continue
      armed.left -= 1
      if (armed.left > 0) continue
      if (point.delayMs === undefined) die(armed.trap)
      else setTimeout(() => die(armed.trap), point.delayMs)
    }
  }

  const watched = (port: CrashPoint['port'], method: string, call: (...args: unknown[]) => unknown) => {
    return (...args: unknown[]): unknown => {
      passed(port, method, 'before', args)
      const result = call(...args)
      if (!(result instanceof Promise)) return result
      return result.then((value: unknown) => {
        passed(port, method, 'after', args)
        return value
      })
    }
  }

  return {
    arm: (trap) => void traps.push({ trap, left: trap.nth }),
    wrap(port, target) {
      return new Proxy(target, {
        get(real, name) {
          const member: unknown = Reflect.get(real, name)
          if (typeof member !== 'function' || typeof name !== 'string') return member
          return watched(port, name, member.bind(real) as (...args: unknown[]) => unknown)
        },
      })
    },
  }
}

function meets(trap: Trap, point: CrashPoint, args: readonly unknown[]): boolean {
  const fields = args.filter((arg): arg is Readonly<Record<string, unknown>> => typeof arg === 'object' && arg !== null)
  const has = (name: string, value: string): boolean => fields.some((arg) => arg[name] === value)
  return (
    (point.status === undefined || has('status', point.status)) &&
    (trap.agentId === undefined || has('agentId', trap.agentId)) &&
    (trap.step === undefined || has('name', trap.step))
  )
}
