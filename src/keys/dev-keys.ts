import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config.js'
import { SITE_SCOPES, type ApiKey, type Scope } from '../http/principal.js'
import { keysFileOf } from './key-file.js'

/** The three development keys and what each may do. */
const SCOPES_OF: Readonly<Record<'crm' | 'supervisor' | 'admin', readonly Scope[]>> = {
  crm: ['agent:read', 'agent:write'],
  supervisor: ['agent:read', 'agent:write', 'supervisor:logout', 'reports:read'],
  admin: SITE_SCOPES,
}

const file = z.strictObject({ crm: z.string().min(16), supervisor: z.string().min(16), admin: z.string().min(16) })
export type DevKeys = z.infer<typeof file>

export interface DevKeysResult {
  readonly path: string
  readonly secrets: DevKeys
  readonly keys: readonly ApiKey[]
}

/** The keys of the configuration, or where nobody has made any, development keys. A keys file counts as made, also an empty one. */
export function keysAtStart(config: Config): { readonly keys: readonly ApiKey[]; readonly dev?: DevKeysResult } {
  if (config.keys.length > 0 || existsSync(keysFileOf(config))) return { keys: config.keys }
  const dev = developmentKeys(config.dataDir)
  return { keys: dev.keys, dev }
}

/** Reads `<dataDir>/dev-keys.json`, or makes it once with random keys, readable by its owner only. */
export function developmentKeys(dataDir: string): DevKeysResult {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, 'dev-keys.json')
  let secrets: DevKeys
  try {
    // `wx`: two starts at once do not overwrite each other's keys.
    secrets = { crm: newKey('crm'), supervisor: newKey('sup'), admin: newKey('adm') }
    writeFileSync(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const parsed = file.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (!parsed.success) throw new Error(`${path} is damaged; delete it and start again to get new keys`)
    secrets = parsed.data
  }
  const keys = (Object.keys(SCOPES_OF) as (keyof DevKeys)[]).map((name) => ({
    name,
    sha256: hashKey(secrets[name]),
    scopes: SCOPES_OF[name],
  }))
  return { path, secrets, keys }
}

export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

export function newKey(prefix: string): string {
  return `${prefix}_${randomBytes(24).toString('base64url')}`
}
