import { svg } from './dom.js'

/**
 * One conversation before and after, as circles with names: who stays, who leaves, where it goes.
 *
 * @typedef {object} Scene
 * @property {readonly string[]} before
 * @property {readonly string[]} after
 * @property {string} outcome
 * @property {number} [priority]
 * @property {string} [queue]
 */

const WIDTH = 520
const HALF = 232
const ROW = 34
const TOP = 34
const LONGEST = 24
const FACE = 'M12 8.6a3 3 0 1 0 0 6a3 3 0 0 0 0-6ZM6.6 20.4c.8-3 2.8-4.2 5.4-4.2s4.6 1.2 5.4 4.2'
const QUEUE = 'M7 10h10M7 14h10M7 18h10'

/** @param {Scene} scene */
export function pictureOf(scene) {
  const queue = scene.outcome === 'REQUEUED' ? queueName(scene) : undefined
  const after = [...scene.after, ...(queue === undefined ? [] : [queue])]
  const height = TOP + ROW * Math.max(scene.before.length, after.length, 1) + 6
  const [old, young] = [scene.before.map(whoIs), scene.after.map(whoIs)]
  const leaves = (/** @type {string} */ name) => !young.includes(whoIs(name))
  const joins = (/** @type {string} */ name) => !old.includes(whoIs(name))
  return svg(
    'svg',
    { class: 'picture', viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': inWords(scene, after) },
    box(0, 'Now', scene.before, height, (name) => (leaves(name) ? 'leaves' : 'stays')),
    svg('path', { class: 'pic-arrow', d: `M${HALF + 10} ${height / 2}h34m-8-7 8 7-8 7` }),
    box(WIDTH - HALF, 'Afterwards', after, height, (name) => (name === queue ? 'queue' : joins(name) ? 'joins' : 'stays')),
  )
}

/** `Ann Lee (primary)` and `Ann Lee (waiting)` are the same person. @param {string} name */
const whoIs = (name) => name.replace(/ \([^()]*\)$/, '')

/** @param {Scene} scene */
function queueName({ queue, priority }) {
  return `${queue ?? 'its queue'}${priority === undefined ? '' : `, priority ${priority}`}`
}

/** @param {Scene} scene @param {readonly string[]} after */
function inWords({ before }, after) {
  const list = (/** @type {readonly string[]} */ names) => (names.length === 0 ? 'nobody' : names.join(', '))
  return `Now: ${list(before)}. Afterwards: ${list(after)}.`
}

/**
 * @param {number} x @param {string} title @param {readonly string[]} names @param {number} height
 * @param {(name: string) => 'stays' | 'leaves' | 'joins' | 'queue'} roleOf
 */
function box(x, title, names, height, roleOf) {
  return svg(
    'g',
    { transform: `translate(${x} 0)` },
    svg('rect', { class: 'pic-box', x: 1, y: 1, width: HALF - 2, height: height - 2, rx: 8 }),
    svg('text', { class: 'pic-title', x: 12, y: 20 }, title),
    names.length === 0 ? svg('text', { class: 'pic-none', x: 12, y: TOP + 20 }, 'nobody') : null,
    names.map((name, at) => person(name, TOP + at * ROW, roleOf(name))),
  )
}

/** @param {string} name @param {number} y @param {string} mark */
function person(name, y, mark) {
  const short = name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name
  return svg(
    'g',
    { class: `pic-person ${mark}`, transform: `translate(12 ${y})` },
    svg('circle', { cx: 12, cy: 14, r: 11 }),
    svg('path', { d: mark === 'queue' ? QUEUE : FACE }),
    svg('text', { x: 32, y: 18.5 }, svg('title', {}, name), short),
  )
}
