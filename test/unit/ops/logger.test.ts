import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../src/ops/logger.js'

function lines(work: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const written: string[] = []
  work(createLogger('info', { write: (line: string) => void written.push(line) }))
  return written.map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('the log', () => {
  it('is one JSON object a line, from its level on', () => {
    const [line, ...rest] = lines((log) => {
      log.debug({ a: 1 }, 'not this')
      log.info({ a: 'b\nc', list: [1, { x: 2 }] }, 'this')
    })
    expect(line).toMatchObject({ level: 30, a: 'b\nc', list: [1, { x: 2 }], msg: 'this' })
    expect(rest).toEqual([])
  })
  it.each([
    { password: 'canary' },
    { headers: { Authorization: 'canary', 'X-API-Key': 'canary' } },
    { request: { body: { credentials: { username: 'canary', password: 'canary' } } } },
    { list: [{ token: 'canary' }, ['x', { access_token: 'canary' }]] },
    { a: { b: { c: { d: { e: { f: { apiKey: 'canary' } } } } } } },
    { a: { b: { c: { d: { e: { f: { g: { h: { secret: 'canary' } } } } } } } } },
  ])('does not show %j', (fields) => {
    const before = structuredClone(fields)
    expect(JSON.stringify(lines((log) => log.warn(fields, 'x')))).not.toContain('canary')
    expect(fields).toEqual(before)
  })
  it('ends on an object that holds itself', () => {
    const self: Record<string, unknown> = { token: 'canary' }
    self['self'] = self
    expect(JSON.stringify(lines((log) => log.error(self, 'x')))).not.toContain('canary')
  })
})

describe('a line of words and numbers', () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.integer(), fc.boolean(), fc.constant(undefined), fc.constant(null))
  const name = fc.oneof(fc.constantFrom('password', 'Token', 'err', 'level', 'a'), fc.string({ unit: 'binary', minLength: 1 }))
  it('is as pino writes it, secrets masked', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 6 }), fc.string({ unit: 'binary' }), (fields, message) => {
        // The level below is pino's alone.
        const written: string[] = []
        const log = createLogger('info', { write: (line: string) => void written.push(line) })
        log.info(fields, message)
        log.warn(fields, message)
        const [info = '', warn = ''] = written.map((line) => line.replace(/"time":\d+/, '"time":0'))
        expect(info).toBe(warn.replace('"level":40', '"level":30'))
      }),
      { numRuns: 500 },
    )
  })
})

describe('the log of a process', () => {
  const FILE = fileURLToPath(new URL('../../../src/ops/logger.ts', import.meta.url))
  const run = (script: string) =>
    spawnSync(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        `import { createLogger } from ${JSON.stringify(FILE)}; const log = createLogger('info'); ${script}`,
      ],
      { encoding: 'utf8', timeout: 60_000 },
    ).stderr
  it.each([
    ['comes to its end', `log.info({ n: 1 }, 'last')`],
    ['exits', `log.info({ n: 1 }, 'last'); process.exit(3)`],
    ['fails', `log.info({ n: 1 }, 'last'); setTimeout(() => { throw new Error('boom') })`],
  ])('is complete when it %s', (_how, script) => {
    expect(run(script)).toContain('"msg":"last"')
  })
  it('is written while it runs, in order', () => {
    const script = `for (let n = 0; n < 300; n += 1) log.info({ n }, 'line'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1000)`
    const numbers = [...run(script).matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))
    expect(numbers).toEqual(Array.from({ length: 300 }, (_, n) => n))
  })
})
