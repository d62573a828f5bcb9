import { userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { loadConfig, noPlatform, unknownPlatforms, type Config } from '../config.js'
import { hashKey, newKey } from './dev-keys.js'
import { SCOPES, type Scope } from '../http/principal.js'
import { changeKeyFile, keysFileOf, NO_KEYS, parseKey, readKeyFile, type KeyChange, type KeyFile, type StoredKey } from './key-file.js'

const USAGE = `cti-gateway keys: the API keys in the keys file; a running gateway follows within 2 s

  cti-gateway keys create NAME --scopes agent:read,agent:write [--platforms a,b]
  cti-gateway keys create NAME --scopes agent:self --agent PLATFORM/AGENT
                                       a new key; its secret is printed this once
  cti-gateway keys list [--json]       the keys, without their secrets, which nobody has
  cti-gateway keys rotate NAME [--grace 15m]
                                       a new secret; the old one works for that long still (s, m, h or d; at most 30d)
  cti-gateway keys revoke NAME         the key works no more

Scopes: ${SCOPES.join(', ')}
The file: setting keysFile (CTI_KEYS_FILE), or <dataDir>/keys.json; --file PATH takes another one, without reading the configuration.
`

/** What a run of the command says: the result on standard output, for scripts; the rest on standard error, for people. */
export interface KeysOutput {
  out(text: string): void
  err(text: string): void
}

const MAX_GRACE_MS = 30 * 86_400_000
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

type Environment = Readonly<Record<string, string | undefined>>

interface Place {
  readonly path: string
  /** Missing with `--file`. */
  readonly config: Config | undefined
}

/** `cti-gateway keys …`. Fails: with a text that names the option and the remedy; then the file is as it was. */
export async function keysCommand(args: readonly string[], environment: Environment, say: KeysOutput): Promise<void> {
  const [verb, ...rest] = args
  switch (verb) {
    case 'create':
      return create(rest, environment, say)
    case 'list':
      return list(rest, environment, say)
    case 'rotate':
      return rotate(rest, environment, say)
    case 'revoke':
      return revoke(rest, environment, say)
    case undefined:
    case 'help':
    case '--help':
      return say.out(USAGE)
    default:
      throw new Error(`there is no command "keys ${verb}"\n\n${USAGE}`)
  }
}

async function create(args: readonly string[], environment: Environment, say: KeysOutput): Promise<void> {
  const options = {
    scopes: { type: 'string' },
    platforms: { type: 'string' },
    agent: { type: 'string' },
    file: { type: 'string' },
  } as const
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const name = nameOf(positionals, 'create')
  const place = placeOf(values.file, environment)
  const secret = newKey('cti')
  const key = newStoredKey(name, secret, values)
  refuseUnknown(place, key)
  await change(place, 'created', name, (file) => {
    if (file.keys.some((one) => one.name === name))
      throw new Error(`there is a key "${name}" already; choose another NAME, or use: cti-gateway keys rotate ${name}`)
    return [...file.keys, key]
  })
  say.err(`The key "${name}"; keep it now, it is shown this once:\n`)
  say.out(`${secret}\n`)
  say.err(`In ${place.path}, as its SHA-256 only. A running gateway takes it within 2 s.\n`)
}

function newStoredKey(name: string, secret: string, values: { scopes?: string; platforms?: string; agent?: string }): StoredKey {
  if (values.scopes === undefined) throw new Error(`--scopes: say what the key may do, one or more of ${SCOPES.join(', ')}`)
  const scopes = listOf('--scopes', values.scopes)
  const unknown = scopes.find((scope) => !(SCOPES as readonly string[]).includes(scope))
  if (unknown !== undefined) throw new Error(`--scopes: there is no scope "${unknown}"; there are ${SCOPES.join(', ')}`)
  return parseKey({
    name,
    sha256: hashKey(secret),
    scopes: scopes as Scope[],
    ...(values.platforms !== undefined && { platforms: [...listOf('--platforms', values.platforms)] }),
    ...(values.agent !== undefined && { agent: values.agent }),
    createdAt: Date.now(),
  })
}

function list(args: readonly string[], environment: Environment, say: KeysOutput): void {
  const options = { json: { type: 'boolean', default: false }, file: { type: 'string' } } as const
  const { values } = parseArgs({ args: [...args], options })
  const { path, config } = placeOf(values.file, environment)
  const now = Date.now()
  const rows = (readKeyFile(path) ?? NO_KEYS).keys.map((key) => shown(key, now))
  if (values.json) return say.out(`${JSON.stringify(rows, null, 2)}\n`)
  say.out(table(rows))
  const configured = config?.keys.map(({ name }) => name) ?? []
  say.err(`${rows.length} in ${path}${configured.length === 0 ? '' : `; in the configuration: ${configured.join(', ')}`}\n`)
}

const COLUMNS = ['name', 'scopes', 'platforms', 'agent', 'created', 'rotated', 'oldSecretUntil', 'sha256'] as const
type Row = Readonly<Record<(typeof COLUMNS)[number], string>>

/** A key for people: the first digits of its hash only, enough to tell two apart. */
function shown(key: StoredKey, now: number): Row {
  const instant = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString())
  return {
    name: key.name,
    scopes: key.scopes.join(','),
    platforms: key.agent === undefined ? (key.platforms?.join(',') ?? 'all') : '',
    agent: key.agent ?? '',
    created: instant(key.createdAt),
    rotated: instant(key.rotatedAt),
    oldSecretUntil: key.previous !== undefined && key.previous.until > now ? instant(key.previous.until) : '',
    sha256: `${key.sha256.slice(0, 8)}…`,
  }
}

function table(rows: readonly Row[]): string {
  const lines = [Object.fromEntries(COLUMNS.map((column) => [column, column])) as Row, ...rows]
  const shownColumns = COLUMNS.filter((column) => rows.some((row) => row[column] !== '') || column === 'name')
  const widths = shownColumns.map((column) => Math.max(...lines.map((line) => line[column].length)))
  return lines
    .map((line) => `${shownColumns.map((column, at) => line[column].padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd() + '\n')
    .join('')
}

async function rotate(args: readonly string[], environment: Environment, say: KeysOutput): Promise<void> {
  const options = { grace: { type: 'string' }, file: { type: 'string' } } as const
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const name = nameOf(positionals, 'rotate')
  const graceMs = values.grace === undefined ? 0 : durationOf('--grace', values.grace)
  const place = placeOf(values.file, environment)
  const secret = newKey('cti')
  await change(place, 'rotated', name, (file, now) => {
    const old = needKey(file, name, place)
    const { previous: _dropped, ...rest } = old
    const fresh: StoredKey = {
      ...rest,
      sha256: hashKey(secret),
      rotatedAt: now,
      ...(graceMs > 0 && { previous: { sha256: old.sha256, until: now + graceMs } }),
    }
    return file.keys.map((key) => (key === old ? fresh : key))
  })
  say.err(`The new secret of the key "${name}"; keep it now, it is shown this once:\n`)
  say.out(`${secret}\n`)
  say.err(
    graceMs > 0 ? `The old one works until ${new Date(Date.now() + graceMs).toISOString()}.\n` : 'The old one stops working within 2 s.\n',
  )
}

async function revoke(args: readonly string[], environment: Environment, say: KeysOutput): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], options: { file: { type: 'string' } }, allowPositionals: true })
  const name = nameOf(positionals, 'revoke')
  const place = placeOf(values.file, environment)
  await change(place, 'revoked', name, (file) => {
    const gone = needKey(file, name, place)
    return file.keys.filter((key) => key !== gone)
  })
  say.err(`The key "${name}" is revoked. It stops working within 2 s.\n`)
}

/** Changes the keys, and notes who did it in the same write. */
async function change(
  { path }: Place,
  what: KeyChange['what'],
  name: string,
  keysOf: (file: KeyFile, now: number) => readonly StoredKey[],
): Promise<void> {
  await changeKeyFile(
    path,
    (file) => {
      const at = Date.now()
      const keys = [...keysOf(file, at)]
      return { file: { ...file, keys, changes: [...file.changes, { what, name, at, by: userName() }] }, result: undefined }
    },
    (ms) => sleep(ms),
  )
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown' // a user id without an entry, as in some containers
  }
}

function needKey(file: KeyFile, name: string, { path, config }: Place): StoredKey {
  const found = file.keys.find((key) => key.name === name)
  if (found !== undefined) return found
  if (config?.keys.some((key) => key.name === name) === true)
    throw new Error(`the key "${name}" is in the configuration; change it there and start the gateway anew`)
  const names = file.keys.map((key) => key.name)
  throw new Error(`there is no key "${name}" in ${path}; ${names.length === 0 ? 'it holds none' : `there are ${names.join(', ')}`}`)
}

function refuseUnknown({ config }: Place, key: StoredKey): void {
  if (config === undefined) return
  if (config.keys.some(({ name }) => name === key.name))
    throw new Error(`there is a key "${key.name}" in the configuration already; choose another NAME`)
  const [platform] = unknownPlatforms(config, key.platforms ?? [])
  if (platform !== undefined) throw new Error(`--platforms: ${noPlatform(config, platform)}`)
  const [own] = unknownPlatforms(config, key.agent === undefined ? [] : [key.agent.slice(0, key.agent.indexOf('/'))])
  if (own !== undefined) throw new Error(`--agent: ${noPlatform(config, own)}`)
}

function placeOf(file: string | undefined, environment: Environment): Place {
  if (file !== undefined) return { path: file, config: undefined }
  const config = loadConfig(environment)
  return { path: keysFileOf(config), config }
}

function nameOf(positionals: readonly string[], verb: string): string {
  const [name, ...more] = positionals
  if (name === undefined) throw new Error(`NAME is missing: cti-gateway keys ${verb} NAME …`)
  if (more.length > 0)
    throw new Error(`"${more.join(' ')}" is too much: a key has one NAME, and lists are separated by commas without spaces`)
  return name
}

function listOf(option: string, text: string): readonly string[] {
  const members = text.split(',').map((member) => member.trim())
  if (members.some((member) => member === '')) throw new Error(`${option}: "${text}" has an empty member; separate them by single commas`)
  return [...new Set(members)]
}

function durationOf(option: string, text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN)
  if (!(ms > 0) || ms > MAX_GRACE_MS)
    throw new Error(`${option}: "${text}" is not a duration such as 90s, 15m, 24h or 7d, at most 30d; leave it out for none`)
  return ms
}
