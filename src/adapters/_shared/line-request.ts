import { AxiosError, AxiosHeaders, CanceledError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import http from 'node:http'
import https from 'node:https'
import { BadAnswer } from './answer-head.js'
import type { WholeAnswer } from './answer-reader.js'
import { unpacked } from './answer-unpacked.js'
import { settle } from './light-adapter.js'
import { textOf } from './light-answer.js'
import { addressOf, bodyOf, headersOf, pathOf } from './light-request.js'
import type { Lines, Target } from './lines.js'

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
export function sendOnLine(lines: Lines, config: InternalAxiosRequestConfig): Promise<AxiosResponse> | undefined {
  if ((config.timeout ?? 0) > 0 || config.auth !== undefined) return undefined
  const place = placeOf(config)
  if (place === undefined || !isNodesOwn(place.target.secure)) return undefined
  const text = textToSend(config, place)
  return text === undefined ? undefined : exchange(lines, config, place.target, text)
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

function placeOf(config: InternalAxiosRequestConfig): Place | undefined {
  const { baseURL, url = '' } = config
  if (baseURL === undefined || !PLAIN_PATH.test(url) || config.params !== undefined) {
    return placeIn(addressOf(config), (address) => pathOf(config, address))
  }
  const base = baseOf(baseURL, config)
  return base && { target: base.target, authority: base.authority, path: base.path + url }
}

function baseOf(baseURL: string, config: InternalAxiosRequestConfig): Place | undefined {
  const known = bases.get(baseURL)
  if (known !== undefined) return known
  const address = addressOf({ ...config, url: '' })
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
function textToSend(config: InternalAxiosRequestConfig, { authority, path }: Place): string | undefined {
  if (!PATH.test(path)) return undefined
  const body = bodyOf(config)
  if (Buffer.isBuffer(body)) return undefined
  const method = (config.method ?? 'get').toUpperCase()
  const headers = headersOf(config, body, false)
  let text = `${method} ${path} HTTP/1.1\r\n`
  for (const name in headers) {
    const value = headers[name]
    if (Array.isArray(value) || LEFT_TO_NODE.has(name.toLowerCase()) || !TOKEN.test(name)) return undefined
    text += `${name}: ${value ?? ''}\r\n`
  }
  text += `Host: ${authority}\r\nConnection: keep-alive\r\n`
  if (body !== undefined) return `${text}\r\n${body}`
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? `${text}Content-Length: 0\r\n\r\n` : `${text}\r\n`
}

function exchange(lines: Lines, config: InternalAxiosRequestConfig, target: Target, text: string): Promise<AxiosResponse> {
  const { signal, maxContentLength: limit = -1 } = config
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) throw new CanceledError(undefined, config)
    const over = (): void => void signal?.removeEventListener?.('abort', onAbort)
    const fail = (error: Error): void => {
      over()
      reject(error instanceof BadAnswer ? badAnswer(error, config) : AxiosError.from(error, undefined, config))
    }
    const cancel = lines.send({
      target,
      text,
      isHead: config.method === 'head',
      limit,
      onError: fail,
      onAnswer(answer) {
        if (answer.head.headers['content-encoding'] === undefined || answer.body.length === 0) done(answer)
        else unpacked(answer, limit).then(done, fail)
      },
    })
    function done(answer: WholeAnswer): void {
      over()
      settle(answerOf(answer, config), resolve, reject)
    }
    function onAbort(): void {
      over()
      cancel()
      reject(new CanceledError(undefined, config))
    }
    signal?.addEventListener?.('abort', onAbort)
  })
}

function badAnswer({ message }: BadAnswer, config: InternalAxiosRequestConfig): AxiosError {
  return new AxiosError(message, AxiosError.ERR_BAD_RESPONSE, config)
}

function answerOf({ head, body }: WholeAnswer, config: InternalAxiosRequestConfig): AxiosResponse {
  const headers = new AxiosHeaders(head.headers)
  return { data: textOf(body, undefined), status: head.status, statusText: head.statusText, headers, config }
}
