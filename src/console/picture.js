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
const STACKED_PX = 560
const TOP = 34
const LONGEST = 24
const FACE = 'M12 8.6a3 3 0 1 0 0 6a3 3 0 0 0 0-6ZM6.6 20.4c.8-3 2.8-4.2 5.4-4.2s4.6 1.2 5.4 4.2'
const QUEUE = 'M7 10h10M7 14h10M7 18h10'

/** @param {Scene} scene */
export function pictureOf(scene) {
  const queue = scene.outcome === 'REQUEUED' ? queueName(scene) : undefined
  const after = [...scene.after, ...(queue === undefined ? [] : [queue])]
  const [old, young] = [scene.before.map(whoIs), scene.after.map(whoIs)]
  const before = box('Now', scene.before, (name) => (young.includes(whoIs(name)) ? 'stays' : 'leaves'))
  const then = box('Afterwards', after, (name) => (name === queue ? 'queue' : old.includes(whoIs(name)) ? 'stays' : 'joins'))
  const label = inWords(scene, after)
  return window.innerWidth < STACKED_PX ? stacked(before, then, label) : sideBySide(before, then, label)
}

/** @typedef {ReturnType<typeof box>} Box */

/** @param {Box} before @param {Box} then @param {string} label */
function sideBySide(before, then, label) {
  const height = Math.max(before.height, then.height)
  const arrow = svg('path', { class: 'pic-arrow', d: `M${HALF + 10} ${height / 2}h34m-8-7 8 7-8 7` })
  return drawing(WIDTH, height, label, before.at(0, 0, height), arrow, then.at(WIDTH - HALF, 0, height))
}

/** Where there is little room, one below the other. @param {Box} before @param {Box} then @param {string} label */
function stacked(before, then, label) {
  const arrow = svg('path', { class: 'pic-arrow', d: `M${HALF / 2} ${before.height + 6}v18m-7-8 7 8 7-8` })
  return drawing(
    HALF,
    before.height + 30 + then.height,
    label,
    before.at(0, 0, before.height),
    arrow,
    then.at(0, before.height + 30, then.height),
  )
}

/** @param {number} width @param {number} height @param {string} label @param {...Node} parts */
function drawing(width, height, label, ...parts) {
  return svg('svg', { class: 'picture', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label }, parts)
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
 * Who is in it at one time.
 *
 * @param {string} title @param {readonly string[]} names
 * @param {(name: string) => 'stays' | 'leaves' | 'joins' | 'queue'} roleOf
 */
function box(title, names, roleOf) {
  return {
    height: TOP + ROW * Math.max(names.length, 1) + 6,
    /** @param {number} x @param {number} y @param {number} height */
    at: (x, y, height) =>
      svg(
        'g',
        { transform: `translate(${x} ${y})` },
        svg('rect', { class: 'pic-box', x: 1, y: 1, width: HALF - 2, height: height - 2, rx: 8 }),
        svg('text', { class: 'pic-title', x: 12, y: 20 }, title),
        names.length === 0 ? svg('text', { class: 'pic-none', x: 12, y: TOP + 20 }, 'nobody') : null,
        names.map((name, at) => person(name, TOP + at * ROW, roleOf(name))),
      ),
  }
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
