import { connect } from 'node:net'

export interface RawRequest {
  readonly method?: string
  readonly target: string
  /** `Host` is added; names may come twice. */
  readonly headers?: readonly (readonly [string, string])[]
  /** `Content-Length` is added unless the headers say something about the length. */
  readonly body?: string | Buffer
}

export interface RawAnswer {
  readonly status: number
  readonly reason: string
  /** As they came, sorted. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** The bytes of a request, without any client's opinion about them. */
export function bytesOf({ method = 'GET', target, headers = [], body }: RawRequest): Buffer {
  const named = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(headers.some(([name]) => /^host$/i.test(name)) ? [] : ['Host: gateway.test']),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body !== undefined && !named ? [`Content-Length: ${Buffer.byteLength(body)}`] : []),
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body ?? '')])
}

/** Sends bytes, and collects what comes until the server closes. With `hangUp`, the client closes as soon as the bytes are out. */
export function exchangeRaw(url: string, parts: readonly Buffer[], options: { hangUp?: boolean; pauseMs?: number } = {}): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname, () => {
      void (async () => {
        for (const part of parts) {
          socket.write(part)
          await new Promise((next) => setTimeout(next, options.pauseMs ?? 0))
        }
        if (options.hangUp === true) socket.destroy()
      })()
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')))
  })
}

/** The answers in what a server sent; each says its length or has no body. */
export function answersIn(text: string, heads: readonly boolean[] = []): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = text
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) throw new Error(`this is no answer: ${rest}`)
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n')
    const [, status = '0', reason = ''] = /^HTTP\/1\.1 (\d+) ?(.*)$/.exec(first) ?? []
    const headers = lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])
    const length = Number(headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? 0)
    const bytes = Buffer.from(rest.slice(end + 4))
    const taken = heads[answers.length] === true ? 0 : length
    answers.push({
      status: Number(status),
      reason,
      headers: headers.sort(([a], [b]) => (a < b ? -1 : 1)),
      body: bytes.subarray(0, taken).toString(),
    })
    rest = bytes.subarray(taken).toString()
  }
  return answers
}
