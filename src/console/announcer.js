import { byId, el, setText } from './dom.js'
import { icon } from './icons.js'

const STAY_MS = 9_000
const AT_ONCE = 3

/**
 * Says something to everybody: in a corner to those who see, in the live region to those who listen.
 *
 * @param {string} text
 * @param {'ready' | 'open' | 'alarm'} tone
 */
export function announce(text, tone = 'open') {
  setText(byId('live'), text)
  const box = byId('toasts')
  const toast = el('div', { class: 'toast', 'data-tone': tone }, icon(tone === 'alarm' ? 'warning' : 'READY'), el('span', {}, text))
  box.append(toast)
  while (box.childElementCount > AT_ONCE) box.firstElementChild?.remove()
  window.setTimeout(() => toast.remove(), STAY_MS)
}
