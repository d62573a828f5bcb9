import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, portOf, until, type FailoverServers } from './failover-servers.js'
import { freePort, gone, startRedisServer, type TestServer } from './redis-server.js'

const MASTER = 'mymaster'
const SENTINELS = 3
/**
 * Sentinel asks each server every second: with less it takes the one that it has just promoted for dead as well, promotes the other one beside it, and
 * leads the first back only ten seconds later; until then there is no replica at all.
 */
const DOWN_AFTER_MS = 2000

async function startSentinel(
  dir: string,
  masterPort: number,
  password: string | undefined,
): Promise<{ port: number; child: ChildProcess }> {
  const port = await freePort()
  const file = join(dir, `sentinel-${port}.conf`)
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER} 4000`,
    `sentinel parallel-syncs ${MASTER} 1`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER} ${password}`]),
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  return { port, child }
}

/** Fields of an answer that comes as name, value, name, … */
function field(answer: unknown, name: string): string | undefined {
  const flat = answer as readonly string[]
  return flat[flat.indexOf(name) + 1]
}

/** One master, two replicas and three sentinels, private, in temporary folders. */
export async function startRedisSentinel(password?: string): Promise<FailoverServers & { replicas(): Promise<readonly TestServer[]> }> {
  const login = password === undefined ? {} : { password }
  const first = await startRedisServer(['--repl-diskless-sync-delay', '0'], password)
  const replicaOf = ['--replicaof', '127.0.0.1', String(portOf(first)), '--repl-diskless-sync-delay', '0']
  const servers = [first, await startRedisServer(replicaOf, password), await startRedisServer(replicaOf, password)]
  const dir = await mkdtemp(join(tmpdir(), 'cti-sentinel-'))
  const sentinels = await Promise.all(Array.from({ length: SENTINELS }, () => startSentinel(dir, portOf(first), password)))
  const ports = sentinels.map(({ port }) => port)

  async function master(): Promise<TestServer> {
    const address = await ask(ports[0] ?? 0, (redis) => redis.call('SENTINEL', 'get-master-addr-by-name', MASTER))
    const found = servers.find((server) => portOf(server) === Number((address as string[])[1]))
    if (found === undefined) throw new Error('Sentinel names no server of ours')
    return found
  }
  async function isSettled(port: number): Promise<boolean> {
    const answer = await ask(port, (redis) => redis.call('SENTINEL', 'master', MASTER))
    return field(answer, 'num-slaves') === '2' && field(answer, 'num-other-sentinels') === String(SENTINELS - 1)
  }
  async function isLinked(server: TestServer): Promise<boolean> {
    const info = await ask(portOf(server), (redis) => redis.info('replication'), login)
    return info.includes('role:master') ? info.includes('connected_slaves:2') : info.includes('master_link_status:up')
  }

  const settled = (): Promise<void> =>
    until('replicas and sentinels', async () => {
      const facts = await Promise.all([...ports.map(isSettled), ...servers.map(isLinked)])
      return facts.every(Boolean)
    })
  await settled()
  return {
    url: `redis+sentinel://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}${ports.map((port) => `127.0.0.1:${port}`).join(',')}/${MASTER}`,
    master,
    settled,
    async replicas() {
      const now = await master()
      return servers.filter((server) => server !== now)
    },
    async replicated() {
      await ask(portOf(await master()), (redis) => redis.wait(2, 5000), login)
    },
    async handOver() {
      const before = await master()
      await until('the hand-over', async () => {
        await ask(ports[0] ?? 0, (redis) => redis.call('SENTINEL', 'FAILOVER', MASTER))
        return true
      })
      await until('the new master', async () => (await master()).url !== before.url)
    },
    async stop() {
      for (const { child } of sentinels) {
        child.kill('SIGKILL')
        await gone(child)
      }
      await Promise.all(servers.map((server) => server.stop()))
      await rm(dir, { recursive: true, force: true })
    },
  }
}
