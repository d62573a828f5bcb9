import { openDesk } from './desk.js'
import { byId, setText } from './dom.js'
import { startSignIn } from './sign-in.js'
import { startTheme } from './theme.js'

/** @type {(() => void) | undefined} */
let leave

startTheme(byId('theme'))
const signIn = startSignIn(enter, () => signOut('The gateway does not know this key any more.'))
byId('sign-out').addEventListener('click', () => signOut(''))
signIn.focus()

/** @param {import('./types.js').Session} session */
function enter(session) {
  showParts(true)
  setText(byId('who'), session.me.name)
  leave = openDesk(session)
}

/** Forgets everything: the page is as it was before. @param {string} why */
function signOut(why) {
  leave?.()
  leave = undefined
  showParts(false)
  for (const dialog of document.querySelectorAll('dialog')) dialog.close()
  for (const id of ['toasts', 'desk', 'tabs', 'strip']) byId(id).replaceChildren()
  for (const id of ['live', 'who']) setText(byId(id), '')
  if (why === '') signIn.focus()
  else signIn.say(why)
}

/** @param {boolean} signedIn */
function showParts(signedIn) {
  byId('gate').hidden = signedIn
  byId('desk').hidden = !signedIn
  for (const part of document.querySelectorAll('[data-signed-in]')) if (part instanceof HTMLElement) part.hidden = !signedIn
}
