import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { hashKey } from '../../src/keys/dev-keys.js'
import { SITE_SCOPES } from '../../src/http/principal.js'
import { freePort } from '../support/redis-server.js'
import { createDiary, type Diary } from './diary.js'
import { openEngine, type EngineHandle, type Fsync } from './engines.js'
import type { Options } from './options.js'
import { platformNamed, type ChaosPlatform } from './platforms.js'
import { createSlot, type Slot } from './slot.js'
import { startVendor, type Vendor } from './vendors.js'

export const KEY = 'chaos-key-of-one-run'
const AGENTS = 40

/** Everything of one run: the engine, the vendors, the gateways before them. */
export interface Site {
  readonly folder: string
  readonly engine: EngineHandle
  readonly vendors: readonly Vendor[]
  readonly slots: readonly Slot[]
  readonly diary: Diary
  vendor(id: string): Vendor
  stop(): Promise<void>
}

export interface SiteSettings {
  readonly options: Options
  /** Instead of `--only-platforms`. */
  readonly platforms?: readonly ChaosPlatform[]
  readonly agents?: number
  /** Gateways with crash points; otherwise `cti-gateway start` itself. */
  readonly watched?: boolean
  readonly environment?: Readonly<Record<string, string>>
  /** Members of the configuration besides engine, keys and platforms. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Of Redis, unless `--fsync` says otherwise; missing: every write. */
  readonly fsync?: Fsync
  /** Instead of the engine of `--engine`. */
  readonly engine?: EngineHandle
  /** Instead of the platform's own start. */
  readonly vendor?: (platform: ChaosPlatform, agents: number, seed: number) => Promise<Vendor>
}

/** Starts engine, vendors and gateways, and waits until all gateways are ready. What was started is stopped when one fails. */
export async function startSite(settings: SiteSettings): Promise<Site> {
  const { options } = settings
  const folder = await mkdtemp(join(tmpdir(), 'cti-chaos-'))
  const cleaning: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })]
  const stop = async (): Promise<void> => {
    for (const clean of cleaning.splice(0).reverse()) await clean().catch((error: unknown) => console.error(error))
  }
  try {
    const dataDir = join(folder, 'data')
    const engine = settings.engine ?? (await openEngine(options.engine, dataDir, options.fsync ?? settings.fsync))
    cleaning.push(() => engine.stop())
    const agents = settings.agents ?? options.agents ?? AGENTS
    const vendors: Vendor[] = []
    for (const platform of settings.platforms ?? options.platforms.map(platformNamed)) {
      const vendor = await (settings.vendor ?? startVendor)(platform, agents, options.seed)
      vendors.push(vendor)
      cleaning.push(() => vendor.stop())
    }
    const diary = createDiary()
    const slots: Slot[] = []
    for (let number = 0; number < options.processes; number += 1) {
      const config = join(folder, `gateway-${number}.yaml`)
      await writeFile(config, stringify({ ...configOf(engine.url, vendors), ...settings.config }))
      // Each process has a folder of its own, as on two machines; the embedded engine's is the first one's.
      const data = number === 0 ? dataDir : join(folder, `data-${number}`)
      const environment = { CTI_CONFIG: config, CTI_ENGINE: engine.url, CTI_DATA_DIR: data, ...settings.environment }
      const slot = createSlot({ number, port: await freePort(), environment, watched: settings.watched === true, diary })
      slots.push(slot)
      cleaning.push(() => slot.stop())
    }
    await Promise.all(slots.map((slot) => slot.ready()))
    return {
      folder,
      engine,
      vendors,
      slots,
      diary,
      vendor(id) {
        const found = vendors.find(({ platform }) => platform.id === id)
        if (found === undefined) throw new Error(`this scenario needs the platform ${id}`)
        return found
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Starts a site for one piece of work and ends it whatever happens; what the gateways wrote is shown when the work fails. */
export async function withSite<T>(settings: SiteSettings, say: (text: string) => void, work: (site: Site) => Promise<T>): Promise<T> {
  const site = await startSite(settings)
  try {
    return await work(site)
  } catch (error) {
    for (const slot of site.slots) say(`gateway ${slot.number} (${slot.deaths} deaths): ${slot.output()}`)
    throw error
  } finally {
    await site.stop()
  }
}

function configOf(engine: string, vendors: readonly Vendor[]): Readonly<Record<string, unknown>> {
  return {
    engine,
    logLevel: 'warn',
    keys: [{ name: 'chaos', sha256: hashKey(KEY), scopes: SITE_SCOPES }],
    platforms: vendors.map(({ config }) => config),
  }
}
