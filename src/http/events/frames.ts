import type { StreamEvent } from '../../core/events/event-log.js'
import type { StreamMessage, StreamShape } from './shape.js'

/** A place in the stream, as readers give it back: `<epoch>.<cursor>`. */
export interface Position {
  readonly epoch: string
  readonly cursor: number
}

export const positionText = ({ epoch, cursor }: Position): string => `${epoch}.${cursor}`

/** Undefined: not a place in any stream of ours. */
export function readPosition(text: string): Position | undefined {
  const match = /^([^.\r\n]{1,100})\.(\d{1,15})$/.exec(text)
  return match === null ? undefined : { epoch: match[1] ?? '', cursor: Number(match[2]) }
}

/** JSON has no line breaks, so that one `data` line holds it. */
export function frame({ event, data }: StreamMessage, id?: string): string {
  const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  return id === undefined ? text : `id: ${id}\n${text}`
}

/** Keeps the connection alive; the id without data moves the reader's place on without telling it anything. */
export const heartbeat = (position?: Position): Buffer =>
  Buffer.from(position === undefined ? ': heart-beat\n\n' : `: heart-beat\nid: ${positionText(position)}\n\n`)

/** Frames events of one shape, each once however many readers and groups there are. '' for an event that the shape does not tell. */
export function createFramer(shape: StreamShape): (epoch: string, event: StreamEvent) => string {
  const framed = new WeakMap<StreamEvent, string>()
  return (epoch, event) => {
    const known = framed.get(event)
    if (known !== undefined) return known
    const message = shape.tell(event)
    const text = message === undefined ? '' : frame(message, positionText({ epoch, cursor: event.cursor }))
    framed.set(event, text)
    return text
  }
}
