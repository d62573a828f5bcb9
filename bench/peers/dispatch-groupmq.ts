import { Queue, Worker } from 'groupmq'
import { Redis } from 'ioredis'
import { serve } from '../lab/child.js'
import { inFlight, signal } from '../lab/pool.js'
import { cpuUsSince, createVendorRecord, type DispatchResult, type DispatchSpec } from '../lab/vendor-record.js'

/** The other baseline of P7: groupmq, the one queue on npm with order per group; 200 at once. */
async function dispatch({ redisUrl, ...spec }: DispatchSpec & { redisUrl: string }): Promise<DispatchResult> {
  const total = spec.agents * spec.perAgent
  const vendor = createVendorRecord(spec)
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue<{ agent: number; sequence: number }>({ redis, namespace: 'dispatch', maxAttempts: 5 })
  const worker = new Worker<{ agent: number; sequence: number }>({
    queue,
    concurrency: 200,
    backoff: () => spec.backoffMs,
    handler: (job) => vendor.call(job.data.agent, job.data.sequence),
  })
  const done = signal()
  let settled = 0
  let open = true
  worker.on('completed', () => {
    settled += 1
    if (settled === total) done.resolve()
  })
  worker.on('error', () => undefined)
  const began = performance.now()
  const cpu = process.cpuUsage()
  const late = setTimeout(done.resolve, spec.atMostMs)
  void worker.run()
  const produced = inFlight(spec.producers, total, async (index) => {
    const agent = index % spec.agents
    if (open) await queue.add({ groupId: `a${agent}`, data: { agent, sequence: Math.floor(index / spec.agents) } })
  })
  await done.done
  const result = { seconds: (performance.now() - began) / 1000, cpuUs: cpuUsSince(cpu), settled, ...vendor.result() }
  clearTimeout(late)
  open = false
  await produced
  await worker.close(1000)
  await queue.close()
  redis.disconnect()
  return result
}

const api = { dispatch }

export type DispatchGroupmqApi = typeof api
serve(api)
