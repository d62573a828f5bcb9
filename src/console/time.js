import { setText } from './dom.js'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** @param {number} ms */
export function duration(ms) {
  const left = Math.max(0, ms)
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, '0')
  if (left < HOUR) return `${Math.floor(left / MINUTE)}:${two((left % MINUTE) / SECOND)}`
  if (left < DAY) return `${Math.floor(left / HOUR)}:${two((left % HOUR) / MINUTE)}:${two((left % MINUTE) / SECOND)}`
  return `${Math.floor(left / DAY)} d ${Math.floor((left % DAY) / HOUR)} h`
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
})

/** The time of day, with the day when it is another one than `now`'s. @param {number} at @param {number} now */
export function clockTime(at, now) {
  return (new Date(at).toDateString() === new Date(now).toDateString() ? TIME : DAY_AND_TIME).format(at)
}

/** Epoch ms of a time of the API; undefined stays undefined. @param {string | undefined} text */
export function epoch(text) {
  const at = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/**
 * Keeps every text that tells a time on time, once a second: `data-since` counts up, `data-until` counts down. Only what is in the
 * document is touched, and only where its text changes.
 *
 * @param {() => number} now
 */
export function startTicking(now) {
  const tick = () => tickNow(now())
  const timer = window.setInterval(tick, SECOND)
  return { tick, stop: () => window.clearInterval(timer) }
}

/** @param {number} now */
function tickNow(now) {
  for (const element of document.querySelectorAll('[data-since],[data-until]')) {
    if (element instanceof HTMLElement) setText(element, tickText(element.dataset, now))
  }
}

/** @param {DOMStringMap} dataset @param {number} now */
function tickText(dataset, now) {
  if (dataset['since'] !== undefined)
    return dataset['since'] === '' ? '–' : `${dataset['sign'] ?? ''}${duration(now - Number(dataset['since']))}`
  const left = Number(dataset['until']) - now
  return left <= 0 ? 'now' : `in ${duration(left + SECOND - 1)}`
}

/**
 * Shows how long ago `since` is, from now on.
 *
 * @param {HTMLElement} element @param {number | undefined} since @param {number} now
 * @param {boolean} [sure] false: it is at least so long
 */
export function setSince(element, since, now, sure = true) {
  element.dataset['since'] = since === undefined ? '' : String(since)
  element.dataset['sign'] = sure ? '' : '≥ '
  element.title = sure ? '' : 'At least; the platform does not tell since when.'
  setText(element, tickText(element.dataset, now))
}
