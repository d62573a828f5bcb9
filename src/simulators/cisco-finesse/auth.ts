/** Who is asking: Basic and Bearer over HTTP, passwords over XMPP (vendors/cisco.md sections 4.1 and 4.9). */
import type { User } from './population.js'
import type { Site } from './site.js'

const LOCK_AFTER = 5

export function findUser(site: Site, name: string): User | undefined {
  const byId = site.population.users.get(name)
  return byId ?? [...site.population.users.values()].find((user) => user.loginName === name)
}

/** The valid access token of a user; `expire-tokens` makes a new one. */
export function tokenOf(user: User): string {
  return user.tokenGeneration === 0 ? `token-${user.id}` : `token-${user.id}-${user.tokenGeneration}`
}

/** Whether the password is right; counts wrong ones and locks. */
export function checkPassword(site: Site, user: User, password: string): boolean {
  if (user.lockedUntil > Date.now()) return false
  if (password === user.password) {
    user.wrongPasswords = 0
    return true
  }
  user.wrongPasswords += 1
  if (user.wrongPasswords >= LOCK_AFTER) {
    user.lockedUntil = Date.now() + site.options.lockMs
    user.wrongPasswords = 0
  }
  return false
}

/** The user of an Authorization header, or undefined. */
export function authenticate(site: Site, header: string | undefined): User | undefined {
  const [scheme = '', value = ''] = (header ?? '').split(' ')
  if (scheme.toLowerCase() === 'bearer' && site.options.authMode !== 'NON_SSO') {
    return [...site.population.users.values()].find((user) => tokenOf(user) === value)
  }
  if (scheme.toLowerCase() !== 'basic' || site.options.authMode === 'SSO') return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  const at = text.indexOf(':')
  const user = at < 0 ? undefined : findUser(site, text.slice(0, at))
  return user !== undefined && checkPassword(site, user, text.slice(at + 1)) ? user : undefined
}
