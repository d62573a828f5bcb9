import { IANAZone } from 'luxon'

/** A report time as an instant. */
export interface ReadTime {
  /** Epoch ms; missing when the text is no time. */
  readonly at?: number
  /** What is wrong with it. */
  readonly flaw?: string
}

export type DoubledHour = 'earlier' | 'later'

/** `MM/DD/YYYY HH:MM`, 24-hour (vendors/cxone.md section 6.4); seconds and one-digit fields are tolerated. */
const PATTERN = /^(\d{1,2})\/(\d{1,2})\/(\d{4})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?$/

const DAY_MS = 86_400_000
const QUARTER_MS = 900_000
const MAX_QUARTERS = 100_000

/**
 * Times of the report in its zone → instants.
 *
 * Rules. Doubled hour of autumn: the text means two instants; the `earlier` one is taken (the first pass, still in daylight-saving
 * time) unless the setting says `later`. Missing hour of spring: no clock ever showed the text; it is read with the offset that was in
 * force before the change, so that 02:30 becomes the instant that clocks showed as 03:30, and the row is flagged.
 */
export function createTimeReader(timeZone: string, doubledHour: DoubledHour): (text: string) => ReadTime {
  const zone = withMemory(IANAZone.create(timeZone))
  return (text) => {
    const wall = wallOf(text.trim())
    return wall === undefined ? { flaw: 'Refuse_Time is not MM/DD/YYYY HH:MM' } : instantOfWall(wall, zone, doubledHour)
  }
}

/**
 * Asks the zone once per quarter of an hour: every change of the clock falls on one, and asking costs more than all the rest of a row.
 * Two years of quarters are some 70,000.
 */
function withMemory(zone: IANAZone): Pick<IANAZone, 'offset'> {
  const known = new Map<number, number>()
  return {
    offset(instant) {
      const quarter = Math.floor(instant / QUARTER_MS)
      let offset = known.get(quarter)
      if (offset === undefined) {
        offset = zone.offset(quarter * QUARTER_MS)
        if (known.size >= MAX_QUARTERS) known.clear()
        known.set(quarter, offset)
      }
      return offset
    },
  }
}

/** How coarse a report time is, ms: the vendor's has no seconds (section 6.4). */
export const resolutionMs = (text: string): number => (/:\d{2}:\d{2}$/.test(text.trim()) ? 1000 : 60_000)

/** The wall clock as if it were UTC, epoch ms; undefined for what no calendar has. */
function wallOf(text: string): number | undefined {
  const parts = PATTERN.exec(text)
  if (parts === null) return undefined
  const [month, day, year, hour, minute, second] = parts.slice(1).map((part: string | undefined) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const wall = Date.UTC(year, month - 1, day, hour, minute, second)
  const back = new Date(wall)
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === day ? wall : undefined
}

/** The instants whose wall clock this is: none, one or two. */
export function instantOfWall(wall: number, zone: Pick<IANAZone, 'offset'>, doubledHour: DoubledHour): ReadTime {
  const before = wall - zone.offset(wall - DAY_MS) * 60_000
  const after = wall - zone.offset(wall + DAY_MS) * 60_000
  const shows = (instant: number): boolean => instant + zone.offset(instant) * 60_000 === wall
  const instants = [before, after].filter(shows)
  if (instants.length === 0) return { at: before, flaw: 'Refuse_Time lies in the hour that the change to daylight-saving time leaves out' }
  return { at: doubledHour === 'earlier' ? Math.min(...instants) : Math.max(...instants) }
}
