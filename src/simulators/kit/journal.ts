/** One thing that reached the simulated vendor. */
export interface JournalEntry {
  readonly seq: number
  /** Epoch ms of arrival. */
  readonly at: number
  /** The vendor's own name of the request, for example `changeAgentState` or `POST /agents/{id}/state`. */
  readonly operation: string
  readonly agentId?: string
  /** What the request asked for, in one word where it is a change of state: `LOGOUT`, `READY` … */
  readonly asked?: string
  /** What it did: `applied`, `unchanged`, `refused`, `none` (dropped, delayed or failed by a fault), `read`. */
  readonly effect: 'applied' | 'unchanged' | 'refused' | 'none' | 'read'
  /** The fault that was played, if any. */
  readonly fault?: string
  readonly detail?: Readonly<Record<string, unknown>>
}

const LIMIT = 200_000

/** Everything that reached the simulator, oldest first, bounded. The oracle of every test: it never asks the gateway. */
export class Journal {
  #entries: JournalEntry[] = []
  #seq = 0

  add(entry: Omit<JournalEntry, 'seq' | 'at'> & { at?: number }): JournalEntry {
    const full: JournalEntry = { ...entry, seq: ++this.#seq, at: entry.at ?? Date.now() }
    this.#entries.push(full)
    if (this.#entries.length > LIMIT) this.#entries.splice(0, LIMIT / 10)
    return full
  }

  /** Replaces the effect of an entry that was written on arrival and took effect later. */
  amend(seq: number, change: Partial<Omit<JournalEntry, 'seq' | 'at'>>): void {
    // Entries are contiguous: the place follows from the number, however long the journal is.
    const at = seq - (this.#entries[0]?.seq ?? 0)
    const entry = this.#entries[at]
    if (entry !== undefined) this.#entries[at] = { ...entry, ...change }
  }

  list(filter: { agentId?: string; operation?: string; since?: number } = {}): JournalEntry[] {
    return this.#entries.filter(
      (entry) =>
        (filter.agentId === undefined || entry.agentId === filter.agentId) &&
        (filter.operation === undefined || entry.operation === filter.operation) &&
        (filter.since === undefined || entry.seq > filter.since),
    )
  }

  clear(): void {
    this.#entries = []
  }
}
