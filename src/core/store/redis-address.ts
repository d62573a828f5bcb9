export interface HostPort {
  readonly host: string
  readonly port: number
}

interface Login {
  readonly username?: string
  readonly password?: string
}

/**
 * Where a Redis is. `where` is for people and never holds credentials. `replicas`: so many must have a write before its caller hears of it
 * (redis-replicas.ts).
 */
export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string; readonly where: string }
  | ({
      readonly kind: 'sentinel'
      readonly sentinels: readonly HostPort[]
      readonly master: string
      readonly db: number
      readonly tls: boolean
      readonly sentinelLogin: Login
      readonly replicas: number
      readonly where: string
    } & Login)
  | ({
      readonly kind: 'cluster'
      readonly nodes: readonly HostPort[]
      readonly tls: boolean
      readonly replicas: number
      readonly where: string
    } & Login)

const SENTINEL_PORT = 26379
const REDIS_PORT = 6379
const SCHEME = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i
const SENTINEL_OPTIONS = ['db', 'replicas', 'sentinelUsername', 'sentinelPassword']
const CLUSTER_OPTIONS = ['replicas']
/** Whoever runs Sentinel wants to outlive the master; a cluster may be for size alone. */
const REPLICAS = { sentinel: 1, cluster: 0 }
const FORMS =
  '`redis://host:6379`, `redis+sentinel://host:26379,host:26379/master` or `redis+cluster://host:6379,host:6379`; each with `rediss` for TLS'

/** Never with a part of the text: where it is wrong, a password may stand in any of them. */
function wrong(what: string): Error {
  return new Error(
    `The setting \`engine\` is not an address of Redis: ${what}. It has the form ${FORMS}; special characters are %-encoded.`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong('a %-encoding is broken')
  }
}

function parseLogin(text: string | undefined): Login {
  if (text === undefined || text === '') return {}
  const cut = text.indexOf(':')
  const username = decode(cut === -1 ? text : text.slice(0, cut))
  const password = cut === -1 ? '' : decode(text.slice(cut + 1))
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) }
}

function parseHosts(text: string, defaultPort: number): readonly HostPort[] {
  return text.split(',').map((one, index) => {
    const match = HOST.exec(one)
    const port = Number(match?.[2] ?? defaultPort)
    if (match === null || port < 1 || port > 65_535) throw wrong(`address ${index + 1} of the list is not \`host\` or \`host:port\``)
    return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port }
  })
}

export function hostPortText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function parseDatabase(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw wrong('the database is not a number')
  return Number(text)
}

function parseReplicas(query: URLSearchParams, otherwise: number): number {
  const text = query.get('replicas') ?? String(otherwise)
  if (!/^[0-9]$/.test(text)) throw wrong('`replicas` is not a number from 0 to 9')
  return Number(text)
}

function onlyKnown(query: URLSearchParams, known: readonly string[]): void {
  if ([...query.keys()].some((key) => !known.includes(key))) throw wrong(`known options are ${known.join(', ')}`)
}

function parseSingle(setting: string): RedisAddress {
  let url: URL
  try {
    url = new URL(setting)
  } catch {
    // Not passed on: the error of Node carries the whole text.
    throw wrong('it cannot be read')
  }
  if (url.hostname === '') throw wrong('the host is missing')
  const where = `${url.hostname}:${url.port === '' ? REDIS_PORT : url.port}${url.pathname.length > 1 ? url.pathname : ''}`
  if (url.pathname.length > 1) parseDatabase(url.pathname.slice(1))
  return { kind: 'single', url: setting, where }
}

function parseSentinel(hosts: string, login: Login, tls: boolean, path: string, query: URLSearchParams): RedisAddress {
  const master = decode(path)
  if (master === '') throw wrong("the name of Sentinel's master is missing after the hosts")
  onlyKnown(query, SENTINEL_OPTIONS)
  const sentinels = parseHosts(hosts, SENTINEL_PORT)
  const [username, password] = [query.get('sentinelUsername'), query.get('sentinelPassword')]
  return {
    kind: 'sentinel',
    sentinels,
    master,
    db: parseDatabase(query.get('db') ?? '0'),
    tls,
    replicas: parseReplicas(query, REPLICAS.sentinel),
    ...login,
    sentinelLogin: { ...(username !== null && { username }), ...(password !== null && { password }) },
    where: `${master} of Sentinel ${sentinels.map(hostPortText).join(', ')}`,
  }
}

/**
 * Reads the setting `engine` of a Redis: one server, a master that Sentinel watches, or a cluster.
 * Fails with a text that says what is wrong and repeats nothing of the setting.
 */
export function parseRedisAddress(setting: string): RedisAddress {
  const match = SCHEME.exec(setting)
  if (match === null) {
    if (/^rediss?:\/\//.test(setting)) return parseSingle(setting)
    throw wrong('it cannot be read')
  }
  const [, scheme, kind, authority = '', path = '', query = ''] = match
  if (kind === undefined) return parseSingle(setting)
  const cut = authority.lastIndexOf('@')
  const login = parseLogin(cut === -1 ? undefined : authority.slice(0, cut))
  const hosts = authority.slice(cut + 1)
  const tls = scheme === 'rediss'
  if (kind === 'sentinel') return parseSentinel(hosts, login, tls, path, new URLSearchParams(query))
  if (path !== '') throw wrong('a cluster has no databases')
  const options = new URLSearchParams(query)
  onlyKnown(options, CLUSTER_OPTIONS)
  const nodes = parseHosts(hosts, REDIS_PORT)
  const replicas = parseReplicas(options, REPLICAS.cluster)
  return { kind: 'cluster', nodes, tls, replicas, ...login, where: `cluster ${nodes.map(hostPortText).join(', ')}` }
}
