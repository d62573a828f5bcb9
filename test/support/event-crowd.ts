import { connect, type Socket } from 'node:net'
import { eventBlocks, type Block } from './event-blocks.js'

/** Many readers of `GET /v1/events` in one process, each of which checks every cursor that it is told. */
export interface Crowd {
  /** More readers, spread over these gateways; resolves when each has had its snapshot. */
  join(readers: number, urls: readonly string[], timeoutMs?: number): Promise<void>
  /** So many of them leave now and come back after that time, with their last id. */
  pause(readers: number, ms: number): void
  report(): CrowdReport
  close(): void
}

export interface CrowdReport {
  readonly readers: number
  /** Of those, now connected. */
  readonly connected: number
  /** Events told, snapshots not counted. */
  readonly delivered: number
  /** Cursors that were jumped over without a word. */
  readonly skipped: number
  /** Events told although their cursor, or a later one, had been told before. */
  readonly doubled: number
  /** Readers that were told of a gap, by its reason. */
  readonly gaps: Readonly<Record<string, number>>
  /** Streams that the gateway ended, by its reason. */
  readonly ended: Readonly<Record<string, number>>
  /** Readers that came back with their last id. */
  readonly resumed: number
  /** The cursors of the reader who is last, and of the first. */
  readonly slowest: number
  readonly newest: number
  /** ms from the event to its arrival, of some readers, since the last report. */
  readonly late: readonly number[]
  /** Ends of commands that one reader was told, as often as it was told them. */
  readonly ends: readonly string[]
}

interface CrowdReader {
  socket: Socket | undefined
  cursor: number | undefined
  lastId: string | undefined
  /** Until then it stays away. */
  awayUntil: number
  at: number
}

/** Readers whose events are looked into: parsing all would take the machine's time from the gateway. */
const LOOKED_INTO = 20
const COME_BACK_MS = 300
const OPEN = ['accepted', 'sent', 'retrying']

export function createCrowd(key: string): Crowd {
  const readers: CrowdReader[] = []
  const gaps: Record<string, number> = {}
  const ended: Record<string, number> = {}
  const ends: string[] = []
  const refused = new Set<string>()
  let late: number[] = []
  let urls: readonly URL[] = []
  let [delivered, skipped, doubled, resumed] = [0, 0, 0, 0]
  let closed = false
  const count = (counts: Record<string, number>, name: string): void => void (counts[name] = (counts[name] ?? 0) + 1)

  function look(index: number, { data }: Block): void {
    if (index % LOOKED_INTO !== 0) return
    const text = data()
    const at = /"at":"([^"]+)"/.exec(text)?.[1]
    if (at !== undefined) late.push(Date.now() - Date.parse(at))
    if (index > 0 || !text.includes('"command":{')) return
    const { command } = JSON.parse(text) as { readonly command: { readonly id: string; readonly status: string } }
    if (!OPEN.includes(command.status)) ends.push(command.id)
  }

  function take(reader: CrowdReader, index: number, block: Block): void {
    const { event, id } = block
    if (event === 'gap') {
      const { reason } = JSON.parse(block.data()) as { readonly reason: string }
      count(gaps, reason)
      if (reason !== 'dropped') reader.cursor = undefined
    }
    if (event === 'end') count(ended, (JSON.parse(block.data()) as { readonly reason: string }).reason)
    if (id === undefined) return
    const cursor = Number(id.slice(id.lastIndexOf('.') + 1))
    reader.lastId = id
    if (event === 'snapshot-end') reader.cursor = cursor
    else if (event === undefined) {
      // A heart-beat moves the place on: what it jumps over was not told.
      if (reader.cursor !== undefined && cursor > reader.cursor) skipped += cursor - reader.cursor
    } else {
      delivered += 1
      const expected = (reader.cursor ?? 0) + 1
      if (cursor > expected) skipped += cursor - expected
      if (cursor < expected) doubled += 1
      look(index, block)
    }
    if (event !== 'snapshot-end') reader.cursor = Math.max(reader.cursor ?? 0, cursor)
  }

  function come(reader: CrowdReader, index: number): void {
    if (closed) return
    const url = urls[(index + reader.at) % urls.length] as URL
    reader.at += 1
    const socket = connect(Number(url.port), url.hostname)
    reader.socket = socket
    const read = eventBlocks((block) => take(reader, index, block))
    const back = reader.lastId === undefined ? '' : `Last-Event-ID: ${reader.lastId}\r\n`
    if (back !== '') resumed += 1
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      try {
        read(chunk)
      } catch (error) {
        refused.add(error instanceof Error ? error.message : String(error))
        socket.destroy()
      }
    })
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      if (reader.socket === socket) reader.socket = undefined
      if (!closed) setTimeout(() => come(reader, index), Math.max(COME_BACK_MS, reader.awayUntil - Date.now()))
    })
    socket.write(`GET /v1/events HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${key}\r\n${back}\r\n`)
  }

  const cursors = (): readonly number[] => readers.map(({ cursor }) => cursor ?? 0)

  return {
    async join(more, at, timeoutMs = 60_000) {
      urls = at.map((url) => new URL(url))
      for (let from = readers.length, to = from + more; from < to; from += 1) {
        const reader: CrowdReader = { socket: undefined, cursor: undefined, lastId: undefined, awayUntil: 0, at: 0 }
        readers.push(reader)
        come(reader, from)
        // Not more at once than a listening socket keeps waiting.
        if (from % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 50))
      }
      const until = Date.now() + timeoutMs
      while (readers.some(({ cursor }) => cursor === undefined)) {
        if (Date.now() > until) throw new Error(`not every reader had its snapshot in time ${[...refused].join('; ')}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    pause(some, ms) {
      const step = Math.max(1, Math.floor(readers.length / some))
      for (let index = 0; index < readers.length; index += step) {
        const reader = readers[index] as CrowdReader
        reader.awayUntil = Date.now() + ms
        reader.socket?.destroy()
      }
    },
    report() {
      const told = late
      late = []
      const connected = readers.filter(({ socket }) => socket?.readyState === 'open').length
      const [slowest, newest] = [Math.min(...cursors()), Math.max(...cursors())]
      return { readers: readers.length, connected, delivered, skipped, doubled, gaps, ended, resumed, slowest, newest, late: told, ends }
    },
    close() {
      closed = true
      for (const { socket } of readers) socket?.destroy()
    },
  }
}
