/** A server that plays back the recorded session of version 15, in order, with its pauses and in split segments. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { codecOf, createFramer, type Message } from '../../src/adapters/cisco-cti/codec/index.js'
import type { Adapter } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import { ciscoAdapter } from '../support/cisco-cti.js'
import { drive, until } from '../support/drive.js'
import { RECORDED } from '../support/ged188-vectors.js'

const codec = codecOf(15)

function bytesOf(title: string, invokeId?: number): Buffer {
  const vector = RECORDED.find((candidate) => candidate.title.startsWith(title))
  if (vector === undefined) throw new Error(`no recorded ${title}`)
  const bytes = Buffer.from(vector.bytes)
  if (invokeId !== undefined) bytes.writeUInt32BE(invokeId, 8)
  return bytes
}

interface Replay {
  readonly port: number
  readonly requests: Message[]
  close(): Promise<void>
}

/** Plays OPEN_CONF and what followed it. `cut` is the size of segments, `pauseMs` the time between them. */
async function replay(cut: number, pauseMs: number): Promise<Replay> {
  const requests: Message[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.setNoDelay(true)
    const framer = createFramer()
    let playing = Promise.resolve()
    const play = (...messages: Buffer[]): void => {
      playing = playing.then(async () => {
        for (const message of messages) {
          for (let at = 0; at < message.length; at += cut) {
            if (socket.writable) socket.write(message.subarray(at, at + cut))
            if (pauseMs > 0) await systemClock.sleep(pauseMs)
          }
        }
      })
    }
    const answer = (message: Message): void => {
      requests.push(message)
      switch (message.message) {
        case 'OPEN_REQ':
          play(
            bytesOf('OPEN_CONF', message.InvokeID),
            bytesOf('SYSTEM_EVENT, peripheral online'),
            bytesOf('SYSTEM_EVENT, peripheral offline'),
          )
          return play(bytesOf('CONFIG_END'), bytesOf('AGENT_TEAM_CONFIG_EVENT'))
        case 'QUERY_AGENT_STATE_REQ':
          // Agent 2 was asked about in the recording; agent 1 is only named by the team.
          if (message.AgentID === '2') play(bytesOf('QUERY_AGENT_STATE_CONF', message.InvokeID))
          return
        case 'HEARTBEAT_REQ':
          return play(codec.encode({ message: 'HEARTBEAT_CONF', InvokeID: message.InvokeID }))
        case 'CLOSE_REQ':
          return play(codec.encode({ message: 'CLOSE_CONF', InvokeID: message.InvokeID }))
      }
    }
    socket.on('data', (chunk: Buffer) => framer.push(chunk, (bytes, start, end) => answer(codec.decode(bytes, start, end))))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

let server: Replay | undefined
let adapter: Adapter | undefined
afterEach(async () => {
  await adapter?.stop()
  await server?.close()
})

describe('the recorded session of version 15', () => {
  it.each([
    ['whole messages', 4096, 0],
    ['segments of 7 bytes, 1 ms apart', 7, 1],
    ['single bytes, 1 ms apart', 1, 1],
  ])('brings the adapter in service: %s', async (_title, cut, pauseMs) => {
    server = await replay(cut, pauseMs)
    adapter = ciscoAdapter([server.port], { versions: [15], heartbeatMs: 5_000 })
    const core = await drive(adapter)
    // PGStatus 4 and PeripheralOnline 0 come from another peripheral's outage: SYSTEM_EVENT says that 5000 is online.
    await core.up()
    expect(await adapter.read('2', { signal: AbortSignal.timeout(4_000) })).toMatchObject({
      state: 'LOGGED_OUT',
      vendorState: 'LOGOUT',
      vendor: { extension: '1000' },
      source: 'read',
    })
    expect(server.requests[0]).toMatchObject({
      message: 'OPEN_REQ',
      VersionNumber: 15,
      PeripheralID: 0xffff_ffff,
      ServicesRequested: 0x00100014,
    })
    await until(
      () => server!.requests.some((request) => request.message === 'QUERY_AGENT_STATE_REQ' && request.AgentID === '1'),
      'agent 1 learned',
    )
    expect(core.links.filter((link) => link.status === 'down')).toEqual([])
  })
})
