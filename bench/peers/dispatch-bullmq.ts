import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { serve } from '../lab/child.js'
import { inFlight, signal } from '../lab/pool.js'
import { cpuUsSince, createVendorRecord, type DispatchResult, type DispatchSpec } from '../lab/vendor-record.js'

/** The baseline of P6 and P7: one BullMQ job per command, 200 at once, no order. */
async function dispatch({ redisUrl, ...spec }: DispatchSpec & { redisUrl: string }): Promise<DispatchResult> {
  const total = spec.agents * spec.perAgent
  const vendor = createVendorRecord(spec)
  const producer = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const consumer = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue<{ agent: number; sequence: number }>('dispatch', { connection: producer })
  const worker = new Worker<{ agent: number; sequence: number }>('dispatch', (job) => vendor.call(job.data.agent, job.data.sequence), {
    connection: consumer,
    concurrency: 200,
  })
  const done = signal()
  let settled = 0
  worker.on('completed', () => {
    settled += 1
    if (settled === total) done.resolve()
  })
  worker.on('error', () => undefined)
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
  const began = performance.now()
  const cpu = process.cpuUsage()
  const late = setTimeout(done.resolve, spec.atMostMs)
  await inFlight(spec.producers, total, (index) =>
    queue.add(
      'command',
      { agent: index % spec.agents, sequence: Math.floor(index / spec.agents) },
      { attempts: 5, backoff: { type: 'fixed', delay: spec.backoffMs }, removeOnComplete: true, stackTraceLimit: 0 },
    ),
  )
  await done.done
  const spent = { seconds: (performance.now() - began) / 1000, cpuUs: cpuUsSince(cpu) }
  clearTimeout(late)
  await worker.close()
  await queue.close()
  producer.disconnect()
  consumer.disconnect()
  return { ...spent, settled, ...vendor.result() }
}

const api = { dispatch }

export type DispatchBullmqApi = typeof api
serve(api)
