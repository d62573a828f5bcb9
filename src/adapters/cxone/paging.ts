import { pick, textOf } from './lenient.js'
import type { ApiRequest } from './requests.js'

/**
 * The next page by `_links.next` (vendors/cxone.md section 4.2, 4.6), or undefined after the last.
 *
 * Guarantees: only path and query of the link are taken, and only below the services path: the token goes to our own API host
 * whatever the link says. The version in the link is kept out: ours is a setting.
 */
export function nextPage(body: unknown): ApiRequest | undefined {
  const link = pick(pick(body, '_links'), 'next')
  const address = textOf(link) ?? textOf(pick(link, 'href'))
  if (address === undefined || !URL.canParse(address, 'https://placeholder.invalid')) return undefined
  const url = new URL(address, 'https://placeholder.invalid')
  const below = /\/services\/v\d+\.\d+\/(.+)$/i.exec(url.pathname) ?? /^\/(?!.*\bservices\/)(.+)$/i.exec(url.pathname)
  const path = below?.[1]
  if (path === undefined) return undefined
  return { method: 'GET', path, parameters: Object.fromEntries(url.searchParams) }
}

/**
 * The next page in the older dialect, which has no links (section 4.2): by `skip`, as long as pages come full and bring somebody new.
 * A platform that ignores `skip` would repeat its first page for ever.
 */
export function nextBySkip(
  body: unknown,
  request: ApiRequest,
  rows: readonly unknown[],
  before: readonly unknown[],
): ApiRequest | undefined {
  const { skip = '0', top = '0' } = request.parameters ?? {}
  if (pick(body, '_links') !== undefined || rows.length === 0 || rows.length !== Number(top)) return undefined
  if (JSON.stringify(pick(rows[0], 'agentId')) === JSON.stringify(pick(before[0], 'agentId'))) return undefined
  return { ...request, parameters: { ...request.parameters, skip: String(Number(skip) + rows.length) } }
}
