import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Logger } from '../adapter.js'
import type { Witness, WitnessStore } from '../site/rollback-watch.js'

const schema = z.strictObject({ engine: z.string(), epoch: z.string(), count: z.number().int(), at: z.number() })

/**
 * Which engine a setting means, as a hash: its address without user, password and options, so that a changed password does not
 * make it another engine; for the embedded one its folder.
 */
export function engineIdentity(setting: string, dataDir: string): string {
  const address = setting === 'embedded' ? `embedded:${resolve(dataDir)}` : setting.replace(/\/\/[^@/]*@/, '//').replace(/[?#].*$/, '')
  return createHash('sha256').update(address).digest('hex')
}

const NAME = 'engine-witness.json'
/** A write takes milliseconds: what has been beside the file for so long was left by a killed process, ms. */
const LEFT_MS = 60_000

/**
 * The witness in `<dataDir>/engine-witness.json`. Written beside and renamed: a reader meets the old or the new one, whole.
 * A folder that cannot be written to is told once.
 */
export function createWitnessFile(dataDir: string, log: Logger): WitnessStore {
  const path = join(dataDir, NAME)
  const beside = `${path}.${process.pid}`
  let told = false
  return {
    async load() {
      await removeLeftovers(dataDir)
      const text = await readFile(path, 'utf8').catch(() => undefined)
      return text === undefined ? undefined : parsed(text, log)
    },
    async save(witness) {
      try {
        await writeFile(beside, JSON.stringify(witness))
        await rename(beside, path)
      } catch (error) {
        if (!told)
          log.warn(
            { path, err: (error as Error).message },
            'the witness of the engine cannot be written: a rolled-back engine may not be noticed',
          )
        told = true
      }
    },
  }
}

async function removeLeftovers(dataDir: string): Promise<void> {
  const names = await readdir(dataDir).catch(() => [])
  for (const name of names.filter((one) => one.startsWith(`${NAME}.`))) {
    const written = await stat(join(dataDir, name)).catch(() => undefined)
    if (written !== undefined && Date.now() - written.mtimeMs > LEFT_MS) await rm(join(dataDir, name), { force: true })
  }
}

function parsed(text: string, log: Logger): Witness | undefined {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    log.warn({}, 'engine-witness.json cannot be understood; it is written anew')
    return undefined
  }
}
