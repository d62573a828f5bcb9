import { parse } from 'csv-parse/sync'
import { afterEach, describe, expect, it } from 'vitest'
import type { components } from '../../src/generated/gateway.js'
import { SECRETS, type Answer } from '../support/api.js'
import { startCxone, type CxoneGateway } from '../support/cxone.js'
import { accept } from '../support/drafts.js'

type Refusal = components['schemas']['Refusal']

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const DOWNLOAD = 'POST /report-jobs/datadownload/{reportId}'
/** The report has minutes only. */
const wholeMinute = (at: number): number => Math.floor(at / MINUTE) * MINUTE
const iso = (at: number): string => new Date(at).toISOString()

const open: CxoneGateway[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.stop()
})
async function cxone(...given: Parameters<typeof startCxone>): Promise<CxoneGateway> {
  const gateway = await startCxone(...given)
  open.push(gateway)
  return gateway
}

function ask({ api }: CxoneGateway, from: number | string, to: number | string, accepted = 'application/json'): Promise<Answer> {
  const query = new URLSearchParams({ from: typeof from === 'number' ? iso(from) : from, to: typeof to === 'number' ? iso(to) : to })
  return api.call('GET', `/v1/platforms/cxone/refusals?${query.toString()}`, { key: SECRETS.reader, headers: { accept: accepted } })
}
async function rowsOf(gateway: CxoneGateway, from: number, to: number): Promise<Refusal[]> {
  const answer = await ask(gateway, from, to)
  expect(answer.status).toBe(200)
  return (answer.body as unknown as { refusals: Refusal[] }).refusals
}
const lastDay = (gateway: CxoneGateway): Promise<Refusal[]> => rowsOf(gateway, Date.now() - DAY, Date.now() + HOUR)

/** The causes of the vendor's page for this report, in its order, and ours. */
const CAUSES = {
  'Bad Number': 'BAD_NUMBER',
  Busy: 'BUSY',
  ContactAlreadyRouted: 'ALREADY_ROUTED',
  Error: 'NETWORK_ERROR',
  'Invalid Call Leg': 'INVALID_CALL_LEG',
  NoAnswer: 'NO_ANSWER',
  LinkFailed: 'LINK_FAILED',
  Dropped: 'DROPPED',
  AgentLinkTimeout: 'AGENT_LINK_TIMEOUT',
  NA: 'NOT_APPLICABLE',
  '0': 'UNSPECIFIED',
}

describe('rows', () => {
  it('of all eleven causes come normalized, with the text of the platform', async () => {
    const gateway = await cxone()
    const at = wholeMinute(Date.now() - 2 * HOUR)
    for (const [index, cause] of Object.keys(CAUSES).entries())
      gateway.sim.simulator.event('refusal-row', { agentId: 1001 + index, contactId: 42 + index, cause, at: at + index * MINUTE })
    const rows = await lastDay(gateway)
    expect(Object.fromEntries(rows.map((row) => [row.rawCause, row.cause]))).toEqual(CAUSES)
    expect(rows.map((row) => row.at)).toEqual(rows.map((_row, index) => iso(at + index * MINUTE)))
    expect(rows.map((row) => row.agentId)).toEqual(rows.map((_row, index) => String(1001 + index)))
    expect(rows[0]).toMatchObject({ contactId: '42', agentName: 'Ada Archer', occurrences: 1 })
    expect(rows.every((row) => row.flaw === undefined)).toBe(true)
  })

  it('with an unknown cause are OTHER, spelling variants are recognized, and the raw text stays', async () => {
    const gateway = await cxone()
    const at = wholeMinute(Date.now() - HOUR)
    for (const [index, cause] of ['Sun Spots', 'no_answer', 'BADNUMBER'].entries())
      gateway.sim.simulator.event('refusal-row', { agentId: 1001, contactId: index, cause, at: at + index * MINUTE })
    expect((await lastDay(gateway)).map((row) => [row.rawCause, row.cause])).toEqual([
      ['Sun Spots', 'OTHER'],
      ['no_answer', 'NO_ANSWER'],
      ['BADNUMBER', 'BAD_NUMBER'],
    ])
  })

  it('that are malformed are kept and flagged, and their neighbours stay whole', async () => {
    const gateway = await cxone()
    const at = Date.now() - HOUR
    const good = (contactId: number): void => {
      gateway.sim.simulator.event('refusal-row', { agentId: 1001, contactId, cause: 'Busy', at })
    }
    good(1)
    for (const line of [
      '4711,1002,"Ada "Red Archer,7001,NoAnswer,13/45/2026 99:99',
      'half,a,row',
      '5,1003,"never closed,7001,Busy,01/01/2026 00:00',
    ])
      gateway.sim.simulator.event('refusal-row', { line, at })
    good(2)
    const rows = await lastDay(gateway)
    expect(rows).toHaveLength(5)
    expect(rows.filter((row) => row.flaw === undefined).map((row) => row.contactId)).toEqual(['1', '2'])
    const flaws = rows.flatMap((row) => row.flaw ?? [])
    expect(flaws).toHaveLength(3)
    expect(flaws.every((flaw) => flaw.length > 5)).toBe(true)
  })

  it('that are there twice come once, counted', async () => {
    const gateway = await cxone()
    const row = { agentId: 1001, contactId: 7, cause: 'NoAnswer', at: Date.now() - HOUR }
    for (const each of [row, { ...row, contactId: 8 }, row, row]) gateway.sim.simulator.event('refusal-row', each)
    expect((await lastDay(gateway)).map((each) => [each.contactId, each.occurrences])).toEqual([
      ['7', 3],
      ['8', 1],
    ])
  })

  it.each([
    ['inline', {}, {}],
    ['saved', { form: 'saved' }, { fileLagMs: '800' }],
    ['inline with expanded columns', { reportId: '350101' }, {}],
  ])('come in the form %s', async (_form, more, simulated) => {
    const refusals = { reportId: '350100', timeZone: 'America/New_York', ...more }
    const gateway = await cxone({ refusals }, { refusalRows: '400', refusalDays: '1', ...simulated })
    const rows = await rowsOf(gateway, Date.now() - 2 * DAY, Date.now() + HOUR)
    expect(rows.reduce((sum, row) => sum + row.occurrences, 0)).toBe(400)
    expect(rows.map((row) => row.at)).toEqual(rows.map((row) => row.at).toSorted())
  })
})

describe('times', () => {
  it.each(['earlier', 'later'] as const)('across both clock changes are the documented instants; doubled hour: %s', async (doubledHour) => {
    const gateway = await cxone({ refusals: { reportId: '350100', timeZone: 'America/New_York', doubledHour } })
    const changes = (gateway.sim.simulator.event('refusals-dst', {}) as string[]).map((text) => Date.parse(text))
    expect(changes).toHaveLength(2)
    for (const change of changes) {
      const rows = await rowsOf(gateway, change - 4 * HOUR, change + 4 * HOUR)
      expect(rows).toHaveLength(24)
      const autumn = new Date(change).getUTCMonth() > 6
      const expected = rows.map((row) => {
        const truth = change - 3 * HOUR + (Number(row.contactId) - 700_000_000_000) * 15 * MINUTE
        // In autumn the texts of the hour before the change and of the hour after it are the same: one of the two is read.
        if (autumn && doubledHour === 'earlier' && truth >= change && truth < change + HOUR) return truth - HOUR
        if (autumn && doubledHour === 'later' && truth < change && truth >= change - HOUR) return truth + HOUR
        return truth
      })
      expect(rows.map((row) => row.at)).toEqual(expected.map(iso))
      expect(rows.every((row) => row.flaw === undefined)).toBe(true)
    }
  })

  it('in the missing hour of spring are read with the offset before the change, and flagged', async () => {
    const gateway = await cxone()
    const changes = (gateway.sim.simulator.event('refusals-dst', {}) as string[]).map((text) => Date.parse(text))
    gateway.sim.simulator.event('refusals-clear', {})
    const spring = changes.find((change) => new Date(change).getUTCMonth() < 6)!
    const day = iso(spring)
    // 02:30 was shown by no clock; half an hour after the change clocks showed 03:30.
    const time = `${day.slice(5, 7)}/${day.slice(8, 10)}/${day.slice(0, 4)} 02:30`
    gateway.sim.simulator.event('refusal-row', { line: `1,1001,Ada Archer,7001,Busy,${time}`, at: spring - MINUTE })
    const rows = await rowsOf(gateway, spring - 2 * HOUR, spring + 2 * HOUR)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ at: iso(spring + HOUR / 2), rawTime: time, flaw: expect.stringContaining('leaves out') })
  })

  it('of more than 30 days are asked in parts of 30 days at most, and every row comes once', async () => {
    const gateway = await cxone()
    const to = wholeMinute(Date.now())
    const from = to - 80 * DAY
    gateway.sim.simulator.event('refusals', { rows: 1000, from, to })
    const rows = await rowsOf(gateway, from, to)
    expect(rows).toHaveLength(1000)
    expect(rows.every((row) => row.occurrences === 1)).toBe(true)
    expect(rows.map((row) => row.at)).toEqual(rows.map((row) => row.at).toSorted())
    const asked = gateway.sim.journal.list({ operation: DOWNLOAD })
    expect(asked.length).toBeGreaterThanOrEqual(4)
    for (const { detail, effect } of asked) {
      const { startDate, endDate, saveAsFile, includeHeaders } = detail?.['input'] as Record<string, string>
      expect(startDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
      expect(Date.parse(`${endDate}Z`) - Date.parse(`${startDate}Z`)).toBeLessThanOrEqual(30 * DAY)
      expect({ saveAsFile, includeHeaders, effect, inputIn: detail?.['inputIn'] }).toEqual({
        saveAsFile: 'false',
        includeHeaders: 'true',
        effect: 'read',
        inputIn: 'query',
      })
    }
  })

  it.each([
    ['after to', () => [Date.now(), Date.now() - HOUR]],
    ['no instant', () => ['yesterday', Date.now()]],
    ['without offset', () => ['2026-01-01T00:00:00', Date.now()]],
    ['longer than a year', () => [Date.now() - 500 * DAY, Date.now()]],
    ['older than the platform keeps', () => [Date.now() - 800 * DAY, Date.now() - 790 * DAY]],
  ] as const)('from %s are 400, and nothing is asked', async (_what, span) => {
    const gateway = await cxone()
    const [from = 0, to = 0] = span()
    const answer = await ask(gateway, from, to)
    expect(answer.body).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect(gateway.sim.journal.list({ operation: DOWNLOAD })).toEqual([])
  })
})

describe('media types', () => {
  it('CSV has the rows of JSON, and no formulas', async () => {
    const gateway = await cxone({}, { refusalRows: '60', refusalMalformedEvery: '13' })
    gateway.sim.simulator.event('refusal-row', { line: '1,1001,=cmd(1),7001,Busy,', at: Date.now() - HOUR })
    const from = Date.now() - 2 * DAY
    const to = Date.now() + HOUR
    const json = await rowsOf(gateway, from, to)
    const answer = await ask(gateway, from, to, 'text/csv')
    expect(answer.headers.get('content-type')).toContain('text/csv')
    const csv = parse<Record<string, string>>(answer.text, { columns: true })
    expect(csv.map((row) => row['rawCause'])).toEqual(json.map((row) => row.rawCause))
    expect(csv.map((row) => row['at'])).toEqual(json.map((row) => row.at ?? ''))
    expect(csv.map((row) => row['flaw'])).toEqual(json.map((row) => row.flaw ?? ''))
    expect(csv.map((row) => row['agentName']).filter((name) => name?.startsWith('='))).toEqual([])
  })

  it('JSON lines tell progress in percent and rows, and that they are complete', async () => {
    const gateway = await cxone({}, { refusalRows: '20000' })
    const answer = await ask(gateway, Date.now() - 2 * DAY, Date.now() + HOUR, 'application/x-ndjson')
    const lines = answer.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { progress?: { percent: number; rows: number }; refusal?: Refusal; done?: boolean })
    expect(lines.filter((line) => line.refusal !== undefined)).toHaveLength(20_000)
    const progress = lines.flatMap((line) => line.progress ?? [])
    expect(progress.map(({ percent }) => percent)).toEqual(progress.map(({ percent }) => percent).toSorted((a, b) => a - b))
    expect(progress.at(-1)).toEqual({ percent: 100, rows: 20_000 })
    expect(lines.at(-1)).toEqual({ done: true })
  })
})

describe('correlation', () => {
  it('names the READY of 4 s before, with who asked for it', async () => {
    const gateway = await cxone()
    const at = wholeMinute(Date.now() - HOUR)
    const command = await accept(gateway.engine.log, { id: crypto.randomUUID(), platform: 'cxone', agentId: '1001', acceptedAt: at - 4000 })
    const old = { id: crypto.randomUUID(), platform: 'cxone', agentId: '1002', acceptedAt: at - 61_000 }
    await accept(gateway.engine.log, old)
    for (const agentId of [1001, 1002]) gateway.sim.simulator.event('refusal-row', { agentId, contactId: agentId, cause: 'NoAnswer', at })
    const [first, second] = await lastDay(gateway)
    expect(first).toMatchObject({
      agentId: '1001',
      cause: 'NO_ANSWER',
      precededByCommand: command.id,
      precededByAction: 'READY',
      precededBySeconds: 4,
      precededByPrincipal: 'test',
    })
    expect(second?.agentId).toBe('1002')
    expect(second).not.toHaveProperty('precededByCommand')
  })

  it('finds the READY of the same minute too, though the report has no seconds', async () => {
    const gateway = await cxone()
    const ready = await gateway.ask(1001, { action: 'READY' })
    expect(ready.body).toMatchObject({ status: 'confirmed' })
    gateway.sim.simulator.event('contact-refused', { agentId: '1001', cause: 'NoAnswer' })
    const [row] = await lastDay(gateway)
    expect(row).toMatchObject({
      agentId: '1001',
      precededByCommand: ready.body['id'],
      precededByAction: 'READY',
      precededByPrincipal: 'crm',
    })
    const sameMinute = wholeMinute(Date.parse(String(ready.body['acceptedAt']))) === Date.parse(row?.at ?? '')
    expect(row?.precededBySeconds === undefined).toBe(sameMinute)
  })
})

describe('what cannot be', () => {
  const around = (gateway: CxoneGateway): Promise<Answer> => ask(gateway, Date.now() - DAY, Date.now())

  it('a platform without a report is 422 and says so in its manifest', async () => {
    const gateway = await cxone({ refusals: undefined })
    expect((await around(gateway)).body).toMatchObject({ status: 422, code: 'UNSUPPORTED' })
    expect((await gateway.api.call('GET', '/v1/platforms/cxone')).body).toMatchObject({ refusals: false })
  })

  it('a report id of another report feeds nothing', async () => {
    const gateway = await cxone({ refusals: { reportId: '500', timeZone: 'America/New_York' } }, { refusalRows: '10' })
    expect((await around(gateway)).body).toMatchObject({ status: 502, vendorMessage: 'Report 500 does not exist' })
  })

  it.each([
    ['an error inside a 200', { kind: 'report-error', body: 'The execution of the report failed' }, 502, 'VENDOR_REJECTED'],
    ['a missing permission', { kind: 'forbidden' }, 502, 'VENDOR_FORBIDDEN'],
  ])('%s is a problem, never an empty list', async (_what, fault, status, code) => {
    const gateway = await cxone({}, { refusalRows: '10' })
    gateway.sim.faults.add({ ...fault, operation: DOWNLOAD })
    expect((await around(gateway)).body).toMatchObject({ status, code })
  })

  it('a file on a foreign host is not fetched', async () => {
    const refusals = { reportId: '350100', timeZone: 'America/New_York', form: 'saved' }
    const gateway = await cxone({ refusals }, { refusalRows: '10', fileBaseUrl: 'https://files.example.com' })
    expect((await around(gateway)).body).toMatchObject({ status: 502, code: 'VENDOR_PROTOCOL' })
    expect(gateway.sim.journal.list({ operation: 'GET /files' })).toEqual([])
  })

  it('no rows, by header or by 204, is an empty list', async () => {
    for (const emptyReport of ['header', '204']) {
      const gateway = await cxone({}, { emptyReport })
      expect((await around(gateway)).body).toEqual({ refusals: [] })
    }
  })

  it.each(['crm', 'mine'] as const)('a key without reports:read (%s) sees none of the rows', async (who) => {
    const gateway = await cxone({}, { refusalRows: '10' })
    const query = new URLSearchParams({ from: iso(Date.now() - DAY), to: iso(Date.now()) })
    const answer = await gateway.api.call('GET', `/v1/platforms/cxone/refusals?${query.toString()}`, { key: SECRETS[who] })
    expect(answer.body).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  })
})
