import { SLOT } from '../../src/core/store/redis-nodes.js'
import { ask, portOf, until, type FailoverServers } from './failover-servers.js'
import { freePort, startRedisServer, type TestServer } from './redis-server.js'

const SLOTS = 16_384
const MASTERS = 3

async function startNode(): Promise<TestServer> {
  const bus = await freePort()
  const settings = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '1500']
  return startRedisServer([...settings, '--cluster-port', String(bus), '--repl-diskless-sync-delay', '0'])
}

async function busPort(server: TestServer): Promise<number> {
  return Number(/@(\d+)/.exec(await ask(portOf(server), (redis) => redis.call('CLUSTER', 'NODES') as Promise<string>))?.[1])
}

const idOf = (server: TestServer): Promise<string> => ask(portOf(server), (redis) => redis.call('CLUSTER', 'MYID') as Promise<string>)

/** The node among these that says of itself that it is a master with our slot. */
async function ownerAmong(servers: readonly TestServer[]): Promise<TestServer> {
  for (const server of servers) {
    const text = await ask(portOf(server), (redis) => redis.call('CLUSTER', 'NODES') as Promise<string>).catch(() => '')
    const mine = text.split('\n').find((line) => line.includes('myself,master')) ?? ''
    const ranges = mine
      .split(' ')
      .slice(8)
      .map((range) => range.split('-').map(Number))
    if (ranges.some(([from = -1, to = from]) => SLOT >= from && SLOT <= to)) return server
  }
  throw new Error('no node has our slot')
}

/** Three masters, and a replica of each: private servers in temporary folders. */
export async function startRedisCluster(): Promise<FailoverServers> {
  const servers = await Promise.all(Array.from({ length: 2 * MASTERS }, startNode))
  const [first, ...others] = servers
  if (first === undefined) throw new Error('no node was started')
  for (const [index, server] of servers.slice(0, MASTERS).entries()) {
    const [from, to] = [Math.ceil((SLOTS * index) / MASTERS), Math.ceil((SLOTS * (index + 1)) / MASTERS) - 1]
    await ask(portOf(server), (redis) => redis.call('CLUSTER', 'ADDSLOTSRANGE', from, to))
  }
  for (const server of others) {
    const port = await busPort(server)
    await ask(portOf(first), (redis) => redis.call('CLUSTER', 'MEET', '127.0.0.1', portOf(server), port))
  }
  for (const [index, server] of servers.slice(MASTERS).entries()) {
    const master = await idOf(servers[index] as TestServer)
    await until('the replica', async () => (await ask(portOf(server), (redis) => redis.call('CLUSTER', 'REPLICATE', master))) === 'OK')
  }

  async function isPlaced(server: TestServer): Promise<boolean> {
    const [cluster, info, nodes] = await ask(portOf(server), (redis) =>
      Promise.all([redis.call('CLUSTER', 'INFO'), redis.info('replication'), redis.call('CLUSTER', 'NODES')] as Promise<string>[]),
    )
    const known = cluster?.includes('cluster_state:ok') === true && cluster.includes(`cluster_known_nodes:${servers.length}`)
    const linked = info?.includes(info.includes('role:master') ? 'connected_slaves:1' : 'master_link_status:up') === true
    return known && linked && nodes?.includes('fail') === false
  }
  const settled = (): Promise<void> =>
    until('the nodes of the cluster', async () => (await Promise.all(servers.map(isPlaced))).every(Boolean))
  const master = (): Promise<TestServer> => ownerAmong(servers)

  await settled()
  return {
    url: `redis+cluster://${servers
      .slice(0, 2)
      .map((server) => `127.0.0.1:${portOf(server)}`)
      .join(',')}`,
    master,
    settled,
    async replicated() {
      await ask(portOf(await master()), (redis) => redis.wait(1, 5000))
    },
    async handOver() {
      const before = await master()
      const id = await idOf(before)
      for (const server of servers) {
        const nodes = await ask(portOf(server), (redis) => redis.call('CLUSTER', 'NODES') as Promise<string>)
        if (nodes.includes(`myself,slave ${id}`)) await ask(portOf(server), (redis) => redis.call('CLUSTER', 'FAILOVER'))
      }
      await until('the new master', async () => (await master()).url !== before.url)
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}
