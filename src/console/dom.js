/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Readonly<Record<string, string | number | boolean | undefined | null | ((event: any) => unknown)>>} Attributes */

const SVG = 'http://www.w3.org/2000/svg'

/**
 * Makes an element. Functions become listeners (`onclick`), everything else attributes; `false`, null and undefined are left out. Text
 * becomes text, never markup: whatever a platform or a person wrote is shown as it is.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  dress(element, attributes, children)
  return element
}

/**
 * The same for pictures.
 *
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | readonly Child[])} children
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag)
  dress(element, attributes, children)
  return element
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 * @param {readonly (Child | readonly Child[])[]} children
 */
function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value === true ? '' : String(value))
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child))
  }
}

/**
 * Sets an element's text only when it is another one: the browser then has nothing to lay out anew.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Builds the content of a box anew when what it shows has changed, and not otherwise. Focus stays where it was, by `data-key`. Not while something
 * in it is being pressed: a browser gives no click to a button that was another one when the pressing began.
 *
 * @param {HTMLElement} box
 * @param {unknown} shown what the content is made of, as plain data
 * @param {() => readonly Child[]} build
 */
export function show(box, shown, build) {
  if (box.matches(':active')) {
    if (!PRESSED.has(box)) setTimeout(() => showNow(box), PRESSED_MS)
    PRESSED.set(box, { shown, build })
    return
  }
  PRESSED.delete(box)
  const signature = JSON.stringify(shown)
  if (SHOWN.get(box) === signature) return
  SHOWN.set(box, signature)
  const focused = document.activeElement instanceof HTMLElement && box.contains(document.activeElement) ? document.activeElement : undefined
  const key = focused?.dataset['key']
  box.replaceChildren(...build().flatMap((child) => (child === null || child === undefined || child === false ? [] : [asNode(child)])))
  if (key !== undefined) {
    const again = [...box.querySelectorAll('[data-key]')].find((each) => each instanceof HTMLElement && each.dataset['key'] === key)
    if (again instanceof HTMLElement) again.focus({ preventScroll: true })
  }
}

/** How soon a box is looked at again in which something was being pressed, ms. */
const PRESSED_MS = 50
/** What is to be shown when nothing is pressed any more. @type {WeakMap<HTMLElement, { shown: unknown, build: () => readonly Child[] }>} */
const PRESSED = new WeakMap()

/** @param {HTMLElement} box */
function showNow(box) {
  const waiting = PRESSED.get(box)
  PRESSED.delete(box)
  if (waiting !== undefined) show(box, waiting.shown, waiting.build)
}

/** @type {WeakMap<HTMLElement, string>} */
const SHOWN = new WeakMap()

/**
 * @param {Node | string | number} child
 * @returns {Node | string}
 */
function asNode(child) {
  return child instanceof Node ? child : String(child)
}

/**
 * The element of this id. It is in the page's own markup, so a missing one is a mistake of ours.
 *
 * @param {string} id
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`no element #${id}`)
  return element
}
