import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cxone } from '../../src/adapters/cxone/index.js'
import { cxoneOptions } from '../../src/adapters/cxone/options.js'
import { systemClock } from '../../src/core/clock.js'

const ROWS = 200_000
const FROM = Date.parse('2026-06-01T00:00:00Z')
const DAY = 86_400_000
const CAUSES = ['NoAnswer', 'Busy', 'LinkFailed', 'Invalid Call Leg', 'Dropped']
const logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A line of the file; every thousandth stands twice, every ten-thousandth is broken. The days go by backwards: no order is promised. */
function line(index: number): string {
  const minute = (ROWS - index) % (20 * 1440)
  const at = new Date(FROM + DAY + minute * 60_000).toISOString()
  const time = `${at.slice(5, 7)}/${at.slice(8, 10)}/${at.slice(0, 4)} ${at.slice(11, 16)}`
  if (index % 10_000 === 7) return `${9_000_000_000 + index},1001,"Broken ${index},7001,Busy,${time}\r\n`
  const text = `${9_000_000_000 + index},${1000 + (index % 900)},"Archer, Ada ${index % 900}",${7000 + (index % 50)},${CAUSES[index % CAUSES.length]},${time}\r\n`
  return index % 1000 === 5 ? text + text : text
}

let server: Server
let base = ''

/** A vendor that knows one report and makes it while it sends it, so that only the reader's memory is measured. */
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/auth/token') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ access_token: 't', expires_in: 3600 }))
      return
    }
    const ended = new AbortController()
    response.once('close', () => ended.abort())
    const send = async (): Promise<void> => {
      response.setHeader('content-type', 'application/json')
      response.write('{"errorMessage":"","fileName":"x.csv","file":"')
      let text = 'Contact_ID,Agent_No,FullName,Station_ID,Reason,Refuse_Time\r\n'
      for (let index = 0; index < ROWS && !response.destroyed; index += 1) {
        text += line(index)
        if (text.length < 48_000) continue
        const whole = text.length - (text.length % 3)
        if (!response.write(Buffer.from(text.slice(0, whole)).toString('base64')))
          await once(response, 'drain', { signal: ended.signal }).catch(() => undefined)
        text = text.slice(whole)
      }
      response.end(`${Buffer.from(text).toString('base64')}","URI":""}`)
    }
    void send()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it('200,000 rows in one window add less than 150 MB, and none is lost', async () => {
  const options = cxoneOptions.parse({
    issuer: base,
    hosts: { api: base },
    auth: { accessKeyId: 'a', accessKeySecret: 'b', clientId: 'c', clientSecret: 'd' },
    feed: { enabled: false },
    refusals: { reportId: 1, timeZone: 'UTC' },
  })
  const adapter = cxone.create({ platform: 'cx', log: logger, clock: systemClock, options: options })
  const before = process.memoryUsage()
  let peak = 0
  const sample = (): void => {
    const now = process.memoryUsage()
    peak = Math.max(peak, now.rss - before.rss)
  }
  const sampler = setInterval(sample, 20)
  const progress: number[] = []
  let rows = 0
  let occurrences = 0
  let flawed = 0
  let last = 0
  try {
    const query = {
      from: FROM,
      to: FROM + 25 * DAY,
      signal: AbortSignal.timeout(120_000),
      onProgress: ({ percent }: { percent: number }) => void progress.push(percent),
    }
    for await (const row of adapter.refusals!(query)) {
      rows += 1
      occurrences += row.occurrences
      if (row.flaw !== undefined) flawed += 1
      if (row.at !== undefined) {
        if (row.at < last) throw new Error('not in the order of time')
        last = row.at
      }
      if (rows % 5000 === 0) sample()
    }
  } finally {
    clearInterval(sampler)
    await adapter.stop()
  }
  expect({ rows, occurrences, flawed }).toEqual({ rows: ROWS, occurrences: ROWS + ROWS / 1000, flawed: ROWS / 10_000 })
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  expect(progress.at(-1)).toBe(100)
  expect(progress.length).toBeGreaterThan(10)
  const addedMb = peak / 1024 / 1024
  expect(addedMb).toBeLessThan(150)
}, 120_000)
