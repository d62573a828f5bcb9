import { el } from './dom.js'

/**
 * A name and its value in a `dl`; nothing where there is no value: what is missing stays missing.
 *
 * @param {string} name @param {string | undefined} value
 */
export const fact = (name, value) => (value === undefined || value === '' ? [] : [el('dt', {}, name), el('dd', {}, value)])
