import { fieldsOf, textOf } from './presence.js'

/** One task of the agent, as far as a preview needs it. */
export interface TaskFacts {
  readonly conversationId?: string
  readonly mrdIds: readonly string[]
  /** How the agent came to it (shared object model, `TaskTypeDirection`): INBOUND, CONSULT, DIRECT_CONFERENCE … */
  readonly direction?: string
  readonly queue?: string
  readonly offered: boolean
}

/** An entry of `GET /routing-engine/tasks` in its newer (activeMedia) or older (mrd, channelSession) form; closed tasks are none. */
export function parseTask(value: unknown): TaskFacts | undefined {
  const task = fieldsOf(value)
  if (task === undefined) return undefined
  const state = textOf(fieldsOf(task['state'])?.['name']) ?? textOf(task['state'])
  if (state === 'CLOSED') return undefined
  const media = (Array.isArray(task['activeMedia']) ? task['activeMedia'] : []).map(fieldsOf).filter((each) => each !== undefined)
  const conversationId = textOf(task['conversationId']) ?? textOf(fieldsOf(task['channelSession'])?.['conversationId'])
  const mrdIds = [...media.map((each) => textOf(each['mrdId'])), textOf(fieldsOf(task['mrd'])?.['id']), textOf(task['mrdId'])]
  const first = (read: (each: Readonly<Record<string, unknown>>) => string | undefined): string | undefined =>
    [task, ...media].map(read).find((each) => each !== undefined)
  const direction = first((each) => textOf(fieldsOf(each['type'])?.['direction']))
  const queue = first((each) => textOf(fieldsOf(each['queue'])?.['name']))
  const mediaStates = media.map((each) => textOf(each['state']))
  return {
    ...(conversationId !== undefined && { conversationId }),
    mrdIds: [...new Set(mrdIds.filter((id) => id !== undefined))],
    ...(direction !== undefined && { direction }),
    ...(queue !== undefined && { queue }),
    offered: state === 'RESERVED' || (mediaStates.length > 0 && mediaStates.every((each) => each === 'RESERVED')),
  }
}
