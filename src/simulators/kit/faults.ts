/** A fault to play. Which `kind`s exist is each simulator's own table (`faultKinds`). */
export interface Fault {
  readonly id: number
  readonly kind: string
  /** Only for requests of this operation; `*` at the end matches any rest. Missing: all. */
  readonly operation?: string
  readonly agentId?: string
  /** How many requests it hits; missing means until it is removed. */
  readonly times?: number
  /** 0 to 1; missing means always. */
  readonly probability?: number
  readonly delayMs?: number
  readonly status?: number
  /** Value of a Retry-After header: seconds or an HTTP date. */
  readonly retryAfter?: string
  readonly body?: string
}

/** The faults in force. `seed` makes the drawing of probabilities repeatable. */
export class FaultBook {
  #faults: (Fault & { left: number })[] = []
  #nextId = 1
  #random: () => number

  constructor(seed = 1) {
    this.#random = mulberry32(seed)
  }

  add(fault: Omit<Fault, 'id'>): Fault {
    const full = { ...fault, id: this.#nextId++, left: fault.times ?? Number.POSITIVE_INFINITY }
    this.#faults.push(full)
    return full
  }

  remove(id?: number): void {
    this.#faults = id === undefined ? [] : this.#faults.filter((fault) => fault.id !== id)
  }

  list(): Fault[] {
    return this.#faults.map(({ left, ...fault }) => ({ ...fault, ...(Number.isFinite(left) && { times: left }) }))
  }

  /** The first fault that hits this request, used up by one; only of these kinds where `kinds` is given. */
  take(operation: string, agentId?: string, kinds?: readonly string[]): Fault | undefined {
    for (const fault of this.#faults) {
      if (kinds !== undefined && !kinds.includes(fault.kind)) continue
      if (fault.operation !== undefined && !matches(fault.operation, operation)) continue
      if (fault.agentId !== undefined && fault.agentId !== agentId) continue
      if (fault.probability !== undefined && this.#random() >= fault.probability) continue
      fault.left -= 1
      if (fault.left <= 0) this.#faults = this.#faults.filter((other) => other !== fault)
      return fault
    }
    return undefined
  }
}

function matches(pattern: string, operation: string): boolean {
  return pattern.endsWith('*') ? operation.startsWith(pattern.slice(0, -1)) : pattern === operation
}

/** A small seeded generator (public domain algorithm mulberry32); simulators need repeatability, not secrecy. */
export function mulberry32(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
