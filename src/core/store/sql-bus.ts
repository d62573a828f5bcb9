import pg from 'pg'
import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import { createBusCore, NotSent, type BusCore } from './bus-core.js'

export interface SqlBusParts {
  readonly clock: Clock
  readonly log: Logger
  readonly url: string
  /** Shown as application_name. */
  readonly name: string
  readonly sender: string
}

const CHANNEL = 'cti_bus'
/** PostgreSQL takes less than 8,000 bytes. */
const MAX_FRAME_BYTES = 7900
const QUERY_TIMEOUT_MS = 1500
const CONNECT_TIMEOUT_MS = 2000
const CHECK_EVERY_MS = 5000
const AGAIN_MS = 300
const PUBLISH = `select pg_notify('${CHANNEL}', frame) from unnest($1::text[]) as frame`

/**
 * The bus on LISTEN and NOTIFY, on one connection of its own: what it sends stays in order, and a slow engine takes no
 * connection from the command log. A connection that fails or is silent is thrown away and made anew.
 */
export async function createSqlBus(parts: SqlBusParts): Promise<BusCore> {
  const { clock, log, sender } = parts
  let client: pg.Client | undefined
  let closed = false
  let cancelAgain = (): void => undefined

  const core = createBusCore({ clock, log, sender, maxFrameBytes: MAX_FRAME_BYTES, send })

  function drop(lost: pg.Client): void {
    lost.end().catch(() => undefined)
    if (client !== lost) return
    client = undefined
    if (!closed) cancelAgain = clock.after(AGAIN_MS, () => void connect())
  }

  async function send(frames: readonly string[]): Promise<void> {
    const current = client
    if (current === undefined) throw new NotSent('the engine is away')
    try {
      await current.query(PUBLISH, [frames])
    } catch (error) {
      drop(current)
      throw error
    }
  }

  async function connect(): Promise<void> {
    const made = createClient(parts)
    client = undefined
    made.on('error', () => drop(made))
    made.on('end', () => drop(made))
    made.on('notification', ({ payload }) => core.receive(payload ?? ''))
    try {
      await made.connect()
      await made.query(`listen ${CHANNEL}`)
      if (closed) await made.end()
      else client = made
      core.kick()
    } catch (error) {
      log.debug({ error: error instanceof Error ? error.message : String(error) }, 'the bus has no connection')
      made.end().catch(() => undefined)
      if (!closed) cancelAgain = clock.after(AGAIN_MS, () => void connect())
    }
  }

  await connect()
  const stopChecks = clock.every(CHECK_EVERY_MS, () => {
    const current = client
    current?.query('select 1').catch(() => drop(current))
  })
  return {
    ...core,
    close() {
      closed = true
      stopChecks()
      cancelAgain()
      core.close()
      client?.end().catch(() => undefined)
    },
  }
}

function createClient({ url, name }: SqlBusParts): pg.Client {
  return new pg.Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
}
