import axios, { AxiosError, type InternalAxiosRequestConfig } from 'axios'
import http, { type ClientRequest, type OutgoingHttpHeader, type RequestOptions } from 'node:http'
import https from 'node:https'

const USER_AGENT = `axios/${axios.VERSION}`

/** Headers whose value follows from the request itself; what a caller says about them is not sent. */
const OWN_HEADERS = new Set(['content-length', 'transfer-encoding', 'host'])

/**
 * Config → a request with its body sent.
 * Fails before a byte is sent: ERR_BAD_REQUEST or ERR_INVALID_URL. No message names a header's value, a body or a whole address.
 */
export function sendRequest(config: InternalAxiosRequestConfig): ClientRequest {
  const address = addressOf(config)
  const body = bodyOf(config)
  const auth = authOf(config, address)
  const secure = address.protocol === 'https:'
  const { hostname } = address
  const options: RequestOptions = {
    protocol: address.protocol,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: address.port,
    method: (config.method ?? 'get').toUpperCase(),
    path: pathOf(config, address),
    headers: headersOf(config, body, auth !== undefined),
    agent: (secure ? config.httpsAgent : config.httpAgent) as http.Agent,
    // Said explicitly: Node would take it from a polluted prototype.
    insecureHTTPParser: false,
    auth,
  }
  try {
    // Looked up at the call, so that tests can intercept it.
    const request = secure ? https.request(options) : http.request(options)
    request.end(body)
    return request
  } catch (error) {
    throw AxiosError.from(error, AxiosError.ERR_BAD_REQUEST, config)
  }
}

const ABSOLUTE = /^([a-z][a-z\d+\-.]*:)?\/\//i

/** Where a request goes: the parts of a URL. */
type Address = Pick<URL, 'protocol' | 'hostname' | 'port' | 'username' | 'password' | 'pathname' | 'search'>

/** With a base address, another host cannot be reached (CVE-2025-27152): such a request is refused. */
function addressOf(config: InternalAxiosRequestConfig): Address {
  const { baseURL, url = '' } = config
  if (baseURL !== undefined && PLAIN_PATH.test(url)) {
    const base = baseOf(baseURL)
    if (base !== undefined) return under(base, url)
  }
  const absolute = ABSOLUTE.test(url)
  if (baseURL !== undefined && absolute && config.allowAbsoluteUrls === false) {
    throw new AxiosError('an absolute address is not allowed here', AxiosError.ERR_INVALID_URL, config)
  }
  let address: URL
  try {
    address = new URL(baseURL === undefined || absolute ? url : joined(baseURL, url))
  } catch {
    throw new AxiosError('the address is not valid', AxiosError.ERR_INVALID_URL, config)
  }
  if (address.protocol !== 'http:' && address.protocol !== 'https:') {
    throw new AxiosError(`Unsupported protocol ${address.protocol}`, AxiosError.ERR_BAD_REQUEST, config)
  }
  return address
}

/** What a URL keeps as it is: nothing to be escaped, no segment that is empty or begins with a dot, no query. */
const PLAIN_PATH = /^(?:\/[\w~-][\w.~-]*)+$/
/** HTTP, and nothing behind the path. */
const PLAIN_BASE = /^https?:\/\/[^\s?#\\]+$/
/** Base addresses that were parsed; an installation has one for each of its platforms. */
const bases = new Map<string, Address>()
const MAX_BASES = 100

/** Undefined: whoever parses the whole says what is wrong with it, or what else there is to it. */
function baseOf(baseURL: string): Address | undefined {
  const known = bases.get(baseURL)
  if (known !== undefined) return known
  if (!PLAIN_BASE.test(baseURL) || !URL.canParse(baseURL)) return undefined
  const { protocol, hostname, port, username, password, pathname } = new URL(baseURL)
  const base: Address = { protocol, hostname, port, username, password, pathname: pathname.replace(/\/+$/, ''), search: '' }
  if (bases.size >= MAX_BASES) bases.clear()
  bases.set(baseURL, base)
  return base
}

function under({ protocol, hostname, port, username, password, pathname }: Address, path: string): Address {
  return { protocol, hostname, port, username, password, pathname: pathname + path, search: '' }
}

function joined(base: string, url: string): string {
  return url === '' ? base : `${base.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`
}

function pathOf(config: InternalAxiosRequestConfig, address: Address): string {
  const url = address.pathname + address.search
  if (config.params === undefined || config.params === null) return url
  return axios.getUri({
    url,
    params: config.params as unknown,
    ...(config.paramsSerializer !== undefined && { paramsSerializer: config.paramsSerializer }),
  })
}

function bodyOf(config: InternalAxiosRequestConfig): string | Buffer | undefined {
  const data = config.data as unknown
  if (data === undefined || data === null || data === '' || data === false) return undefined
  const body = data instanceof ArrayBuffer ? Buffer.from(data) : data
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) {
    throw new AxiosError('the body must be text or bytes', AxiosError.ERR_BAD_REQUEST, config)
  }
  const limit = config.maxBodyLength ?? -1
  if (limit > -1 && Buffer.byteLength(body) > limit) {
    throw new AxiosError('Request body larger than maxBodyLength limit', AxiosError.ERR_BAD_REQUEST, config)
  }
  return body
}

/** Credentials of the config, else of the address: as HTTP Basic. */
function authOf(config: InternalAxiosRequestConfig, address: Address): string | undefined {
  if (config.auth !== undefined) return `${config.auth.username}:${config.auth.password}`
  if (address.username === '' && address.password === '') return undefined
  return `${unescaped(address.username)}:${unescaped(address.password)}`
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Names as they were given, `false` and missing values left out. Answers are asked for uncompressed: inflating costs more than
 * a vendor's few hundred bytes do on the wire.
 */
function headersOf(
  config: InternalAxiosRequestConfig,
  body: string | Buffer | undefined,
  auth: boolean,
): Record<string, OutgoingHttpHeader> {
  const headers = Object.create(null) as Record<string, OutgoingHttpHeader>
  let agent = false
  let encoding = false
  for (const [name, value] of Object.entries(config.headers)) {
    if (value === undefined || value === null) continue
    const lower = name.toLowerCase()
    agent ||= lower === 'user-agent'
    encoding ||= lower === 'accept-encoding'
    if (value === false || OWN_HEADERS.has(lower) || (auth && lower === 'authorization')) continue
    headers[name] = Array.isArray(value) ? value.map(String) : String(value)
  }
  if (!agent) headers['User-Agent'] = USER_AGENT
  if (!encoding) headers['Accept-Encoding'] = 'identity'
  if (body !== undefined) headers['Content-Length'] = Buffer.byteLength(body)
  return headers
}
