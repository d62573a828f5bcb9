import { AxiosError, AxiosHeaders, CanceledError, type AxiosResponse } from 'axios'
import http from 'node:http'
import https from 'node:https'
import { BadAnswer } from './answer-head.js'
import type { WholeAnswer } from './answer-reader.js'
import { unpacked } from './answer-unpacked.js'
import { settle } from './light-adapter.js'
import { textOf } from './light-answer.js'
import { addressOf, OWN_HEADERS, pathOf, USER_AGENT } from './light-request.js'
import type { Lines, Target } from './lines.js'
import { fullConfig, type PlainRequest } from './plain-request.js'

/** Headers with which a request is more than a request with an answer; Node's client knows what to do. */
const LEFT_TO_NODE = new Set(['connection', 'keep-alive', 'proxy-connection', 'expect', 'upgrade', 'te', 'trailer'])
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/
const PATH = /^\/[\x21-\x7e]*$/

/** An address that says nothing but where: no dots that lead elsewhere, no characters that would have to be written in another way. */
const PLAIN_PATH = /^(?:\/[\w@:~-]+(?:\.[\w@:~-]+)*)+(?:\?[\w@:~=&.,%-]*)?$/

interface Place {
  readonly target: Target
  /** As the Host header has it. */
  readonly authority: string
  readonly path: string
}

/**
 * Sends a request on a connection of our own, and reads its answer: half of what Node's client costs for the same bytes
 * (docs/performance.md). Same answers, errors and limits as `lightAdapter`; a test sends the same requests both ways.
 *
 * Answers undefined for what is left to Node's client: credentials in the address, time limits, headers about the connection; and for
 * everything as long as somebody stands between Node's client and the wire, such as tracing or the interceptors of tests.
 */
export function sendOnLine(lines: Lines, request: PlainRequest): Promise<AxiosResponse> | undefined {
  if ((request.given.timeout ?? 0) > 0 || !isSmall(request)) return undefined
  const place = placeOf(request)
  if (place === undefined || !isNodesOwn(place.target.secure)) return undefined
  const text = textToSend(request, place)
  return text === undefined ? undefined : exchange(lines, request, place.target, text)
}

/** What is too large is refused on the other way. */
function isSmall({ data, shared: { maxBodyLength = -1 } }: PlainRequest): boolean {
  return data === undefined || maxBodyLength < 0 || Buffer.byteLength(data) <= maxBodyLength
}

/** Whether requests of Node's client are made by Node. What replaces it, for whatever reason, must see ours too. */
const isNodesOwn = (secure: boolean): boolean => (secure ? ownHttps(https.request) : ownHttp(http.request))
const ownHttp = createOwnership()
const ownHttps = createOwnership()

/** Looked at again only when the function is another one. Would Node write it in other words some day, its client is used: slower, not wrong. */
function createOwnership(): (request: (...parameters: never[]) => unknown) => boolean {
  let known: unknown
  let own = false
  return (request) => {
    if (request !== known) {
      known = request
      own = /\bClientRequest\b/.test(Function.prototype.toString.call(request))
    }
    return own
  }
}

/** The parts of base addresses: there is one for each account at a vendor. */
const bases = new Map<string, Place>()
const MAX_BASES = 1_000

function placeOf(request: PlainRequest): Place | undefined {
  const { baseURL } = request.shared
  const { url = '' } = request.given
  if (baseURL === undefined || !PLAIN_PATH.test(url) || request.given.params !== undefined) {
    const config = fullConfig(request)
    return placeIn(addressOf(config), (address) => pathOf(config, address))
  }
  const base = bases.get(baseURL) ?? baseOf(baseURL, request)
  return base && { target: base.target, authority: base.authority, path: base.path + url }
}

function baseOf(baseURL: string, request: PlainRequest): Place | undefined {
  const address = addressOf({ ...fullConfig(request), url: '' })
  if (address.search !== '' || address.hash !== '') return undefined
  const base = placeIn(address, ({ pathname }) => pathname.replace(/\/+$/, ''))
  if (bases.size >= MAX_BASES) bases.clear()
  if (base !== undefined) bases.set(baseURL, base)
  return base
}

function placeIn(address: URL, pathIn: (address: URL) => string): Place | undefined {
  if (address.username !== '' || address.password !== '') return undefined
  const secure = address.protocol === 'https:'
  const { hostname } = address
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  const port = address.port === '' ? (secure ? 443 : 80) : Number(address.port)
  return { target: { secure, host, port }, authority: address.host, path: pathIn(address) }
}

/** The lines in the order in which Node writes them. */
function textToSend({ method, headers, data }: PlainRequest, { authority, path }: Place): string | undefined {
  if (!PATH.test(path)) return undefined
  let text = `${method.toUpperCase()} ${path} HTTP/1.1\r\n`
  let [agent, encoding] = [`User-Agent: ${USER_AGENT}\r\n`, 'Accept-Encoding: identity\r\n']
  for (const name in headers) {
    const kind = kindOf(name)
    if (kind === 'node') return undefined
    if (kind === 'own') continue
    if (kind === 'agent') agent = ''
    if (kind === 'encoding') encoding = ''
    text += `${name}: ${headers[name] ?? ''}\r\n`
  }
  text += agent + encoding
  const isEmpty = data === undefined || data === ''
  if (!isEmpty) text += `Content-Length: ${Buffer.byteLength(data)}\r\n`
  text += `Host: ${authority}\r\nConnection: keep-alive\r\n`
  if (!isEmpty) return `${text}\r\n${data}`
  return METHODS_WITH_BODY.has(method) ? `${text}Content-Length: 0\r\n\r\n` : `${text}\r\n`
}

const METHODS_WITH_BODY = new Set(['post', 'put', 'patch'])

/** What a header is to us; `own`: it follows from the request, and what the caller says of it is not sent. */
type Kind = 'plain' | 'own' | 'node' | 'agent' | 'encoding'
const kinds = new Map<string, Kind>()
const MAX_KINDS = 1_000

/** Callers write the same few names each time. */
function kindOf(name: string): Kind {
  const known = kinds.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  const special: Kind = lower === 'user-agent' ? 'agent' : lower === 'accept-encoding' ? 'encoding' : 'plain'
  const kind = LEFT_TO_NODE.has(lower) || !TOKEN.test(name) ? 'node' : OWN_HEADERS.has(lower) ? 'own' : special
  if (kinds.size >= MAX_KINDS) kinds.clear()
  kinds.set(name, kind)
  return kind
}

function exchange(lines: Lines, request: PlainRequest, target: Target, text: string): Promise<AxiosResponse> {
  const { signal } = request.given
  const { maxContentLength: limit = -1 } = request.shared
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) throw new CanceledError(undefined, fullConfig(request))
    const over = (): void => void signal?.removeEventListener?.('abort', onAbort)
    const fail = (error: Error): void => {
      over()
      reject(failureOf(error, request))
    }
    const done = (answer: WholeAnswer): void => {
      over()
      settle(answerOf(answer, request), resolve, reject, request.shared.validateStatus)
    }
    const cancel = lines.send({
      target,
      text,
      isHead: request.method === 'head',
      limit,
      onError: fail,
      onAnswer(answer) {
        if (answer.head.headers['content-encoding'] === undefined || answer.body.length === 0) done(answer)
        else unpacked(answer, limit).then(done, fail)
      },
    })
    function onAbort(): void {
      over()
      cancel()
      reject(new CanceledError(undefined, fullConfig(request)))
    }
    signal?.addEventListener?.('abort', onAbort)
  })
}

function failureOf(error: Error, request: PlainRequest): AxiosError {
  const config = fullConfig(request)
  if (!(error instanceof BadAnswer)) return AxiosError.from(error, undefined, config)
  return new AxiosError(error.message, AxiosError.ERR_BAD_RESPONSE, config)
}

/** What few ask for is made when they do. */
function answerOf({ head, body }: WholeAnswer, request: PlainRequest): AxiosResponse {
  let headers: AxiosHeaders | undefined
  return {
    data: textOf(body, undefined),
    status: head.status,
    statusText: head.statusText,
    get headers() {
      return (headers ??= new AxiosHeaders(head.headers))
    },
    get config() {
      return fullConfig(request)
    },
  }
}
