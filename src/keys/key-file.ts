import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config.js'
import type { ApiKey } from '../http/principal.js'
import { checkKey, keyFields } from './key-schema.js'

/** How many of the newest changes the file remembers, for the audit trail. */
const CHANGES_KEPT = 200

const instant = z.number().int().min(0)
const hashed = keyFields.sha256
const keySchema = z
  .strictObject({
    ...keyFields,
    createdAt: instant,
    rotatedAt: instant.optional(),
    /** The secret before the last rotation, valid until then (epoch ms). */
    previous: z.strictObject({ sha256: hashed, until: instant }).optional(),
  })
  .superRefine(checkKey)
const changeSchema = z.strictObject({
  what: z.enum(['created', 'rotated', 'revoked']),
  name: keyFields.name,
  at: instant,
  /** The user of the operating system who did it. */
  by: z.string(),
})
const fileSchema = z.strictObject({ version: z.literal(1), keys: z.array(keySchema), changes: z.array(changeSchema) })

export type StoredKey = z.infer<typeof keySchema>
export type KeyChange = z.infer<typeof changeSchema>
/** What the keys file holds. Hashes only: no secret can be had from it. */
export type KeyFile = z.infer<typeof fileSchema>

export const NO_KEYS: KeyFile = { version: 1, keys: [], changes: [] }

export function keysFileOf(config: Pick<Config, 'keysFile' | 'dataDir'>): string {
  return config.keysFile ?? join(config.dataDir, 'keys.json')
}

/** The keys that are valid at `now`: of one that was rotated with grace, both secrets. Pure. */
export function validKeys({ keys }: KeyFile, now: number): readonly ApiKey[] {
  return keys.flatMap(({ name, sha256, scopes, platforms, agent, previous }) => {
    const rights = { name, scopes, platforms, agent }
    const current = { ...rights, sha256 }
    return previous !== undefined && previous.until > now ? [current, { ...rights, sha256: previous.sha256 }] : [current]
  })
}

/** A key that is about to be stored. Fails: naming the option of `cti-gateway keys create` and the remedy. Pure. */
export function parseKey(key: StoredKey): StoredKey {
  const parsed = keySchema.safeParse(key)
  if (parsed.success) return parsed.data
  const optionOf = (field: string): string => (field === 'name' ? 'NAME' : `--${field}`)
  throw new Error(parsed.error.issues.map(({ path, message }) => `${optionOf(String(path[0]))}: ${message}`).join('\n'))
}

/** Undefined when there is no file. Fails: with where and why, when it cannot be read or understood. */
export function readKeyFile(path: string): KeyFile | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(
      `the keys file ${path} cannot be read (${(error as Error).message}); see to its rights, or correct the setting keysFile`,
    )
  }
  return parseKeyFile(path, text)
}

/** Fails: with where and why. Pure. */
export function parseKeyFile(path: string, text: string): KeyFile {
  const damaged = (what: string): never => {
    throw new Error(`the keys file ${path} is damaged (${what}); put back a copy, or delete it and create the keys anew`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return damaged('not JSON')
  }
  const parsed = fileSchema.safeParse(value)
  if (!parsed.success) return damaged(parsed.error.issues.map(({ path: at, message }) => `${at.join('.')} ${message}`.trim()).join('; '))
  const names = parsed.data.keys.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  return twice === undefined ? parsed.data : damaged(`the name "${twice}" is there twice`)
}

/**
 * Reads the file, changes it and writes it back, alone: a second writer waits, at most 5 s. Written beside, flushed and renamed: a reader
 * meets the old or the new file, whole, and only its owner reads it. Returns what `change` returns. Fails: as `readKeyFile`, when
 * `change` does, when the lock is not to be had; then nothing has changed.
 */
export async function changeKeyFile<T>(
  path: string,
  change: (file: KeyFile) => { readonly file: KeyFile; readonly result: T },
  sleep: (ms: number) => Promise<void>,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true })
  const held = await lock(`${path}.lock`, sleep)
  try {
    const { file, result } = change(readKeyFile(path) ?? NO_KEYS)
    // Two who found the same lock left behind: the one who lost it must not write over the other.
    if (!held.isMine()) throw new Error('another cti-gateway is changing the keys; try again')
    write(path, { ...file, changes: file.changes.slice(-CHANGES_KEPT) })
    return result
  } finally {
    held.release()
  }
}

const LOCK_MS = 5_000
const LOCK_EVERY_MS = 50
/** A writer takes milliseconds: an older lock was left by one that was killed, ms. */
const LOCK_LEFT_MS = 30_000

interface Lock {
  isMine(): boolean
  release(): void
}

async function lock(path: string, sleep: (ms: number) => Promise<void>): Promise<Lock> {
  const mine = `${process.pid} ${hostname()} ${randomBytes(8).toString('hex')}`
  for (let waited = 0; ; waited += LOCK_EVERY_MS) {
    try {
      writeFileSync(path, mine, { flag: 'wx', mode: 0o600 })
      const isMine = (): boolean => textOf(path) === mine
      return { isMine, release: () => void (isMine() && rmSync(path, { force: true })) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new Error(`the keys file cannot be locked (${(error as Error).message})`)
    }
    if (wasLeft(path)) rmSync(path, { force: true })
    else if (waited >= LOCK_MS)
      throw new Error(`another cti-gateway is changing the keys (${path}); try again, or delete that file if there is none`)
    else await sleep(LOCK_EVERY_MS)
  }
}

/** Nobody will remove this lock: its process is gone, or it is older than any change takes. */
function wasLeft(path: string): boolean {
  const [pid = '', host] = (textOf(path) ?? '').split(' ')
  if (/^[1-9]\d*$/.test(pid) && host === hostname()) {
    try {
      process.kill(Number(pid), 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true
    }
  }
  const age = statSync(path, { throwIfNoEntry: false })
  return age !== undefined && Date.now() - age.mtimeMs > LOCK_LEFT_MS
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function write(path: string, file: KeyFile): void {
  const beside = `${path}.${process.pid}.tmp`
  try {
    // Not there yet, so that the mode holds from the first byte on.
    rmSync(beside, { force: true })
    const handle = openSync(beside, 'wx', 0o600)
    try {
      writeFileSync(handle, `${JSON.stringify(file, null, 2)}\n`)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw new Error(`the keys file ${path} cannot be written (${(error as Error).message})`)
  }
}
