/** One place in a line; only its line looks inside. */
export interface Place<T> {
  readonly value: T
  readonly priority: number
  before: Place<T> | undefined
  after: Place<T> | undefined
  waits: boolean
}

/**
 * Who waits, the most urgent (smallest priority) first, equals in their order of arrival.
 * Guarantees: every operation takes the same time however many wait, and who has left leaves nothing behind.
 */
export interface WaitingLine<T> {
  readonly size: number
  add(priority: number, value: T): Place<T>
  /** Gives a place up; false when it was left or served before. */
  leave(place: Place<T>): boolean
  first(): Place<T> | undefined
  /** Takes the first one out. */
  shift(): T | undefined
  /** How many have this priority or a more urgent one. */
  upTo(priority: number): number
  /** How many wait, by priority, the most urgent first. */
  counts(): readonly number[]
}

interface Level<T> {
  head: Place<T> | undefined
  tail: Place<T> | undefined
  count: number
}

/** `levels`: priorities are 1 to this; others count as the nearest of them. */
export function createWaitingLine<T>(levels: number): WaitingLine<T> {
  const rows: Level<T>[] = Array.from({ length: levels }, () => ({ head: undefined, tail: undefined, count: 0 }))
  let size = 0
  const rowOf = (priority: number): Level<T> => rows[Math.min(levels, Math.max(1, Math.floor(priority))) - 1] as Level<T>

  function first(): Place<T> | undefined {
    for (const row of rows) if (row.head !== undefined) return row.head
    return undefined
  }

  function leave(place: Place<T>): boolean {
    if (!place.waits) return false
    place.waits = false
    const row = rowOf(place.priority)
    if (place.before === undefined) row.head = place.after
    else place.before.after = place.after
    if (place.after === undefined) row.tail = place.before
    else place.after.before = place.before
    place.before = place.after = undefined
    row.count -= 1
    size -= 1
    return true
  }

  return {
    get size() {
      return size
    },
    add(priority, value) {
      const row = rowOf(priority)
      const place: Place<T> = { value, priority, before: row.tail, after: undefined, waits: true }
      if (row.tail === undefined) row.head = place
      else row.tail.after = place
      row.tail = place
      row.count += 1
      size += 1
      return place
    },
    leave,
    first,
    shift() {
      const place = first()
      if (place === undefined) return undefined
      leave(place)
      return place.value
    },
    upTo(priority) {
      let count = 0
      for (const [index, row] of rows.entries()) if (index + 1 <= priority) count += row.count
      return count
    },
    counts: () => rows.map(({ count }) => count),
  }
}
