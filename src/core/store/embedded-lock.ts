import { createHash } from 'node:crypto'
import { link, open, realpath, rename, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { storeUnavailable } from './deadline.js'

export interface FolderLock {
  release(): Promise<void>
}

const SOCKET_NAME = 'lock.sock'
/** Longest path of a Unix socket, bytes. */
const MAX_SOCKET_PATH = 103
const ASK_TIMEOUT_MS = 1000
const RECHECK_AFTER_MS = 30

type Answer = { readonly kind: 'nobody' } | { readonly kind: 'owner'; readonly pid: string }

/** Asks who listens. Somebody who does not answer is an owner too: a stopped process still owns its files. */
function ask(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const done = (answer: Answer): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => done({ kind: 'owner', pid: 'unknown, it does not answer' }), ASK_TIMEOUT_MS)
    socket.once('data', (data) => done({ kind: 'owner', pid: data.toString('utf8').trim() }))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const vacant = error.code === 'ECONNREFUSED' || error.code === 'ENOENT'
      done(vacant ? { kind: 'nobody' } : { kind: 'owner', pid: `unknown, ${error.code ?? error.message}` })
    })
    socket.once('end', () => done({ kind: 'owner', pid: 'unknown, it is starting or ending' }))
  })
}

/** Listens and tells its process id to everybody who connects. Undefined when the name is taken. */
function hold(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end(String(process.pid))
    })
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(path, () => {
      server.unref()
      resolve(server)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function inUse(dataDir: string, pid: string): Error {
  return storeUnavailable(
    `The data folder ${dataDir} is in use by another gateway (process ${pid}). Stop it, or set another \`dataDir\`; ` +
      'several gateways on one store need Redis or PostgreSQL.',
  )
}

/** A stale socket file (its process was killed) is moved away, not deleted: should it turn out to be alive, it is put back. */
async function takeOver(dataDir: string, path: string): Promise<Server> {
  const aside = `${path}.${process.pid}`
  await rename(path, aside).catch(() => undefined)
  const owner = await ask(aside)
  if (owner.kind === 'owner') {
    await link(aside, path).catch(() => undefined)
    await rm(aside, { force: true })
    throw inUse(dataDir, owner.pid)
  }
  await rm(aside, { force: true })
  const server = await hold(path)
  if (server === undefined) throw inUse(dataDir, 'unknown, it has just started')
  await sleep(RECHECK_AFTER_MS)
  const holder = await ask(path)
  if (holder.kind === 'owner' && holder.pid === String(process.pid)) return server
  server.close()
  throw inUse(dataDir, holder.kind === 'owner' ? holder.pid : 'unknown')
}

async function holdFile(dataDir: string, path: string): Promise<Server> {
  const server = await hold(path)
  if (server !== undefined) return server
  const owner = await ask(path)
  if (owner.kind === 'owner') throw inUse(dataDir, owner.pid)
  return takeOver(dataDir, path)
}

/**
 * Makes this process the only one that writes the folder. PGlite takes no lock of its own: two processes corrupt the
 * folder in silence (its issues 1106 and 892).
 *
 * Two names, both held by the kernel, so that they vanish with the process and nothing must time out: an abstract socket
 * (Linux; per network namespace) and a socket file in the folder (seen by two containers that share a volume).
 * Fails with STORE_UNAVAILABLE and the owner's process id. Network file systems are not supported.
 */
export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const real = await realpath(dataDir)
  const held: Server[] = []
  const release = async (): Promise<void> => {
    await Promise.all(held.splice(0).map(closeServer))
  }
  try {
    if (process.platform === 'linux') {
      const name = `\0cti-gateway-${createHash('sha256').update(real).digest('hex').slice(0, 32)}`
      const server = await hold(name)
      if (server === undefined) {
        const owner = await ask(name)
        throw inUse(real, owner.kind === 'owner' ? owner.pid : 'unknown, it is ending')
      }
      held.push(server)
    }
    held.push(await holdFileAnyLength(real))
    return { release }
  } catch (error) {
    await release()
    throw error
  }
}

/** A Unix socket's path is short; on Linux a longer folder is reached through a descriptor of it. */
async function holdFileAnyLength(real: string): Promise<Server> {
  const path = join(real, SOCKET_NAME)
  if (Buffer.byteLength(path) + String(process.pid).length + 1 <= MAX_SOCKET_PATH) return holdFile(real, path)
  if (process.platform !== 'linux') throw storeUnavailable(`The path of the data folder ${real} is too long; at most 90 bytes.`)
  const folder = await open(real, 'r')
  const server = await holdFile(real, `/proc/self/fd/${folder.fd}/${SOCKET_NAME}`)
  server.once('close', () => void folder.close())
  return server
}
