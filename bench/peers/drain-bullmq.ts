import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { serve } from '../lab/child.js'
import { inFlight, signal, within } from '../lab/pool.js'

export interface DrainResult {
  /** From the instant at which all were due to the last one done. */
  readonly seconds: number
  readonly settled: number
  /** Whether everything was waiting when the instant came; otherwise the figure means nothing. */
  readonly inTime: boolean
}

/** The baseline of P8: a BullMQ worker, 50 at once, over delayed jobs that are due at one instant; each result goes to Redis. */
async function drain(spec: { redisUrl: string; commands: number; leadMs: number }): Promise<DrainResult> {
  const producer = new Redis(spec.redisUrl, { maxRetriesPerRequest: null })
  const consumer = new Redis(spec.redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue<{ agent: number }>('drain', { connection: producer })
  const due = Date.now() + spec.leadMs
  await inFlight(50, spec.commands, (agent) =>
    queue.add('retry', { agent }, { delay: Math.max(0, due - Date.now()), attempts: 5, removeOnComplete: true }),
  )
  const inTime = Date.now() < due - 100
  const done = signal()
  let settled = 0
  const worker = new Worker<{ agent: number }>(
    'drain',
    async ({ data: { agent } }) => {
      const answer = await vendorAnswer(agent)
      await producer.set(`result:${agent}`, JSON.stringify({ ...answer, status: 'confirmed', settledAt: Date.now() }))
    },
    { connection: consumer, concurrency: 50 },
  )
  worker.on('error', () => undefined)
  worker.on('completed', () => {
    settled += 1
    if (settled === spec.commands) done.resolve()
  })
  await within(spec.leadMs + 60_000, done.done, () => `BullMQ drained only ${settled} of ${spec.commands}`)
  const seconds = (Date.now() - due) / 1000
  await worker.close()
  await queue.close()
  producer.disconnect()
  consumer.disconnect()
  return { seconds, settled, inTime }
}

function vendorAnswer(agent: number): Promise<{ agent: number; state: string }> {
  return Promise.resolve({ agent, state: 'READY' })
}

const api = { drain }

export type DrainBullmqApi = typeof api
serve(api)
