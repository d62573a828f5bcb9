import { svg } from './dom.js'

/** Outlines on a grid of 16, one per state and purpose: the word stands beside each, so they are hidden from screen readers. */
const PATHS = {
  READY: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13Zm-3.2 6.6 2.3 2.3 4.2-4.6',
  NOT_READY: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13ZM6.3 5.5v5M9.7 5.5v5',
  RESERVED: 'M8 2a4 4 0 0 0-4 4c0 3.6-1.5 5-1.5 5h11S12 9.6 12 6a4 4 0 0 0-4-4ZM6.7 13.5a1.5 1.5 0 0 0 2.6 0',
  BUSY: 'M2 3.5h12v8H7.5L4.5 14v-2.5H2ZM5 6.3h6M5 8.8h4',
  HOLD: 'M4 3h3v10H4zM9 3h3v10H9z',
  WRAP_UP: 'M3 13l.6-2.9L10.8 3l2.3 2.3-7.2 7.1ZM9.3 4.5l2.3 2.3',
  LOGGED_OUT: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13Z',
  LOGGING_IN: 'M7 2.5h6.5v11H7M2 8h7M6.5 5.5 9 8l-2.5 2.5',
  INTERRUPTED: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8Z',
  UNKNOWN: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13ZM6 6.2a2 2 0 1 1 2.7 1.9c-.5.2-.7.5-.7 1.1M8 11.4v.2',
  stale: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13ZM8 4.5V8l2.5 1.7',
  arrow: 'M2 8h11M9.5 4.5 13 8l-3.5 3.5',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  back: 'M14 8H3M6.5 4.5 3 8l3.5 3.5',
  warning: 'M8 2 14.5 13.5h-13ZM8 6.5v3M8 11.5v.2',
  flask: 'M6 1.5h4M6.7 1.5v4.6L2.6 12.6a1.2 1.2 0 0 0 1 1.9h8.8a1.2 1.2 0 0 0 1-1.9L9.3 6.1V1.5M4.5 10h7',
  theme: 'M8 1.5a6.5 6.5 0 1 0 0 13ZM8 1.5a6.5 6.5 0 0 1 0 13',
}

/** @typedef {keyof typeof PATHS} IconName */

/** @param {string} name */
export function icon(name) {
  const path = PATHS[/** @type {IconName} */ (name)] ?? PATHS.UNKNOWN
  return svg('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' }, svg('path', { d: path }))
}

/**
 * Changes an icon in place.
 *
 * @param {Element} element @param {string} name
 */
export function setIcon(element, name) {
  element.querySelector('path')?.setAttribute('d', PATHS[/** @type {IconName} */ (name)] ?? PATHS.UNKNOWN)
}
