/** A year of seconds has more of them, but those of one moment, and of their expiry, do not share a place. */
const PLACES = 61
const seconds = new Float64Array(PLACES).fill(Number.NaN)
const texts = new Array<string>(PLACES).fill('')

/** Epoch ms → ISO 8601 with milliseconds, in UTC, as `Date` writes it. An answer holds four of them; the text of a second is made once. */
export function iso(ms: number): string {
  const second = Math.floor(ms / 1000)
  const place = Math.abs(second) % PLACES
  if (seconds[place] !== second) {
    texts[place] = new Date(second * 1000).toISOString().slice(0, -4)
    seconds[place] = second
  }
  const rest = Math.floor(ms - second * 1000)
  return `${texts[place] as string}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`
}
