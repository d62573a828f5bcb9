import { IANAZone } from 'luxon'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CAUSES, causeOf, OTHER } from '../../../../src/adapters/cxone/refusal-causes.js'
import { guardQuotes, linesOf, parseCsv, scanCsv } from '../../../../src/adapters/cxone/refusal-csv.js'
import { createFold, digestOf, type Fold } from '../../../../src/adapters/cxone/refusal-fold.js'
import { extractFile, type Envelope } from '../../../../src/adapters/cxone/refusal-json.js'
import { keyOf, readHeader, rowOf, type RecordKey } from '../../../../src/adapters/cxone/refusal-rows.js'
import { createTimeReader, instantOfWall } from '../../../../src/adapters/cxone/refusal-time.js'
import { halvesOf, wallText, windowsOf } from '../../../../src/adapters/cxone/refusal-windows.js'
import { CtiError } from '../../../../src/core/model/error.js'

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}
async function* pieces(text: string | Buffer, size: number): AsyncIterable<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve()
    yield bytes.subarray(at, at + size)
  }
}
const records = (text: string, size = 7) => all(parseCsv(pieces(text, size)))

describe('causes (section 6.5 and the report’s own page)', () => {
  const seed: [string, string][] = [
    ['Bad Number', 'BAD_NUMBER'],
    ['Busy', 'BUSY'],
    ['ContactAlreadyRouted', 'ALREADY_ROUTED'],
    ['Error', 'NETWORK_ERROR'],
    ['Invalid Call Leg', 'INVALID_CALL_LEG'],
    ['NoAnswer', 'NO_ANSWER'],
    ['LinkFailed', 'LINK_FAILED'],
    ['Dropped', 'DROPPED'],
    ['AgentLinkTimeout', 'AGENT_LINK_TIMEOUT'],
    ['NA', 'NOT_APPLICABLE'],
    ['0', 'UNSPECIFIED'],
  ]
  it.each(seed)('%s is %s in any spelling', (vendor, cause) => {
    for (const spelling of [
      vendor,
      vendor.toUpperCase(),
      ` ${vendor.toLowerCase()} `,
      vendor.replaceAll(' ', ''),
      vendor.replaceAll(' ', '_'),
      [...vendor].join(' '),
    ]) {
      expect(causeOf(spelling)).toBe(cause)
    }
  })
  it('the eleven are all different, and the heading of the last is the same', () => {
    expect(new Set(seed.map(([, cause]) => cause)).size).toBe(11)
    expect(causeOf('(Zero) 0 Cause Code')).toBe('UNSPECIFIED')
    expect(CAUSES.map((row) => row.vendor)).toEqual([...seed.map(([vendor]) => vendor), '(Zero) 0 Cause Code'])
  })
  it.each(['', 'No-Answer', '00', 'N/A', 'Rejected'])('"%s" is OTHER', (text) => expect(causeOf(text)).toBe(OTHER))
})

describe('times in the zone of the report', () => {
  const at = (text: string, zone = 'America/New_York', doubled: 'earlier' | 'later' = 'earlier') => createTimeReader(zone, doubled)(text)
  const utc = (text: string): number => Date.parse(text)

  it.each([
    ['06/18/2026 06:00', '2026-06-18T10:00:00Z'],
    ['01/02/2026 23:59', '2026-01-03T04:59:00Z'],
    ['6/8/2026 6:05', '2026-06-08T10:05:00Z'],
    [' 06/18/2026 06:00:30 ', '2026-06-18T10:00:30Z'],
    ['06/18/2026T00:00', '2026-06-18T04:00:00Z'],
    ['02/29/2028 12:00', '2028-02-29T17:00:00Z'],
  ])('%s is %s', (text, instant) => expect(at(text)).toEqual({ at: utc(instant) }))

  it.each([
    '',
    '18/06/2026 06:00',
    '06/31/2026 06:00',
    '02/29/2026 06:00',
    '06/18/2026 24:00',
    '06/18/2026 06:60',
    '06/18/2026 06:00:60',
    '00/10/2026 06:00',
    '06/00/2026 06:00',
    '2026-06-18 06:00',
    '06/18/26 06:00',
    '06/18/2026',
    '06/18/2026 06:00 PM',
    'x06/18/2026 06:00',
  ])('"%s" is no time', (text) => expect(at(text)).toEqual({ flaw: expect.stringMatching(/MM\/DD\/YYYY/) as string }))

  it('spring: the missing hour is read with the offset before the change, and flagged', () => {
    expect(at('03/08/2026 01:59')).toEqual({ at: utc('2026-03-08T06:59:00Z') })
    expect(at('03/08/2026 02:00')).toEqual({ at: utc('2026-03-08T07:00:00Z'), flaw: expect.stringMatching(/leaves out/) as string })
    expect(at('03/08/2026 02:30')).toMatchObject({ at: utc('2026-03-08T07:30:00Z') })
    expect(at('03/08/2026 02:59').flaw).toBeDefined()
    expect(at('03/08/2026 03:00')).toEqual({ at: utc('2026-03-08T07:00:00Z') })
  })

  it('autumn: the doubled hour is the earlier instant, or the later one when set', () => {
    expect(at('11/01/2026 00:59')).toEqual({ at: utc('2026-11-01T04:59:00Z') })
    expect(at('11/01/2026 01:00')).toEqual({ at: utc('2026-11-01T05:00:00Z') })
    expect(at('11/01/2026 01:59')).toEqual({ at: utc('2026-11-01T05:59:00Z') })
    expect(at('11/01/2026 01:00', 'America/New_York', 'later')).toEqual({ at: utc('2026-11-01T06:00:00Z') })
    expect(at('11/01/2026 02:00')).toEqual({ at: utc('2026-11-01T07:00:00Z') })
  })

  it('in the southern hemisphere, with half an hour, and without changes', () => {
    expect(at('10/04/2026 02:30', 'Australia/Sydney')).toMatchObject({
      at: utc('2026-10-03T16:30:00Z'),
      flaw: expect.any(String) as string,
    })
    expect(at('04/05/2026 02:30', 'Australia/Sydney')).toEqual({ at: utc('2026-04-04T15:30:00Z') })
    expect(at('04/05/2026 02:30', 'Australia/Sydney', 'later')).toEqual({ at: utc('2026-04-04T16:30:00Z') })
    expect(at('04/05/2026 01:45', 'Australia/Lord_Howe')).toEqual({ at: utc('2026-04-04T14:45:00Z') })
    expect(at('04/05/2026 01:45', 'Australia/Lord_Howe', 'later')).toEqual({ at: utc('2026-04-04T15:15:00Z') })
    expect(at('03/08/2026 02:30', 'UTC')).toEqual({ at: utc('2026-03-08T02:30:00Z') })
  })

  it('every quarter of an hour of a year comes back to the same wall clock, except the missing ones', () => {
    const zone = IANAZone.create('America/New_York')
    let missing = 0
    for (let wall = Date.UTC(2026, 0, 1); wall < Date.UTC(2027, 0, 1); wall += 900_000) {
      const read = instantOfWall(wall, zone, 'earlier')
      if (read.flaw === undefined) expect(read.at! + zone.offset(read.at!) * 60_000).toBe(wall)
      else missing += 1
    }
    expect(missing).toBe(4)
  })
})

describe('windows', () => {
  const settings = { timeZone: 'America/New_York', windowDays: 30, overlapMinutes: 60 }
  const days = (text: string): number => Date.parse(`${text}Z`) / 86_400_000

  it('of a short span is one, widened by overlap and margin', () => {
    const from = Date.parse('2026-06-18T00:00:30Z')
    const to = Date.parse('2026-06-19T00:00:30Z')
    expect(windowsOf(from, to, settings)).toEqual([
      {
        startDate: '2026-06-17T18:00:00',
        endDate: '2026-06-18T22:01:00',
        from: Date.parse('2026-06-18T00:00:00Z'),
        to: Date.parse('2026-06-19T00:01:00Z'),
      },
    ])
  })
  it.each([1, 7, 30])('of a year with %i days each touch, cover everything and are never longer than allowed', (windowDays) => {
    const from = Date.parse('2025-06-18T10:07:13Z')
    const to = from + 365 * 86_400_000
    const windows = windowsOf(from, to, { ...settings, windowDays })
    expect(windows[0]!.from).toBeLessThanOrEqual(from)
    expect(windows.at(-1)!.to).toBeGreaterThanOrEqual(to)
    expect(windows.at(-1)!.to - to).toBeLessThan(60_000)
    for (const [index, window] of windows.entries()) {
      expect(days(window.endDate) - days(window.startDate)).toBeLessThanOrEqual(windowDays)
      if (index > 0) expect(window.from).toBe(windows[index - 1]!.to)
      const next = windows[index + 1]
      if (next !== undefined) expect(days(window.endDate) - days(next.startDate)).toBeGreaterThanOrEqual((2 * 60) / 1440)
    }
  })
  it('halves touch, down to a minute', () => {
    const [window] = windowsOf(0, 120_000, { ...settings, timeZone: 'UTC' })
    const halves = halvesOf(window!, { ...settings, timeZone: 'UTC' })
    expect(halves?.map((half) => [half.from, half.to])).toEqual([
      [0, 60_000],
      [60_000, 120_000],
    ])
    expect(halvesOf(halves![0], settings)).toBeUndefined()
  })
  it('are asked in the wall clock of the zone', () => {
    expect(wallText(Date.parse('2026-01-01T00:00:00Z'), 'America/New_York')).toBe('2025-12-31T19:00:00')
  })
})

describe('csv', () => {
  it('CRLF, a byte order mark, empty lines, quotes with commas and doubled quotes', async () => {
    expect(await records('\uFEFFa,b\r\n"x,1","say ""hi"""\r\n\r\n2,3')).toEqual([
      ['a', 'b'],
      ['x,1', 'say "hi"'],
      ['2', '3'],
    ])
  })
  it('is the same however the bytes are cut', async () => {
    const text = 'a,b\r\n"x\ny",é€\r\n1,"2\n"\r\n'
    const whole = await records(text, 1000)
    expect(whole).toEqual([
      ['a', 'b'],
      ['x\ny', 'é€'],
      ['1', '2\n'],
    ])
    for (let size = 1; size < 20; size += 1) expect(await records(text, size)).toEqual(whole)
  })
  it('a quote inside a field stays', async () =>
    expect(await records('a,b\n5 O"Brien,x\n"A"B,y\n')).toEqual([
      ['a', 'b'],
      ['5 O"Brien', 'x'],
      ['"A"B', 'y'],
    ]))
  it('an open quote costs its own line and no other', async () => {
    const rows = Array.from({ length: 20 }, (_, index) => `${index},x`)
    const found = await records(`a,b\n"oops,1\n${rows.join('\n')}\n`)
    expect(found).toHaveLength(22)
    expect(found[1]).toEqual(['"oops,1'])
    expect(found[2]).toEqual(['0', 'x'])
    expect(found[21]).toEqual(['19', 'x'])
  })
  it('two open quotes do not swallow what is between them', async () => {
    expect(await records('a,b\n"p,1\nq,2\n"r,3\ns,4')).toEqual([['a', 'b'], ['"p,1'], ['q', '2'], ['"r,3'], ['s', '4']])
  })
  it('two stray quotes in neighbouring lines are two records', async () => {
    expect(await records('a,b\n"p,1\n"r,3\ns,4')).toEqual([['a', 'b'], ['"p,1'], ['"r,3'], ['s', '4']])
  })
  it('a field over several lines is one record', async () => {
    expect(await records('a,b,c\n1,"x\ny\nz",3\n4,5,6')).toEqual([
      ['a', 'b', 'c'],
      ['1', 'x\ny\nz', '3'],
      ['4', '5', '6'],
    ])
  })
  it.each([
    ['"a",b', true],
    ['"a"b', false],
    ['"a""b"', true],
    ['x"y', true],
  ])('scan %s: clean %s', (text, clean) => expect(scanCsv(text).clean).toBe(clean))
  it('an open quote in the last line', async () => expect(await records('a,b\n1,2\n3,"x')).toEqual([['a', 'b'], ['1', '2'], ['3,"x']]))
  it('lines with too many or too few fields stay', async () =>
    expect(await records('a,b\n1\n1,2,3\n,\n')).toEqual([['a', 'b'], ['1'], ['1', '2', '3'], ['', '']]))
  it('nothing is nothing', async () => expect(await records('')).toEqual([]))
  it('a line without end is refused, not collected', async () => {
    await expect(records('x'.repeat(300_000), 65_536)).rejects.toMatchObject({ code: 'VENDOR_PROTOCOL' })
  })
  it('a failing source fails the records', async () => {
    async function* broken(): AsyncIterable<Buffer> {
      yield Buffer.from('a,b\n1,2\n')
      await Promise.resolve()
      throw new CtiError('VENDOR_TIMEOUT')
    }
    await expect(all(parseCsv(broken()))).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT' })
  })
  it.each([
    ['', false, 1],
    ['a,b', false, 2],
    ['"a', true, 1],
    ['"a"', false, 1],
    ['"a,b",c', false, 2],
    ['"a""', true, 1],
    ['"a"""', false, 1],
    ['a"b', false, 1],
    ['"a"b"c', false, 1],
    ['x,"', true, 2],
    ['"",""', false, 2],
  ])('scan %s: open %s, %i fields', (text, open, fields) => expect(scanCsv(text)).toMatchObject({ open, fields }))
  it('lines and guarded lines keep their order', async () => {
    expect(await all(linesOf(pieces('a\r\nb\n\nc\r', 2)))).toEqual(['a', 'b', '', 'c'])
    expect(await all(guardQuotes(linesOf(pieces('h,i\n1,"x\ny"\n"z\n2,3', 3))))).toEqual(['h,i', '1,"x\ny"', '"""z"', '2,3'])
  })
})

describe('the file inside the answer', () => {
  const extract = async (json: string, size: number): Promise<{ text: string; envelope: Record<string, string> }> => {
    const envelope: Envelope = new Map()
    const found = await all(extractFile(pieces(json, size), envelope))
    return { text: Buffer.concat(found).toString('utf8'), envelope: Object.fromEntries(envelope) }
  }
  const content = 'Contact_ID,é\r\n1,2\r\n'.repeat(20)
  const base64 = Buffer.from(content).toString('base64')

  it.each([1, 2, 3, 5, 64, 100_000])('in pieces of %i bytes', async (size) => {
    const json = JSON.stringify({
      errorMessage: 'é "quoted" \\ \n',
      fileName: 'x.csv',
      file: base64,
      fileType: 'csv',
      URI: 'https://a/b?c=%5C',
      n: 5,
      b: true,
      z: null,
    })
    expect(await extract(json, size)).toEqual({
      text: content,
      envelope: { errormessage: 'é "quoted" \\ \n', filename: 'x.csv', filetype: 'csv', uri: 'https://a/b?c=%5C' },
    })
  })
  it('with escaped slashes, escapes by number and line breaks in the base64', async () => {
    const odd = base64.replace(/.{76}/g, '$&\\r\\n').replaceAll('/', '\\/').replaceAll('+', '\\u002b')
    expect((await extract(`{"file":"${odd}"}`, 3)).text).toBe(content)
  })
  it('one level deeper, as a saved file comes', async () =>
    expect((await extract(JSON.stringify({ files: { fileName: 'f', file: base64 } }), 10)).text).toBe(content))
  it('any order of the keys, any case', async () =>
    expect(await extract(JSON.stringify({ File: base64, ErrorMessage: 'late' }), 9)).toEqual({
      text: content,
      envelope: { errormessage: 'late' },
    }))
  it('a plain file is the file', async () => expect((await extract(content, 11)).text).toBe(content))
  it('an empty answer is empty', async () => expect(await extract('', 5)).toEqual({ text: '', envelope: {} }))
  it('base64 without padding', async () =>
    expect((await extract(`{"file":"${Buffer.from('ab').toString('base64').replace(/=+$/, '')}"}`, 4)).text).toBe('ab'))
  it('an answer that breaks off is a failure', async () => {
    await expect(extract(`{"file":"${base64}`, 10)).rejects.toMatchObject({ code: 'VENDOR_PROTOCOL' })
    await expect(extract(`{"file":"${base64}"`, 10)).rejects.toMatchObject({ code: 'VENDOR_PROTOCOL' })
  })
  it('other texts are kept short', async () => {
    const { envelope } = await extract(JSON.stringify({ uri: 'x'.repeat(20_000) }), 100)
    expect(envelope['uri']!.length).toBeLessThan(9000)
  })
})

describe('rows', () => {
  const HEADER = readHeader(['Contact_ID', 'Agent_No', 'FullName', 'Station_ID', 'Reason', 'Refuse_Time'])
  const read = createTimeReader('America/New_York', 'earlier')
  const row = (...fields: string[]) => rowOf(fields, HEADER, read)

  it('of the plain report', () => {
    expect(row('77', '1001', ' Ada Archer ', '7001', 'No Answer', '06/18/2026 06:00')).toEqual({
      contactId: '77',
      agentId: '1001',
      agentName: 'Ada Archer',
      cause: 'NO_ANSWER',
      rawCause: 'No Answer',
      at: Date.parse('2026-06-18T10:00:00Z'),
      withinMs: 60_000,
      rawTime: '06/18/2026 06:00',
      occurrences: 1,
      raw: {
        Contact_ID: '77',
        Agent_No: '1001',
        FullName: ' Ada Archer ',
        Station_ID: '7001',
        Reason: 'No Answer',
        Refuse_Time: '06/18/2026 06:00',
      },
    })
  })
  it('of the expanded report, with columns in another order and spelling', () => {
    const header = readHeader(['REASON', 'refuse time', 'contactid', 'AgentNo', 'Skill_Name', 'Team_Name', 'ANI/From'])
    expect(rowOf(['Busy', '06/18/2026 06:00', '1', '2', 'Sales', 'Blue', '+1'], header, read)).toMatchObject({
      cause: 'BUSY',
      contactId: '1',
      agentId: '2',
      skillName: 'Sales',
      teamName: 'Blue',
      raw: { 'ANI/From': '+1' },
    })
  })
  it('an unknown cause is OTHER with its text', () =>
    expect(row('1', '2', '', '', 'Sneezed', '06/18/2026 06:00')).toMatchObject({ cause: 'OTHER', rawCause: 'Sneezed' }))
  it.each<[string[], RegExp]>([
    [['1', '2', 'x', 's', 'Busy'], /5 fields instead of 6/],
    [['1', '2', 'x', 's', 'Busy', '06/18/2026 06:00', 'surplus'], /7 fields instead of 6/],
    [['', '2', 'x', 's', 'Busy', '06/18/2026 06:00'], /^Contact_ID is empty$/],
    [['1', ' ', 'x', 's', 'Busy', '06/18/2026 06:00'], /^Agent_No is empty$/],
    [['1', '2', 'x', 's', '', '06/18/2026 06:00'], /^Reason is empty$/],
    [['1', '2', 'x', 's', 'Busy', ''], /Refuse_Time is not/],
    [['1', '2', 'x', 's', 'Busy', 'yesterday'], /^Refuse_Time is not/],
    [['1', '2', 'x', 's', 'Busy', '03/08/2026 02:30'], /leaves out/],
    [['whole line with a "'], /1 fields instead of 6; Agent_No is empty; Reason is empty$/],
  ])('%j is kept and flagged', (fields, flaw) => {
    const found = row(...fields)
    expect(found.flaw).toMatch(flaw)
    expect(Object.values(found.raw)).toEqual(fields)
  })
  it('a header of another report names what is missing', () => {
    expect(() => readHeader(['Agent_No', 'Reason'])).toThrow(/no column Contact_ID, Refuse_Time/)
    expect(() => readHeader([])).toThrow(/Contact_ID, Agent_No, Reason, Refuse_Time/)
  })
  it('are the same by contact, agent, time and reason, or by everything when one of these is missing', () => {
    const key = (...fields: string[]) => keyOf(fields, HEADER, read)
    const base = key('1', '2', 'x', 's', 'Busy', '06/18/2026 06:00')
    expect(base.at).toBe(Date.parse('2026-06-18T10:00:00Z'))
    expect(key('1', '2', 'other', 't', ' Busy ', ' 06/18/2026 06:00')).toEqual(base)
    const others = [
      key('9', '2', 'x', 's', 'Busy', '06/18/2026 06:00'),
      key('1', '9', 'x', 's', 'Busy', '06/18/2026 06:00'),
      key('1', '2', 'x', 's', 'Busy2', '06/18/2026 06:00'),
      key('1', '2', 'x', 's', 'Busy', '06/18/2026 06:01'),
      key('1', '2', 'x', 's', 'Busy', '06/18/2026 06:00', 'surplus'),
    ]
    for (const other of others) {
      expect(other.identity).not.toBe(base.identity)
      expect(digestOf(other)).not.toEqual(digestOf(base))
    }
    const missing: [string[], string[]][] = [
      [
        ['', '2', 'x', 's', 'Busy', '06/18/2026 06:00'],
        ['', '2', 'y', 's', 'Busy', '06/18/2026 06:00'],
      ],
      [
        ['1', ' ', 'x', 's', 'Busy', '06/18/2026 06:00'],
        ['1', ' ', 'y', 's', 'Busy', '06/18/2026 06:00'],
      ],
      [
        ['1', '2', 'x', 's', '', '06/18/2026 06:00'],
        ['1', '2', 'y', 's', '', '06/18/2026 06:00'],
      ],
      [
        ['1', '2', 'x', 's', 'Busy', 'never'],
        ['1', '2', 'y', 's', 'Busy', 'never'],
      ],
      [
        ['1', '2', 'x', 's', 'Busy', ''],
        ['1', '2', 'y', 's', 'Busy', ''],
      ],
    ]
    for (const [one, two] of missing) {
      expect(key(...one).identity).not.toBe(key(...two).identity)
      expect(key(...one)).toEqual(key(...one))
    }
    expect(key('1', '2', 'x', 's', 'Busy', 'never').at).toBeUndefined()
    expect(key('1', '2').at).toBeUndefined()
    expect(digestOf(base)).toHaveLength(16)
  })
})

describe('fold', () => {
  const make = (identity: string, at?: number): RecordKey => ({ identity, at })
  const add = (fold: Fold, contactId: string, at?: number): boolean => fold.add(make(contactId, at), [contactId])
  const drained = (fold: Fold) => [...fold.drain()].map(({ fields, occurrences }) => [fields[0], occurrences])

  it('counts identical rows and puts all in the order of time, those without one last', () => {
    const fold = createFold(1_000_000)
    for (const [id, at] of [['late', 3000], ['none'], ['early', 1000], ['late', 3000], ['none 2'], ['same minute', 1000]] as [
      string,
      number?,
    ][]) {
      expect(add(fold, id, at)).toBe(true)
    }
    expect(fold.rows).toBe(5)
    expect(drained(fold)).toEqual([
      ['early', 1],
      ['same minute', 1],
      ['late', 2],
      ['none', 1],
      ['none 2', 1],
    ])
  })
  it('says when it is full, and takes at least one row', () => {
    const fold = createFold(4)
    expect(add(fold, '1', 1)).toBe(true)
    expect(add(fold, '1', 1)).toBe(true)
    expect(add(fold, '2', 1)).toBe(false)
    expect(drained(fold)).toEqual([['1', 2]])
  })
  it('finds every row again, however many there are', () => {
    const fold = createFold(64 * 1024 * 1024)
    const ids = Array.from({ length: 5000 }, (_, index) => String(index))
    for (const times of [1, 2, 3]) {
      for (const id of ids) expect(add(fold, id, Number(id))).toBe(true)
      expect(fold.rows).toBe(5000)
      if (times === 3) expect(drained(fold)).toEqual(ids.map((id) => [id, 3]))
    }
  })
  it('holds rows over many blocks of memory', () => {
    const fold = createFold(64 * 1024 * 1024)
    const big = 'é'.repeat(60_000)
    for (let index = 0; index < 100; index += 1) fold.add(make(String(index), index), [String(index), big])
    expect([...fold.drain()].map(({ fields }) => fields)).toEqual(Array.from({ length: 100 }, (_, index) => [String(index), big]))
  })
})

describe('a fixture over both changes of the clock', () => {
  it('gives the documented instants', async () => {
    const text = readFileSync(new URL('../../../fixtures/cxone-agent-refusal-dst.csv', import.meta.url))
    const [names, ...lines] = await all(parseCsv(pieces(text, 50)))
    const header = readHeader(names!)
    const read = createTimeReader('America/New_York', 'earlier')
    const rows = lines.map((fields) => rowOf(fields, header, read))
    expect(
      rows.map((row) => [row.rawTime, row.at === undefined ? undefined : new Date(row.at).toISOString(), row.flaw !== undefined]),
    ).toEqual([
      ['03/08/2026 01:59', '2026-03-08T06:59:00.000Z', false],
      ['03/08/2026 02:30', '2026-03-08T07:30:00.000Z', true],
      ['03/08/2026 03:00', '2026-03-08T07:00:00.000Z', false],
      ['11/01/2026 00:59', '2026-11-01T04:59:00.000Z', false],
      ['11/01/2026 01:30', '2026-11-01T05:30:00.000Z', false],
      ['11/01/2026 01:30', '2026-11-01T05:30:00.000Z', false],
      ['11/01/2026 02:00', '2026-11-01T07:00:00.000Z', false],
      [undefined, undefined, true],
      ['not a time', undefined, true],
      ['11/01/2026 09:00', '2026-11-01T14:00:00.000Z', false],
      ['11/01/2026 09:01', '2026-11-01T14:01:00.000Z', false],
    ])
    expect(rows.map((row) => row.cause)).toEqual([
      'BAD_NUMBER',
      'BUSY',
      'ALREADY_ROUTED',
      'NETWORK_ERROR',
      'INVALID_CALL_LEG',
      'NO_ANSWER',
      'LINK_FAILED',
      'OTHER',
      'DROPPED',
      'AGENT_LINK_TIMEOUT',
      'NOT_APPLICABLE',
    ])
  })
})
