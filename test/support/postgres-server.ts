import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort, gone, type TestServer } from './redis-server.js'

/** Debian keeps the server's programs out of the PATH. */
const SYSTEM_FOLDER = '/usr/lib/postgresql'

function findPrograms(): string {
  const versions = existsSync(SYSTEM_FOLDER) ? readdirSync(SYSTEM_FOLDER).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...versions.map((version) => join(SYSTEM_FOLDER, version, 'bin'))]
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
  if (found === undefined) throw new Error('PostgreSQL is missing; install it: apt-get install postgresql')
  return found
}

/** PostgreSQL refuses to run as root; then it gets an unprivileged user's identity. */
function identity(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string, user: string): number => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout.trim() || NaN)
  const user = Number.isNaN(id('-u', 'postgres')) ? 'nobody' : 'postgres'
  return { uid: id('-u', user), gid: id('-g', user) }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((candidate) => {
      try {
        const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid
      } catch {
        return false
      }
    })
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 500 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

/** Starts a private PostgreSQL in a temporary folder on a free port; trusts everybody on the loop-back address. */
export async function startPostgresServer(): Promise<TestServer> {
  const programs = findPrograms()
  const user = identity()
  const dir = await mkdtemp(join(tmpdir(), 'cti-postgres-'))
  if (user.uid !== undefined && user.gid !== undefined) chownSync(dir, user.uid, user.gid)
  const data = join(dir, 'data')
  const made = spawnSync(join(programs, 'initdb'), ['-D', data, '-U', 'cti', '-A', 'trust', '-E', 'UTF8', '--locale', 'C', '--no-sync'], {
    ...user,
    cwd: dir,
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const url = `postgres://cti@127.0.0.1:${port}/postgres`
  let child: ChildProcess

  async function start(): Promise<void> {
    const settings = [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
      '-c',
      'fsync=off',
      '-c',
      'restart_after_crash=off',
    ]
    child = spawn(join(programs, 'postgres'), ['-D', data, '-p', String(port), ...settings], { ...user, cwd: dir, stdio: 'ignore' })
    for (let tries = 0; tries < 500; tries += 1) {
      if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`)
      if (await answers(url)) return
      await sleep(20)
    }
    throw new Error('postgres did not answer')
  }
  /** The server is a family of processes: the parent first when stopping, so that it starts no further one. */
  function signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    const parent = child.pid
    if (parent === undefined || child.exitCode !== null || child.signalCode !== null) return
    const children = childrenOf(parent)
    for (const pid of [parent, ...children]) {
      try {
        process.kill(pid, name)
      } catch {
        // It has ended by itself meanwhile.
      }
    }
  }
  async function kill(): Promise<void> {
    signal('SIGKILL')
    await gone(child)
    await sleep(100)
  }

  await start()
  return {
    url,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    kill,
    restart: start,
    async stop() {
      await kill()
      await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
