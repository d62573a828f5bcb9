import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'

/** A vendor over real sockets that answers as the path says, well or badly. */
export interface HttpVendor {
  readonly url: string
  readonly port: number
  /** Requests as they arrived. */
  readonly seen: { method: string; url: string; headers: IncomingMessage['headers']; rawHeaders: string[]; body: string }[]
  /** Connections that are open now. */
  open(): number
  /** Connections that were made. */
  made(): number
  close(): Promise<void>
}

type Route = (request: IncomingMessage, response: ServerResponse, body: string) => void

const TEXT = 'x'.repeat(5000)
const raw =
  (bytes: string): Route =>
  (request) =>
    void request.socket.end(bytes)
const packed =
  (coding: string, bytes: Buffer): Route =>
  (_request, response) =>
    void response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': coding }).end(bytes)

export const ROUTES: Readonly<Record<string, Route>> = {
  '/echo': (request, response, body) =>
    void response.writeHead(200, { 'content-type': 'application/json', 'X-Odd-Case': 'yes' }).end(
      JSON.stringify({
        method: request.method,
        url: request.url,
        type: request.headers['content-type'],
        length: request.headers['content-length'],
        authorization: request.headers.authorization,
        accept: request.headers.accept,
        agent: request.headers['user-agent'],
        connection: request.headers.connection,
        custom: request.headers['x-custom'],
        body,
      }),
    ),
  '/text': (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('plain ✓'),
  '/bom': (_request, response) => void response.end('\ufeff{"a":1}'),
  '/bad-json': (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":'),
  '/cookies': (_request, response) => void response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-list': 'one' }).end('{}'),
  '/empty': (_request, response) => void response.writeHead(204).end(),
  '/not-modified': (_request, response) => void response.writeHead(304, { etag: '"e"' }).end(),
  '/moved': (_request, response) => void response.writeHead(302, { location: '/text' }).end('elsewhere'),
  '/moved-307': (_request, response) => void response.writeHead(307, { location: 'http://192.0.2.1/text' }).end(),
  '/unauthorized': (_request, response) => void response.writeHead(401, { 'www-authenticate': 'Basic' }).end('{"error":"no"}'),
  '/failing': (_request, response) => void response.writeHead(500, 'Very Broken').end('<html>'),
  '/busy': (_request, response) => void response.writeHead(503, { 'retry-after': '3' }).end(),
  '/long': (_request, response) => void response.writeHead(200, { 'content-length': '5000' }).end(TEXT),
  '/long-chunked'(_request, response) {
    response.writeHead(200)
    for (let at = 0; at < 5; at += 1) response.write(TEXT.slice(at * 1000, (at + 1) * 1000))
    response.end()
  },
  '/gzip': packed('gzip', gzipSync('{"packed":true}')),
  '/deflate': packed('deflate', deflateSync('{"packed":true}')),
  '/br': packed('br', brotliCompressSync('{"packed":true}')),
  '/bomb': packed('gzip', gzipSync(Buffer.alloc(2_000_000))),
  '/gzip-broken': packed('gzip', Buffer.from('this is not gzip at all, really')),
  '/gzip-short': packed('gzip', gzipSync(TEXT.repeat(10) + Math.random().toString(36)).subarray(0, -12)),
  '/zip-unknown': packed('rot13', Buffer.from('abc')),
  '/identity': packed('identity', Buffer.from('abc')),
  '/endless'(_request, response) {
    response.writeHead(200)
    const more = (): void => {
      while (!response.destroyed && response.write(TEXT));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  },
  '/never': () => undefined,
  '/never-ends': (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).write('begin'),
  '/late-end'(_request, response) {
    response.writeHead(200).write('begin')
    setTimeout(() => response.end(' and end'), 150)
  },
  '/reset': (request) => void request.socket.resetAndDestroy(),
  '/hang-up': (request) => void request.socket.destroy(),
  '/short': raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
  '/short-chunk': raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nonly this'),
  '/lies-short': raw('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmore than four'),
  '/until-close': raw(`HTTP/1.0 200 OK\r\n\r\n${TEXT}`),
  '/garbage': raw('SSH-2.0-OpenSSH_9.2\r\n'),
  '/lenient': raw('HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 2\r\n\r\n{}'),
  '/upgrade': raw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: odd\r\nConnection: Upgrade\r\n\r\n'),
  '/early-hints': raw('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}'),
  '/duplicate-headers': raw('HTTP/1.1 200 OK\r\nConnection: close\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\n{}'),
}

export async function startHttpVendor(tls?: { key: Buffer; cert: Buffer }): Promise<HttpVendor> {
  const seen: HttpVendor['seen'] = []
  const sockets = new Set<Socket>()
  let made = 0
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const { method = '', url = '', headers, rawHeaders } = request
      seen.push({ method, url, headers, rawHeaders, body })
      const route = ROUTES[url.split('?')[0] ?? '']
      if (route === undefined) response.writeHead(404).end('{}')
      else route(request, response, body)
    })
  }
  const server: Server = tls === undefined ? createServer(onRequest) : createSecureServer(tls, onRequest)
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    made += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    seen,
    open: () => sockets.size,
    made: () => made,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
