import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock, type Clock } from '../../../src/core/clock.js'
import { hashKey } from '../../../src/keys/dev-keys.js'
import { openKeys, type GatewayKeys } from '../../../src/keys/gateway-keys.js'
import type { Principal } from '../../../src/http/principal.js'
import type { KeyFile, StoredKey } from '../../../src/keys/key-file.js'
import { createLogSpy } from '../../support/log-spy.js'

let dir: string
let path: string
let keys: GatewayKeys
let logger: ReturnType<typeof createLogSpy>
let files: KeyFile[]
let tick: () => void
let now: number
const clock: Clock = {
  ...systemClock,
  now: () => now,
  every(_ms, fn) {
    tick = fn
    return () => undefined
  },
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cti-keys-'))
  path = join(dir, 'keys.json')
  logger = createLogSpy()
  files = []
  now = 1_000
})
afterEach(() => {
  keys.stop()
  rmSync(dir, { recursive: true, force: true })
})

const stored = (name: string, secret: string, more: Partial<StoredKey> = {}): StoredKey => ({
  name,
  sha256: hashKey(secret),
  scopes: ['agent:read'],
  createdAt: 1,
  ...more,
})
const write = (...entries: readonly StoredKey[]): void => writeFileSync(path, JSON.stringify({ version: 1, keys: entries, changes: [] }))
function open(): void {
  const fixed = [{ name: 'fixed', sha256: hashKey('fixed'), scopes: ['ops'] as const }]
  keys = openKeys({ config: { dataDir: dir, keysFile: undefined }, keys: fixed, clock, logger, onFile: (file) => void files.push(file) })
  keys.start()
}
/** A look at the file, to its end: the next one begins only then, and nobody is told of it. */
async function look(): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    tick()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
/** Looks until it is so. */
function seen(check: () => void): Promise<void> {
  return vi.waitFor(
    () => {
      tick()
      check()
    },
    { timeout: 5_000, interval: 10 },
  )
}
const who = (secret: string): Principal | undefined => {
  try {
    return keys.keyring.authenticate({ 'x-api-key': secret })
  } catch {
    return undefined
  }
}

describe('the keys of a running gateway', () => {
  it('are those of the configuration and those of the file', () => {
    write(stored('one', 's1'))
    open()
    expect([who('fixed')?.name, who('s1')?.name, who('s2')]).toEqual(['fixed', 'one', undefined])
  })
  it('follow the file: a new key works, a revoked one does not, also one that was verified a moment ago', async () => {
    write(stored('one', 's1'))
    open()
    const one = who('s1') as Principal
    const fixed = who('fixed') as Principal
    let told = 0
    const stop = keys.keyring.onChange(() => (told += 1))
    write(stored('two', 's2'))
    await seen(() => expect([who('s1'), who('s2')?.name]).toEqual([undefined, 'two']))
    expect([keys.keyring.stillValid(one), keys.keyring.stillValid(fixed), who('fixed')]).toEqual([false, true, fixed])
    expect(told).toBe(1)
    await look()
    expect(told).toBe(1)
    stop()
    write(stored('two', 's3'))
    await seen(() => expect(who('s3')?.name).toBe('two'))
    expect(told).toBe(1)
  })
  it('other rights are another key: what lasts must ask anew', async () => {
    write(stored('one', 's1'), stored('same', 's2'))
    open()
    const [one, same] = [who('s1') as Principal, who('s2') as Principal]
    write(stored('one', 's1', { platforms: ['lab'] }), stored('same', 's2'))
    await seen(() => expect([keys.keyring.stillValid(one), keys.keyring.stillValid(same)]).toEqual([false, true]))
    expect(who('s1')?.platforms).toEqual(new Set(['lab']))
    expect(who('s2')).toBe(same)
  })
  it.each<readonly [what: string, before: Partial<StoredKey>, after: Partial<StoredKey>]>([
    ['scopes', { scopes: ['agent:read', 'agent:write'] }, { scopes: ['agent:read'] }],
    ['platforms', { platforms: ['lab', 'live'] }, { platforms: ['live'] }],
    ['agent', { scopes: ['agent:self'], agent: 'lab/a1' }, { scopes: ['agent:self'], agent: 'lab/a2' }],
  ])('other rights are not served from what was known before: %s', async (_what, before, after) => {
    write(stored('one', 's1', before))
    open()
    const one = who('s1') as Principal
    write(stored('one', 's1', after))
    await seen(() => expect(keys.keyring.stillValid(one)).toBe(false))
    expect(who('s1')).not.toBe(one)
  })
  it('the old secret ends with its grace, without any change of the file', async () => {
    write(stored('one', 'new', { previous: { sha256: hashKey('old'), until: 5_000 } }))
    open()
    const [fresh, old] = [who('new') as Principal, who('old') as Principal]
    expect([fresh.name, old.name]).toEqual(['one', 'one'])
    now = 5_000
    await look()
    expect([who('new'), who('old')]).toEqual([fresh, undefined])
    expect([keys.keyring.stillValid(fresh), keys.keyring.stillValid(old)]).toEqual([true, false])
  })
  it.each([
    ['damaged', () => writeFileSync(path, '{"version":1,'), 'is damaged'],
    ['empty', () => writeFileSync(path, ''), 'is damaged'],
    ['gone', () => rmSync(path), 'is gone'],
  ])('a file that is %s changes nothing but the log, once, and is read again when it is whole', async (_what, damage, text) => {
    write(stored('one', 's1'))
    open()
    damage()
    await seen(() => expect(JSON.stringify(logger.lines)).toContain(text))
    await look()
    expect(who('s1')?.name).toBe('one')
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
    write(stored('two', 's2'))
    await seen(() => expect([who('s1'), who('s2')?.name]).toEqual([undefined, 'two']))
  })
  it('a file that is damaged at the start is an error with its place', () => {
    writeFileSync(path, 'x')
    expect(open).toThrow(`the keys file ${path} is damaged`)
    rmSync(path)
    open()
  })
  it('tells what the file holds, at the start and when it changes, and no secret or whole hash in the log', async () => {
    write(stored('one', 'canary-secret'))
    open()
    expect(keys.file.keys).toHaveLength(1)
    write()
    await seen(() => expect(files.at(-1)).toMatchObject({ keys: [] }))
    expect(JSON.stringify(logger.lines)).not.toMatch(/canary|[0-9a-f]{16}/)
  })
})
