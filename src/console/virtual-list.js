/** Rows kept ready above and below what can be seen. */
const OVERSCAN = 8

/**
 * @template Item
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {(item: Item, index: number, active: boolean) => void} update
 */

/**
 * A list of any length of which only the rows in sight are in the document. The same row element serves the same place while it is in sight,
 * so that scrolling moves few elements. All rows are equally high.
 *
 * @template Item
 * @param {object} parts
 * @param {HTMLElement} parts.scroller scrolls; is as high as what can be seen
 * @param {HTMLElement} parts.sizer inside of it; gets the height of the whole list
 * @param {() => number} parts.rowHeight px
 * @param {() => Row<Item>} parts.createRow
 */
export function createVirtualList({ scroller, sizer, rowHeight, createRow }) {
  /** @type {readonly Item[]} */
  let items = []
  let active = -1
  let frame = 0
  /** @type {Map<number, Row<Item>>} */
  const used = new Map()
  /** @type {Row<Item>[]} */
  const free = []

  function render() {
    frame = 0
    const height = rowHeight()
    const first = Math.max(0, Math.floor(scroller.scrollTop / height) - OVERSCAN)
    const last = Math.min(items.length - 1, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + OVERSCAN)
    sizer.style.height = `${items.length * height}px`
    for (const [index, row] of used) {
      if ((index >= first && index <= last) || index === active) continue
      used.delete(index)
      free.push(row)
    }
    for (let index = first; index <= last; index += 1) place(index, height)
    // Screen readers follow the chosen row by its id, in sight or not.
    place(active, height)
    for (const row of free.splice(0)) row.element.remove()
  }

  /** @param {number} index @param {number} height */
  function place(index, height) {
    const item = items[index]
    if (item === undefined) return
    let row = used.get(index)
    if (row === undefined) {
      row = free.pop() ?? createRow()
      used.set(index, row)
      row.element.style.transform = `translateY(${index * height}px)`
      if (!row.element.isConnected) sizer.append(row.element)
    }
    row.update(item, index, index === active)
  }

  const schedule = () => {
    if (frame === 0) frame = requestAnimationFrame(render)
  }
  scroller.addEventListener('scroll', schedule, { passive: true })
  const watcher = new ResizeObserver(() => {
    for (const [index, row] of used) row.element.style.transform = `translateY(${index * rowHeight()}px)`
    schedule()
  })
  watcher.observe(scroller)

  return {
    /** @param {readonly Item[]} given @param {number} activeIndex -1: none; it is not brought into sight */
    setItems(given, activeIndex) {
      items = given
      active = activeIndex
      schedule()
    },
    /** What the rows show has changed; the rows have not. */
    refresh: schedule,
    /** @param {number} index -1: none */
    setActive(index) {
      active = index
      if (index >= 0) intoSight(index)
      render()
    },
    /** Rows that fit, less one: a page of the page keys. */
    page: () => Math.max(1, Math.floor(scroller.clientHeight / rowHeight()) - 1),
    stop() {
      watcher.disconnect()
      if (frame !== 0) cancelAnimationFrame(frame)
    },
  }

  /** @param {number} index */
  function intoSight(index) {
    const height = rowHeight()
    const top = index * height
    // What stands above the list stays in sight and covers as much of it.
    const room = scroller.clientHeight - sizer.offsetTop
    if (top < scroller.scrollTop) scroller.scrollTop = top
    else if (top + height > scroller.scrollTop + room) scroller.scrollTop = top + height - room
  }
}
