/**
 * The thread that owns PGlite. PostgreSQL in WASM is synchronous: here it blocks nobody but itself.
 * Started by embedded.ts; all its work comes in messages and is done one after the other.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'

export interface ThreadData {
  readonly folder: string
  /** `create`: make the folder's database and end. `serve`: answer statements. */
  readonly task: 'create' | 'serve'
}

export type ToThread =
  | { readonly kind: 'query'; readonly id: number; readonly text: string; readonly parameters: readonly unknown[] | undefined }
  | { readonly kind: 'close' }

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'rows'; readonly id: number; readonly rows: readonly unknown[]; readonly rowCount: number }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly code: string | undefined }
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string }

/** Small memory: commands are few and short-lived. BullMQ names its tables without a schema. */
const START_PARAMETERS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=8MB', '-c', 'search_path=bullmq,public']

function post(message: FromThread): void {
  parentPort?.postMessage(message)
}

/** Without parameters the text may hold several statements; the answer is the last one's, as in node-postgres. */
async function answer(database: PGlite, id: number, text: string, parameters: readonly unknown[] | undefined): Promise<void> {
  try {
    const several = parameters === undefined || parameters.length === 0
    const result = several ? (await database.exec(text)).at(-1) : await database.query(text, [...parameters])
    const rows = result?.rows ?? []
    post({ kind: 'rows', id, rows, rowCount: rows.length > 0 ? rows.length : (result?.affectedRows ?? 0) })
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
    post({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error), code })
  }
}

async function main({ folder, task }: ThreadData): Promise<void> {
  const database = await PGlite.create(folder, { startParams: START_PARAMETERS })
  if (task === 'create') {
    await database.close()
    post({ kind: 'closed' })
    return
  }
  database.onNotification((channel, payload) => post({ kind: 'notification', channel, payload }))
  parentPort?.on('message', (message: ToThread) => {
    if (message.kind === 'query') {
      void answer(database, message.id, message.text, message.parameters)
      return
    }
    void database.close().finally(() => {
      post({ kind: 'closed' })
      parentPort?.close()
    })
  })
  post({ kind: 'ready' })
}

await main(workerData as ThreadData)
