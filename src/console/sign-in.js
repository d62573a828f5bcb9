import { ApiProblem, createApi, sentenceOf } from './api.js'
import { byId } from './dom.js'

/**
 * Waits for a key that the gateway knows. The field is emptied at once: the key lives in memory only, and is gone with the page.
 *
 * @param {(session: import('./types.js').Session) => void} onSession
 * @param {() => void} onRefused a key that was good is so no more
 */
export function startSignIn(onSession, onRefused) {
  const form = /** @type {HTMLFormElement} */ (byId('sign-in'))
  const field = /** @type {HTMLInputElement} */ (byId('key'))
  const button = /** @type {HTMLButtonElement} */ (byId('sign-in-button'))
  const fault = byId('sign-in-fault')

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const key = field.value.trim()
    field.value = ''
    void signIn(key)
  })

  /** @param {string} key */
  async function signIn(key) {
    fault.hidden = true
    if (key === '') return say('Enter a key.')
    // A header takes nothing else; what cannot be sent cannot be a key.
    if (!/^[\x21-\x7e]+$/.test(key)) return say('This is not a key: keys have no spaces and no special letters.')
    button.disabled = true
    let signedIn = false
    try {
      const api = createApi(key, () => signedIn && onRefused())
      const me = /** @type {import('./types.js').Me} */ (await api.get('/v1/me'))
      signedIn = true
      onSession({ api, me })
    } catch (error) {
      say(error instanceof ApiProblem && error.status === 401 ? 'The gateway does not know this key.' : sentenceOf(error))
    } finally {
      button.disabled = false
    }
  }

  /** @param {string} text */
  function say(text) {
    fault.textContent = text
    fault.hidden = false
    field.focus()
  }

  return { say, focus: () => field.focus() }
}
