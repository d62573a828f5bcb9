/** Domains of the vendor (vendors/cxone.md section 6.1). */
const VENDOR_DOMAINS = ['nice-incontact.com', 'niceincontact.com', 'incontact.com'] as const

/** May this address receive the bearer token? */
export type Trust = (address: string) => boolean

/**
 * https on a domain of the vendor or on a host named in the settings; anything on the origin of a configured address; and
 * loopback while the issuer itself is loopback (a simulator). Everything else never sees the token (section 6.1).
 */
export function createTrust(issuer: string, configured: readonly (string | undefined)[], trustedHosts: readonly string[]): Trust {
  const origins = new Set([issuer, ...configured].flatMap((address) => (address === undefined ? [] : [new URL(address).origin])))
  const hosts = new Set(trustedHosts.map((host) => host.toLowerCase()))
  const sandbox = isLoopback(new URL(issuer).hostname)
  return (address) => {
    if (!URL.canParse(address)) return false
    const url = new URL(address)
    if (url.username !== '' || url.password !== '') return false
    if (origins.has(url.origin)) return true
    if (sandbox && isLoopback(url.hostname)) return true
    if (url.protocol !== 'https:') return false
    return (
      hosts.has(url.hostname) ||
      hosts.has(url.host) ||
      (url.port === '' && VENDOR_DOMAINS.some((domain) => url.hostname.endsWith(`.${domain}`)))
    )
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
