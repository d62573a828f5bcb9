import { parse } from 'csv-parse/sync'
import { afterEach, describe, expect, it } from 'vitest'
import { REFUSAL_CAUSES } from '../../../src/simulators/cxone/codes.js'
import { fetchAnswer, startTenant, type Answer, type Tenant } from './client.js'

let tenant: Tenant
afterEach(() => tenant.stop())

const HEADER = 'Contact_ID,Agent_No,FullName,Station_ID,Reason,Refuse_Time'
const ISO = (at: number) => new Date(at).toISOString().slice(0, 19)
const DAY = 86_400_000
const today = () => Math.floor(Date.now() / DAY) * DAY
/** Two days back to two days ahead, wide enough for any zone. */
const wide = () => ({ startDate: ISO(today() - 2 * DAY), endDate: ISO(today() + 2 * DAY), saveAsFile: 'false', includeHeaders: 'true' })
const download = (more: Record<string, string> = {}, id = '350100') => {
  const query = new URLSearchParams({ ...wide(), fileName: 'refusals.csv', ...more })
  return tenant.api('POST', `/report-jobs/datadownload/${id}?${query.toString()}`)
}
const contentOf = (file: unknown) => Buffer.from(String(file), 'base64').toString('utf8')
const linesOf = (answer: Answer) => contentOf(answer.body['file']).split('\r\n').slice(0, -1)

describe('the refusal report (vendors/cxone.md 6.1, 6.4)', () => {
  it('comes base64 in `file`, rows end in CRLF, with all eleven causes', async () => {
    tenant = await startTenant({ refusalRows: '44' })
    const answer = await download()
    expect(answer.body).toMatchObject({ errorMessage: '', fileName: 'refusals.csv', fileType: 'csv', URI: '' })
    const lines = linesOf(answer)
    expect(lines[0]).toBe(HEADER)
    expect(lines).toHaveLength(45)
    const rows = parse<Record<string, string>>(lines.join('\n'), { columns: true })
    expect(new Set(rows.map((row) => row['Reason']))).toEqual(new Set(REFUSAL_CAUSES))
    expect(rows[9]!['FullName']).toMatch(/^\w+, \w+$/)
    for (const row of rows) expect(row['Refuse_Time']).toMatch(/^\d\d\/\d\d\/\d{4} \d\d:\d\d$/)
  })

  it('has no header unless asked for, more columns when expanded, tabs as tsv', async () => {
    tenant = await startTenant({ refusalRows: '2' })
    expect(linesOf(await download({ includeHeaders: '' }))).toHaveLength(2)
    expect(linesOf(await download({}, '350101'))[0]).toBe(`${HEADER},Skill_Name,Team_Name,Media_Type_Name,ANI/From,ContactEndReason`)
    expect(linesOf(await download({ fileName: 'a.tsv' }))[0]).toBe(HEADER.replaceAll(',', '\t'))
  })

  it('keeps to the window, in the zone of the report', async () => {
    tenant = await startTenant({ reportTimeZone: 'Asia/Tokyo' })
    const noon = today() - 12 * 3_600_000
    tenant.event('refusal-row', { agentId: '1003', contactId: 77, cause: 'Busy', at: noon })
    const window = (from: number, to: number) => download({ startDate: ISO(from), endDate: ISO(to), includeHeaders: 'false' })
    const [month, day, year] = [ISO(noon).slice(5, 7), ISO(noon).slice(8, 10), ISO(noon).slice(0, 4)]
    expect(linesOf(await window(noon + 9 * 3_600_000, noon + 10 * 3_600_000))).toEqual([
      `77,1003,Cleo Carter,,Busy,${month}/${day}/${year} 21:00`,
    ])
    expect(linesOf(await window(noon, noon + 9 * 3_600_000))).toEqual([])
  })

  it('has the contacts that agents refused', async () => {
    tenant = await startTenant()
    tenant.event('contact-refused', { agentId: '1002', cause: 'Invalid Call Leg' })
    expect(linesOf(await download({ includeHeaders: 'false' }))).toEqual([
      expect.stringMatching(/^\d+,1002,Ben Baker,,Invalid Call Leg,\d\d\/\d\d\/\d{4} \d\d:\d\d$/),
    ])
  })

  it('has malformed rows and duplicates when told so', async () => {
    tenant = await startTenant({ refusalRows: '60', refusalMalformedEvery: '10', refusalDuplicateEvery: '15' })
    tenant.event('refusal-row', { line: 'complete rubbish' })
    const lines = linesOf(await download({ includeHeaders: 'false' }))
    expect(lines).toHaveLength(65)
    expect(lines.at(-1)).toBe('complete rubbish')
    const flawed = [9, 19, 29, 39, 49, 59].map((at) => lines.find((line) => line.startsWith(String(700_000_000_000 + at))))
    const whole = String.raw`^\d+,\d+,"\w+, \w+",\d+,[\w ]+`
    expect(flawed).toEqual([
      expect.stringMatching(/^\d+,\d+,"\w+, \w+",\d+$/),
      expect.stringMatching(new RegExp(`${whole},[^,]+,surplus$`)),
      expect.stringMatching(new RegExp(`${whole},13/45/2026 99:99$`)),
      expect.stringMatching(new RegExp(`${whole},$`)),
      expect.stringMatching(/^\d+,\d+,Ada "Red Archer,\d+,/),
      expect.stringMatching(/^\d+,n\/a,/),
    ])
    expect(lines.length - new Set(lines).size).toBe(4)
  })

  it('shows both clock changes: an hour twice, and an hour never', async () => {
    tenant = await startTenant({ reportTimeZone: 'Europe/Berlin' })
    expect(tenant.event('refusals-dst', { before: '2026-11-01T00:00:00Z' })).toEqual([
      '2026-10-25T01:00:00.000Z',
      '2026-03-29T01:00:00.000Z',
    ])
    const day = (date: string) =>
      download({ startDate: `${date}T00:00:00`, endDate: `${date}T23:59:59`, includeHeaders: 'false' }).then((answer) =>
        linesOf(answer).map((line) => line.slice(-5)),
      )
    const autumn = await day('2026-10-25')
    expect(autumn.filter((time) => time === '02:15')).toHaveLength(2)
    const spring = await day('2026-03-29')
    expect(spring).toContain('01:45')
    expect(spring).toContain('03:00')
    expect(spring.filter((time) => time.startsWith('02:'))).toEqual([])
  })

  it('makes 200,000 rows', async () => {
    tenant = await startTenant({ refusalRows: '200000' })
    const lines = linesOf(await download())
    expect(lines).toHaveLength(200_001)
    expect(lines[200_000]).toMatch(/^700000199999,/)
  })
})

describe('saved files and refusals to run (6.1)', () => {
  it('saves by default: `file` is empty, the URI needs the bearer, a name can be used once', async () => {
    tenant = await startTenant({ refusalRows: '3' })
    const answer = await download({ saveAsFile: '' })
    expect(answer.body).toMatchObject({ file: '', errorMessage: '' })
    const uri = String(answer.body['URI'])
    expect(uri).toBe(`${tenant.url}/inContactAPI/services/V35.0/files?fileName=Reports%5Crefusals.csv`)
    expect((await fetchAnswer(uri, {})).status).toBe(401)
    const file = await tenant.api('GET', `/files?fileName=${encodeURIComponent('Reports\\refusals.csv')}`)
    const { files } = file.body as { files: { file: string; fileName: string } }
    expect(files.fileName).toBe('Reports\\refusals.csv')
    expect(contentOf(files.file).split('\r\n')).toHaveLength(5)
    expect((await download({ saveAsFile: 'true' })).body).toMatchObject({ errorMessage: expect.stringContaining('already exists') })
    expect((await tenant.api('DELETE', '/files?fileName=refusals.csv')).status).toBe(200)
    expect((await tenant.api('DELETE', '/files?fileName=refusals.csv')).status).toBe(404)
  })

  it('lets saved files lag, and names another host when told so', async () => {
    tenant = await startTenant({ fileLagMs: '60000', fileBaseUrl: 'https://files.example.org' })
    const answer = await download({ saveAsFile: 'true' })
    expect(answer.body['URI']).toMatch(/^https:\/\/files\.example\.org\//)
    expect((await tenant.api('GET', '/files?fileName=Reports%5Crefusals.csv')).status).toBe(404)
  })

  const tooOld = { startDate: '2020-01-01T00:00:00', endDate: '2020-01-02T00:00:00' }
  const tooLong = () => ({ startDate: ISO(today() - 31 * DAY), endDate: ISO(today()) })
  it.each([
    ['an offset', 400, () => ({ startDate: '2026-01-01T00:00:00Z' }), '350100', 'without a time zone offset'],
    ['no end', 400, () => ({ endDate: '' }), '350100', 'startDate and endDate'],
    ['another extension', 400, () => ({ fileName: 'a.pdf' }), '350100', 'extension'],
    ['31 days', 200, tooLong, '350100', '30 days'],
    ['more than two years ago', 200, () => tooOld, '350100', '2 years'],
    ['a report that is not there', 200, () => ({}), '1', 'does not exist'],
  ])('refuses %s', async (_name, status, more, id, text) => {
    tenant = await startTenant()
    const answer = await download(more(), id)
    expect(answer.status).toBe(status)
    expect(String(answer.body['errorMessage'] ?? answer.body['error_description'])).toContain(text)
    expect(tenant.running.journal.list().at(-1)).toMatchObject({
      operation: 'POST /report-jobs/datadownload/{reportId}',
      effect: 'refused',
    })
  })

  it.each([
    ['body', 200, 200],
    ['status', 400, 400],
  ])('gives all errors by %s when told so', async (reportErrors, extension, id) => {
    tenant = await startTenant({ reportErrors })
    expect((await download({ fileName: 'a.pdf' })).status).toBe(extension)
    expect((await download({}, '1')).status).toBe(id)
  })

  it('takes every date spelling of the field', async () => {
    tenant = await startTenant()
    for (const at of [today() - DAY, today()].map((day) => new Date(day).toISOString().slice(0, 10))) {
      const [year, month, day] = at.split('-')
      for (const startDate of [at, `${at}T00:00:00`, `${at} 00:00:00`, `${month}/${day}/${year}`])
        expect((await download({ startDate })).body['errorMessage']).toBe('')
    }
  })

  it('answers 204 for no rows when told so, and plays report faults on downloads only', async () => {
    tenant = await startTenant({ emptyReport: '204' })
    expect((await download()).status).toBe(204)
    tenant.running.faults.add({ kind: 'report-error', body: 'Execution failure', times: 1 })
    expect((await tenant.api('GET', '/server-time')).status).toBe(200)
    expect(await download()).toMatchObject({ status: 200, body: { errorMessage: 'Execution failure', file: '' } })
    tenant.event('refusals', { rows: 3, causes: ['Busy'] })
    expect(linesOf(await download())).toHaveLength(4)
    tenant.event('refusals-clear')
    expect((await download()).status).toBe(204)
  })

  it('needs the permission', async () => {
    tenant = await startTenant({ permissions: 'read' })
    expect((await download()).status).toBe(403)
  })
})
