import { DateTime } from 'luxon'

/** One download: what is asked of the vendor, and which instants its rows answer for. */
export interface Window {
  /** Wall-clock texts without offset, as the vendor wants them (vendors/cxone.md section 6.1). */
  readonly startDate: string
  readonly endDate: string
  /** Rows of this span, epoch ms, from inclusive to exclusive, are taken from this download; its neighbours own the rest. */
  readonly from: number
  readonly to: number
}

export interface WindowSettings {
  readonly timeZone: string
  readonly windowDays: number
  readonly overlapMinutes: number
}

/** Margin on both sides besides the overlap: the wall clock of a change to or from daylight-saving time names two hours at once. */
const DST_MARGIN_MS = 3_600_000
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/**
 * Splits a span into downloads of at most `windowDays` (the vendor's limit is 30, section 6.1), each asked with an overlap.
 *
 * Guarantees: the owned spans touch without gap or overlap and cover [from, to) widened to whole minutes, since report times have no
 * seconds; the asked span, overlap included, is never longer than `windowDays` by the wall clock.
 */
export function windowsOf(from: number, to: number, settings: WindowSettings): readonly Window[] {
  const start = Math.floor(from / MINUTE_MS) * MINUTE_MS
  const end = Math.ceil(to / MINUTE_MS) * MINUTE_MS
  const margin = settings.overlapMinutes * MINUTE_MS + DST_MARGIN_MS
  // One more hour: by the wall clock a span over the spring change looks an hour longer than it is.
  const step = Math.max(settings.windowDays * DAY_MS - 2 * margin - DST_MARGIN_MS, DAY_MS / 4)
  const windows: Window[] = []
  for (let at = start; at < end; at += step) windows.push(windowOf(at, Math.min(at + step, end), margin, settings.timeZone))
  return windows
}

function windowOf(from: number, to: number, margin: number, timeZone: string): Window {
  return { startDate: wallText(from - margin, timeZone), endDate: wallText(to + margin, timeZone), from, to }
}

/** The two halves of a window that is too big to be held, or undefined when it is a minute long. */
export function halvesOf(window: Window, settings: WindowSettings): readonly [Window, Window] | undefined {
  const middle = Math.floor((window.from + window.to) / 2 / MINUTE_MS) * MINUTE_MS
  if (middle <= window.from) return undefined
  const margin = settings.overlapMinutes * MINUTE_MS + DST_MARGIN_MS
  return [windowOf(window.from, middle, margin, settings.timeZone), windowOf(middle, window.to, margin, settings.timeZone)]
}

export function wallText(instant: number, timeZone: string): string {
  return DateTime.fromMillis(instant, { zone: timeZone }).toFormat("yyyy-MM-dd'T'HH:mm:ss")
}
