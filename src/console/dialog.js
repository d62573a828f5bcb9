import { el } from './dom.js'
import { icon } from './icons.js'

/**
 * A modal dialog of the browser's own kind: it keeps the focus inside, closes on Esc, and gives the focus back. It leaves the document when
 * it is closed, with everything that was typed into it.
 *
 * @param {string} title
 * @param {readonly (Node | string)[]} content
 * @param {string} [kind] for the style sheet
 */
export function openDialog(title, content, kind = '') {
  const before = document.activeElement
  const close = () => dialog.close()
  /** @type {HTMLDialogElement} */
  const dialog = el(
    'dialog',
    { class: `dialog ${kind}`, 'aria-labelledby': 'dialog-title' },
    el(
      'div',
      { class: 'dialog-head' },
      el('h2', { id: 'dialog-title' }, title),
      el('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Close', onclick: close }, icon('close')),
    ),
    content,
  )
  dialog.addEventListener('close', () => {
    dialog.remove()
    if (before instanceof HTMLElement && before.isConnected) before.focus()
  })
  document.body.append(dialog)
  dialog.showModal()
  return { dialog, close }
}
