/** @typedef {'system' | 'light' | 'dark'} Theme */

const NEXT = /** @type {const} */ ({ system: 'dark', dark: 'light', light: 'system' })
const WORDS = { system: 'Theme: as the system', dark: 'Theme: dark', light: 'Theme: light' }

/**
 * Light, dark, or as the system has it. The choice lasts as long as the page.
 *
 * @param {HTMLElement} button
 */
export function startTheme(button) {
  /** @type {Theme} */
  let theme = 'system'
  const tell = () => {
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    button.title = WORDS[theme]
    button.setAttribute('aria-label', WORDS[theme])
  }
  button.addEventListener('click', () => {
    theme = NEXT[theme]
    tell()
  })
  tell()
}
