import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js'

let echo: Server
let proxy: FaultProxy
let heard: Buffer[]
beforeEach(async () => {
  heard = []
  echo = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data: Buffer) => {
      heard.push(data)
      socket.write(data)
    })
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  proxy = await startFaultProxy({ host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0 })
})
afterEach(async () => {
  await proxy.stop()
  echo.close()
})

async function client(): Promise<Socket & { received: () => string; ended: Promise<string> }> {
  const socket = connect(proxy.port, '127.0.0.1')
  let received = ''
  socket.on('data', (data: Buffer) => (received += data.toString()))
  const ended = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    socket.on('close', () => resolve('closed'))
  })
  // A refused one may be reset before it is told that it was connected.
  await Promise.race([once(socket, 'connect'), ended]).catch(() => undefined)
  return Object.assign(socket, { received: () => received, ended })
}

it('passes everything in order, sliced and late', async () => {
  const socket = await client()
  proxy.slice(3)
  proxy.latency(30)
  socket.write('one two three ')
  proxy.latency(0)
  socket.write('four')
  await expect.poll(() => socket.received()).toBe('one two three four')
  socket.destroy()
})

it('cuts with FIN, resets with RST, refuses newcomers', async () => {
  const first = await client()
  proxy.cut()
  expect(await first.ended).toBe('closed')
  const second = await client()
  await expect.poll(() => proxy.connections).toBe(1)
  proxy.reset()
  expect(await second.ended).toBe('ECONNRESET')
  proxy.refuse(true)
  const third = await client()
  expect(await third.ended).toBe('ECONNRESET')
  proxy.refuse(false)
  const fourth = await client()
  fourth.write('back')
  await expect.poll(() => fourth.received()).toBe('back')
  fourth.destroy()
})

it('a black hole takes and says nothing, and resets what it has swallowed from when it ends', async () => {
  const [hurt, quiet] = [await client(), await client()]
  await expect.poll(() => proxy.connections).toBe(2)
  proxy.blackHole(true)
  hurt.write('lost')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(heard).toEqual([])
  proxy.blackHole(false)
  expect(await hurt.ended).toBe('ECONNRESET')
  quiet.write('well')
  await expect.poll(() => quiet.received()).toBe('well')
  quiet.destroy()
})

it('what waits in it dies with its client', async () => {
  const socket = await client()
  proxy.latency(100)
  socket.write('too late')
  await new Promise((resolve) => setTimeout(resolve, 30))
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(heard).toEqual([])
})
