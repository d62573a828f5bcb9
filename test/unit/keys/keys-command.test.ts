import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashKey } from '../../../src/keys/dev-keys.js'
import { changeKeyFile, readKeyFile, validKeys } from '../../../src/keys/key-file.js'
import { keysCommand } from '../../../src/keys/keys-command.js'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cti-keys-'))
  path = join(dir, 'keys.json')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const environment = (): Record<string, string> => ({ CTI_DATA_DIR: dir })
async function run(...args: readonly string[]): Promise<{ out: string; err: string }> {
  const said = { out: '', err: '' }
  await keysCommand(args, environment(), { out: (text) => void (said.out += text), err: (text) => void (said.err += text) })
  return said
}
const failure = (...args: readonly string[]): Promise<string> =>
  run(...args).then(
    () => 'no failure',
    (error: unknown) => (error as Error).message,
  )
const create = async (name: string, ...more: readonly string[]): Promise<string> =>
  (await run('create', name, '--scopes', 'agent:read', ...more)).out.trim()

describe('keys create', () => {
  it('prints the secret alone on standard output, and keeps its hash only, for the owner only', async () => {
    const { out, err } = await run('create', 'crm', '--scopes', 'agent:read,agent:write', '--platforms', 'a,b')
    const secret = out.trim()
    expect(secret).toMatch(/^cti_[\w-]{32}$/)
    expect(err).not.toContain(secret)
    const text = readFileSync(path, 'utf8')
    expect(text).not.toContain(secret)
    expect(readKeyFile(path)).toMatchObject({
      keys: [{ name: 'crm', sha256: hashKey(secret), scopes: ['agent:read', 'agent:write'], platforms: ['a', 'b'] }],
      changes: [{ what: 'created', name: 'crm' }],
    })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(dir)).toEqual(['keys.json'])
  })
  it('makes a key for one agent', async () => {
    await run('create', 'desk', '--scopes', 'agent:self', '--agent', 'expertflow/1004')
    expect(readKeyFile(path)?.keys).toMatchObject([{ scopes: ['agent:self'], agent: 'expertflow/1004' }])
  })
  it.each([
    [['create'], 'NAME is missing'],
    [['create', 'a', 'b', '--scopes', 'ops'], '"b" is too much'],
    [['create', 'a'], '--scopes: say what the key may do'],
    [['create', 'a', '--scopes', 'agent:all'], '--scopes: there is no scope "agent:all"; there are agent:read'],
    [['create', 'a', '--scopes', 'ops,,admin'], '--scopes: "ops,,admin" has an empty member'],
    [['create', 'a', '--scopes', 'agent:self'], '--agent: is needed with the scope agent:self'],
    [['create', 'a', '--scopes', 'agent:self,ops', '--agent', 'p/1'], '--scopes: agent:self stands alone'],
    [['create', 'a', '--scopes', 'ops', '--agent', 'p/1'], '--agent: is for keys with the scope agent:self only'],
    [['create', 'a', '--scopes', 'agent:self', '--agent', '1004'], '--agent: must be one agent as platform/agentId'],
    [['create', 'a', '--scopes', 'agent:self', '--agent', 'p/1', '--platforms', 'q'], '--platforms: does not hold the platform of p/1'],
    [['create', 'x'.repeat(65), '--scopes', 'ops'], 'NAME: Too big'],
    [['create', 'a', '--scope', 'ops'], "Unknown option '--scope'"],
    [['rotate', 'nobody'], 'there is no key "nobody"'],
    [['rotate', 'nobody', '--grace', '1 hour'], '--grace: "1 hour" is not a duration'],
    [['rotate', 'nobody', '--grace', '31d'], '--grace: "31d" is not a duration'],
    [['rotate', 'nobody', '--grace', '0s'], '--grace: "0s" is not a duration'],
    [['revoke', 'nobody'], 'there is no key "nobody"'],
    [['remove', 'a'], 'there is no command "keys remove"'],
  ])('refuses %j and changes nothing', async (args, text) => {
    expect(await failure(...args)).toContain(text)
    expect(readdirSync(dir)).toEqual([])
  })
  it('refuses a name that is there, in the file or in the configuration, and platforms that there are not', async () => {
    await create('one')
    expect(await failure('create', 'one', '--scopes', 'ops')).toContain('there is a key "one" already')
    const config = join(dir, 'config.yaml')
    writeFileSync(
      config,
      `dataDir: ${dir}\nkeys: [{ name: two, sha256: ${'a'.repeat(64)}, scopes: [ops] }]\nplatforms: [{ id: lab, adapter: loopback }]\n`,
    )
    const configured = (...args: readonly string[]): Promise<void> =>
      keysCommand(args, { CTI_CONFIG: config }, { out: () => undefined, err: () => undefined })
    await expect(configured('create', 'two', '--scopes', 'ops')).rejects.toThrow('in the configuration already')
    await expect(configured('revoke', 'two')).rejects.toThrow('is in the configuration; change it there')
    await expect(configured('create', 'x', '--scopes', 'ops', '--platforms', 'lab,moon')).rejects.toThrow(
      '--platforms: there is no platform "moon"',
    )
    await expect(configured('create', 'x', '--scopes', 'agent:self', '--agent', 'moon/1')).rejects.toThrow(
      '--agent: there is no platform "moon"',
    )
    expect(readKeyFile(path)?.keys.map(({ name }) => name)).toEqual(['one'])
  })
})

describe('keys list', () => {
  it('shows what a key is, and never its hash in full', async () => {
    const secret = await create('one', '--platforms', 'lab')
    await run('create', 'desk', '--scopes', 'agent:self', '--agent', 'lab/7')
    await run('rotate', 'one', '--grace', '1h')
    const { out } = await run('list')
    const [head, one, desk] = out.split('\n')
    expect(head?.split(/\s+/)).toEqual(['name', 'scopes', 'platforms', 'agent', 'created', 'rotated', 'oldSecretUntil', 'sha256'])
    expect(one).toMatch(/^one +agent:read +lab +\d{4}-.*Z +\d{4}-.*Z +\d{4}-.*Z +[0-9a-f]{8}…$/)
    expect(desk).toContain('lab/7')
    const json = (await run('list', '--json')).out
    expect(JSON.parse(json)).toMatchObject([{ name: 'one' }, { name: 'desk', agent: 'lab/7' }])
    for (const text of [out, json]) expect(text).not.toMatch(new RegExp(`[0-9a-f]{9}|${secret}`))
  })
  it('is empty where there is no file, and says so', async () => {
    expect((await run('list')).err).toContain(`0 in ${path}`)
  })
})

describe('keys rotate and revoke', () => {
  it('rotate: a new secret; without grace the old one is gone', async () => {
    const old = await create('one')
    const fresh = (await run('rotate', 'one')).out.trim()
    expect(validKeys(readKeyFile(path)!, Date.now()).map(({ sha256 }) => sha256)).toEqual([hashKey(fresh)])
    expect(fresh).not.toBe(old)
  })
  it('rotate with grace: both, until it is over; a second rotation ends the first grace', async () => {
    const old = await create('one')
    const second = (await run('rotate', 'one', '--grace', '15m')).out.trim()
    const hashes = (now: number): readonly string[] => validKeys(readKeyFile(path)!, now).map(({ sha256 }) => sha256)
    expect(hashes(Date.now())).toEqual([hashKey(second), hashKey(old)])
    expect(hashes(Date.now() + 15 * 60_000 + 1)).toEqual([hashKey(second)])
    const third = (await run('rotate', 'one', '--grace', '15m')).out.trim()
    expect(hashes(Date.now())).toEqual([hashKey(third), hashKey(second)])
  })
  it('revoke: gone, and remembered among the changes', async () => {
    await create('one')
    await run('revoke', 'one')
    expect(readKeyFile(path)).toMatchObject({ keys: [], changes: [{ what: 'created' }, { what: 'revoked', name: 'one' }] })
    expect(await failure('revoke', 'one')).toContain('it holds none')
  })
})

describe('the keys file', () => {
  it.each([
    ['not JSON', '{'],
    ['another shape', '{"version":1,"keys":{}}'],
    ['a later version', '{"version":2,"keys":[],"changes":[]}'],
    [
      'a key that means two things',
      `{"version":1,"changes":[],"keys":[{"name":"a","sha256":"${'a'.repeat(64)}","scopes":["ops"],"agent":"p/1","createdAt":1}]}`,
    ],
    [
      'a name twice',
      `{"version":1,"changes":[],"keys":[${[1, 2].map((n) => `{"name":"a","sha256":"${String(n).repeat(64)}","scopes":["ops"],"createdAt":1}`).join(',')}]}`,
    ],
  ])('damaged (%s): nothing is written over it', async (_what, text) => {
    writeFileSync(path, text)
    expect(await failure('create', 'x', '--scopes', 'ops')).toContain(`the keys file ${path} is damaged`)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
  it('twenty writers at once: none is lost', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => create(`key${n}`)))
    expect(readKeyFile(path)?.keys).toHaveLength(20)
    expect(readdirSync(dir)).toEqual(['keys.json'])
  })
  it('a lock that a killed writer left is taken over; one of a living process is waited for', async () => {
    writeFileSync(`${path}.lock`, `999999999 ${(await import('node:os')).hostname()} x`)
    await create('one')
    writeFileSync(`${path}.lock`, `${process.pid} ${(await import('node:os')).hostname()} x`)
    let waited = 0
    const change = (): Promise<void> =>
      changeKeyFile(
        path,
        (file) => ({ file, result: undefined }),
        async (ms) => {
          waited += ms
          await sleep(0)
        },
      )
    await expect(change()).rejects.toThrow('another cti-gateway is changing the keys')
    expect(waited).toBe(5000)
    expect(existsSync(`${path}.lock`)).toBe(true)
  })
  it('who has lost the lock to another does not write', async () => {
    await create('one')
    const before = readFileSync(path, 'utf8')
    const change = changeKeyFile(
      path,
      (file) => {
        writeFileSync(`${path}.lock`, 'somebody else')
        return { file: { ...file, keys: [] }, result: undefined }
      },
      sleep,
    )
    await expect(change).rejects.toThrow('try again')
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe('somebody else')
  })
})
