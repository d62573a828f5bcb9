import { describe, expect, it } from 'vitest'
import { createLead } from '../../../bench/benchmarks/shared.js'
import { createReader, type HttpMessage } from '../../../bench/lab/http-reader.js'
import { dataBytesOf } from '../../../bench/lab/lab.js'
import { inFlight } from '../../../bench/lab/pool.js'
import { createRequests, quotaOf, type RequestPlan } from '../../../bench/lab/requests.js'
import { createVendorRecord, failsFirst, VendorBusy, type DispatchSpec } from '../../../bench/lab/vendor-record.js'
import { coresOf } from '../../../bench/machine.js'

const SPEC: DispatchSpec = { agents: 2, perAgent: 3, vendorMs: 0, failing: 0, producers: 1, backoffMs: 1, atMostMs: 1000 }

describe("the vendor's record", () => {
  it('finds nothing in commands that came in order, however the agents are mixed', async () => {
    const vendor = createVendorRecord(SPEC)
    for (const [agent, sequence] of [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      await vendor.call(agent, sequence)
    expect(vendor.result()).toEqual({ violations: 0, repeated: 0, missing: 0 })
  })
  it('counts two violations when the first command comes last, and what is missing and repeated', async () => {
    const vendor = createVendorRecord(SPEC)
    for (const sequence of [1, 2, 0, 0]) await vendor.call(0, sequence)
    await vendor.call(1, 0)
    expect(vendor.result()).toEqual({ violations: 2, repeated: 1, missing: 2 })
  })
  it('fails first attempts only', async () => {
    const vendor = createVendorRecord({ ...SPEC, failing: 1 })
    await expect(vendor.call(0, 0)).rejects.toThrow(VendorBusy)
    await expect(vendor.call(0, 0)).resolves.toBeUndefined()
  })
  it('fails the share that was asked for', () => {
    const failing = Array.from({ length: 10_000 }, (_, index) => failsFirst(index, 0.1)).filter(Boolean).length
    expect(failing).toBeGreaterThan(900)
    expect(failing).toBeLessThan(1100)
    expect(failsFirst(7, 0)).toBe(false)
  })
})

describe('the requests of a load', () => {
  const plan: RequestPlan = { stream: 's', to: 'command', actions: 'toggle', agents: 4, prefix: 'a', key: 'k', prefer: 'respond-async' }
  const shown = (next: () => string) => {
    const text = next()
    return `${/agents\/(\w+)\//.exec(text)?.[1]} ${/"action":"(\w+)"/.exec(text)?.[1]} ${/"channel":"(\w+)"/.exec(text)?.[1] ?? '-'}`
  }
  it('belong to one connection each, in turns, so that no command finds its agent there already', () => {
    const first = createRequests(plan, 0, 2)
    const second = createRequests(plan, 1, 2)
    expect([1, 2, 3, 4].map(() => shown(first))).toEqual(['a0 READY -', 'a2 READY -', 'a0 NOT_READY -', 'a2 NOT_READY -'])
    expect([1, 2, 3].map(() => shown(second))).toEqual(['a1 READY -', 'a3 READY -', 'a1 NOT_READY -'])
  })
  it('name another channel in every turn', () => {
    const next = createRequests({ ...plan, actions: 'channels', agents: 1 }, 0, 1)
    expect([shown(next), shown(next)]).toEqual(['a0 READY c0', 'a0 READY c1'])
  })
  it('have a key, a preference and an idempotency key that never comes twice', () => {
    const requests = [createRequests(plan, 0, 2), createRequests(plan, 1, 2)].flatMap((next) => [next(), next(), next()])
    for (const text of requests) expect(text).toMatch(/Authorization: Bearer k\r\nPrefer: respond-async\r\nIdempotency-Key: s-/)
    expect(new Set(requests.map((text) => /Idempotency-Key: (.*)\r/.exec(text)?.[1])).size).toBe(requests.length)
  })
  it('say how long their body is', () => {
    const [head = '', body = ''] = createRequests(plan, 0, 1)().split('\r\n\r\n')
    expect(head).toContain(`Content-Length: ${body.length}`)
  })
  it('are dealt out evenly, or not at all', () => {
    expect(() => createRequests({ ...plan, agents: 3 }, 0, 2)).toThrow('evenly')
    expect(() => createRequests({ ...plan, agents: 1 }, 0, 2)).toThrow('evenly')
    expect([0, 1, 2].map((connection) => quotaOf(8, connection, 3))).toEqual([3, 3, 2])
    expect(quotaOf(Infinity, 1, 2)).toBe(Infinity)
  })
})

describe('reading HTTP', () => {
  const STREAM = [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n',
  ].join('')
  it.each([1, 2, 7, 1000])('cuts the stream into its messages, in chunks of %d', (size) => {
    const messages: HttpMessage[] = []
    const read = createReader((message) => messages.push(message))
    for (let at = 0; at < STREAM.length; at += size) read(Buffer.from(STREAM.slice(at, at + size)))
    expect(messages.map(({ start, body }) => [start.slice(9, 12), body])).toEqual([
      ['200', 'ok'],
      ['204', ''],
      ['200', '3\r\nabc\r\n0\r\n\r\n'],
      ['503', ''],
    ])
  })
})

it('does as much at once as it may, all of it, in order', async () => {
  let now = 0
  let most = 0
  const begun: number[] = []
  await inFlight(3, 10, async (index) => {
    begun.push(index)
    now += 1
    most = Math.max(most, now)
    await new Promise((resolve) => setImmediate(resolve))
    now -= 1
  })
  expect(most).toBe(3)
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  await expect(inFlight(2, 3, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
})

describe('the lead', () => {
  it('grows until the preparation is done in time, and shrinks to what it takes', async () => {
    const leads: number[] = []
    const lead = createLead(0.1)
    const run = (leadMs: number) => {
      leads.push(leadMs)
      return Promise.resolve({ inTime: leadMs > 3000, preparedMs: 2000 })
    }
    await lead.run(1000, run)
    await lead.run(1000, run)
    expect(leads).toEqual([1140, 3800, 3800])
    await expect(createLead(1).run(10, () => Promise.resolve({ inTime: false, preparedMs: 1 }))).rejects.toThrow('in time')
  })
})

it('reads lists of cores', () => {
  expect(coresOf(' 0,1\n')).toEqual([0, 1])
  expect(coresOf('0-2,5')).toEqual([0, 1, 2, 5])
  expect(coresOf('')).toEqual([])
})

it("takes the buffers of clients and of the append-only file out of Redis' memory", () => {
  expect(dataBytesOf('used_memory:1000\r\nused_memory_peak:9\r\nmem_clients_normal:100\r\nmem_aof_buffer:8\r\n')).toBe(892)
})
