/** A hand-made GED-188 client for these tests: bytes in, bytes out, nothing of the simulator or the gateway. */
import { connect, type Socket } from 'node:net'

export interface Frame {
  readonly type: number
  readonly body: Buffer
  /** The whole message as hex. */
  readonly hex: string
}

export interface RawClient {
  readonly frames: Frame[]
  readonly socket: Socket
  closed: boolean
  /** Number of data segments seen. */
  segments: number
  send(hex: string): void
  /** The next frame of this type after those already taken. */
  next(type: number, withinMs?: number): Promise<Frame>
  end(): void
}

export const u32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0')
export const u16 = (value: number): string => (value & 0xffff).toString(16).padStart(4, '0')
const u8 = (value: number): string => value.toString(16).padStart(2, '0')
export const text = (value: string): string => `${Buffer.from(value, 'latin1').toString('hex')}00`

/** One floating field; the header is wide from version 20 on. */
export function float(version: number, tag: number, hex: string): string {
  const length = hex.length / 2
  return version >= 20 ? u16(tag) + u16(length) + hex : u8(tag) + u8(length) + hex
}

export function message(type: number, bodyHex: string): string {
  const body = bodyHex.replaceAll(' ', '')
  return u32(body.length / 2) + u32(type) + body
}

export function openRequest(
  version: number,
  over: Partial<Record<'services' | 'idle' | 'peripheral' | 'states' | 'callMask', number>> = {},
): string {
  const { services = 0x00100014, idle = 0xffffffff, peripheral = 0xffffffff, states = 0x3fff, callMask = 0 } = over
  const fixed = [1, version, idle, peripheral, services, callMask, states, 0, 0, 0, 0].map(u32).join('')
  return message(3, fixed + float(version, 1, text('test')) + float(version, 2, '') + float(version, 3, text('test')))
}

export interface SetState {
  readonly invoke?: number
  readonly state: number
  readonly agentId: string
  readonly instrument?: string
  readonly password?: string
  readonly reason?: number
  readonly forced?: number
  readonly workMode?: number
  readonly peripheral?: number
}

export function setState(version: number, set: SetState): string {
  const fixed =
    u32(set.invoke ?? 7) +
    u32(set.peripheral ?? 5000) +
    u16(set.state) +
    u16(set.workMode ?? 0) +
    u16(0) +
    u16(set.reason ?? 0) +
    u8(set.forced ?? 0) +
    u32(0)
  return message(
    38,
    fixed +
      (set.instrument === undefined ? '' : float(version, 6, text(set.instrument))) +
      float(version, 5, text(set.agentId)) +
      (set.password === undefined ? '' : float(version, 49, text(set.password))),
  )
}

export function queryState(version: number, agentId: string, invoke = 9): string {
  return message(36, u32(invoke) + u32(5000) + u32(1) + u32(0) + float(version, 5, text(agentId)))
}

export async function rawClient(endpoint: string): Promise<RawClient> {
  const { hostname, port } = new URL(endpoint)
  const socket = connect(Number(port), hostname)
  await new Promise<void>((resolve, reject) => socket.once('connect', () => resolve()).once('error', reject))
  const taken = new Set<Frame>()
  let pending = Buffer.alloc(0)
  const client: RawClient = {
    frames: [],
    socket,
    closed: false,
    segments: 0,
    send: (hex) => void socket.write(Buffer.from(hex.replaceAll(' ', ''), 'hex')),
    async next(type, withinMs = 15_000) {
      const until = Date.now() + withinMs
      for (;;) {
        const found = client.frames.find((frame) => frame.type === type && !taken.has(frame))
        if (found !== undefined) {
          taken.add(found)
          return found
        }
        if (Date.now() > until)
          throw new Error(`no message of type ${type} within ${withinMs} ms; got ${client.frames.map((frame) => frame.type).join(',')}`)
        await new Promise((resolve) => setTimeout(resolve, 3))
      }
    },
    end: () => void socket.destroy(),
  }
  socket.on('error', () => undefined)
  socket.on('close', () => (client.closed = true))
  socket.on('data', (chunk) => {
    client.segments += 1
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 8 && pending.readUInt32BE(0) < 20_000 && pending.length >= 8 + pending.readUInt32BE(0)) {
      const end = 8 + pending.readUInt32BE(0)
      client.frames.push({
        type: pending.readUInt32BE(4),
        body: Buffer.from(pending.subarray(8, end)),
        hex: pending.subarray(0, end).toString('hex'),
      })
      pending = pending.subarray(end)
    }
  })
  return client
}

/** AgentState, EventReasonCode and NextAgentState of an AGENT_STATE_EVENT, read by offset (section 1.6). */
export function stateOf(frame: Frame): { state: number; reason: number; mrd: number } {
  return { state: frame.body.readUInt16BE(30), reason: frame.body.readUInt16BE(32), mrd: frame.body.readInt32BE(34) }
}

export async function until(check: () => boolean, withinMs = 15_000): Promise<void> {
  const end = Date.now() + withinMs
  while (!check()) {
    if (Date.now() > end) throw new Error('the condition was not met in time')
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}
