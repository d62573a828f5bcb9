import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import type { Prepared } from '../benchmarks/shared.js'
import { serve } from '../lab/child.js'
import { inFlight, signal, within } from '../lab/pool.js'

export interface DrainResult extends Prepared {
  /** From the instant at which all were due to the last one done. */
  readonly seconds: number
  readonly settled: number
}

/** The baseline of P8: a BullMQ worker, 50 at once, over delayed jobs that are due at one instant; each result goes to Redis. */
async function drain(spec: { redisUrl: string; commands: number; leadMs: number }): Promise<DrainResult> {
  const producer = new Redis(spec.redisUrl, { maxRetriesPerRequest: null })
  const consumer = new Redis(spec.redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue<{ agent: number }>('drain', { connection: producer })
  const began = Date.now()
  const due = began + spec.leadMs
  await inFlight(50, spec.commands, (agent) =>
    queue.add('retry', { agent }, { delay: Math.max(0, due - Date.now()), attempts: 5, removeOnComplete: true }),
  )
  const preparedMs = Date.now() - began
  const inTime = preparedMs < spec.leadMs - 100
  const close = async (): Promise<void> => {
    await queue.close()
    producer.disconnect()
    consumer.disconnect()
  }
  if (!inTime) {
    await close()
    return { seconds: 0, settled: 0, inTime, preparedMs }
  }
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
  await close()
  return { seconds, settled, inTime, preparedMs }
}

function vendorAnswer(agent: number): Promise<{ agent: number; state: string }> {
  return Promise.resolve({ agent, state: 'READY' })
}

const api = { drain }

export type DrainBullmqApi = typeof api
serve(api)
