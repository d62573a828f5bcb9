import { byId, el } from './dom.js'

/** @typedef {'agents' | 'operations'} Tab */

const WORDS = { agents: 'Agents', operations: 'Operations' }

/**
 * The place in the page stands in the part of the address that no server gets: the browser's own back button works, and after a reload one
 * is where one was.
 *
 * @param {...string} place a tab; with an agent: `agents`, platform, agent id
 */
export function goTo(...place) {
  location.hash = `#/${place.map(encodeURIComponent).join('/')}`
}

/**
 * Follows the address.
 *
 * @param {readonly Tab[]} tabs those that there are for this key
 * @param {(tab: Tab, key: string) => void} onPlace key of an agent; '' for none
 */
export function startRoutes(tabs, onPlace) {
  const links = tabs.length < 2 ? [] : tabs.map((tab) => el('a', { href: `#/${tab}`, 'data-tab': tab }, WORDS[tab]))
  byId('tabs').replaceChildren(...links)

  function follow() {
    const [first = '', platform, agentId] = location.hash.replace(/^#\//, '').split('/').map(decoded)
    const tab = tabs.find((each) => each === first) ?? 'agents'
    for (const link of links) {
      if (link.dataset['tab'] === tab) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    onPlace(tab, platform === undefined || agentId === undefined ? '' : `${platform}/${agentId}`)
  }

  window.addEventListener('hashchange', follow)
  follow()
  return { stop: () => window.removeEventListener('hashchange', follow) }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
