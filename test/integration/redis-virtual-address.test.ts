import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import { accept, soon, unique } from '../support/drafts.js'
import { ask, portOf, until } from '../support/failover-servers.js'
import { createLogSpy } from '../support/log-spy.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'

/** One address before several servers: new connections go to the present one, those that stand stay where they are. */
function startVirtualAddress(first: number) {
  let target = first
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const behind = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  return new Promise<{ port: number; pointTo: (port: number) => void; stop: () => void }>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : 0,
        pointTo: (port) => void (target = port),
        stop() {
          server.close()
          sockets.forEach((socket) => socket.destroy())
        },
      })
    })
  })
}

let servers: readonly [TestServer, TestServer]
beforeAll(async () => {
  const first = await startRedisServer()
  servers = [first, await startRedisServer(['--replicaof', '127.0.0.1', String(portOf(first)), '--repl-diskless-sync-delay', '0'])]
}, 30_000)
afterAll(() => Promise.all(servers.map((server) => server.stop())))

it('a connection that leads to a server that is not the master any more is made anew', async () => {
  const [first, second] = servers
  await until('the replica', async () => (await ask(portOf(second), (redis) => redis.info('replication'))).includes('link_status:up'))
  const address = await startVirtualAddress(portOf(first))
  const engine = await openEngine(`redis://127.0.0.1:${address.port}`, {
    dataDir: '',
    log: createLogSpy(),
    clock: systemClock,
    owner: 'test',
  })
  const woken: string[] = []
  await engine.wakeUps.start((key) => {
    woken.push(key)
    return Promise.resolve()
  })
  const before = await accept(engine.log, { agentId: unique('agent') })
  await ask(portOf(first), (redis) => redis.wait(1, 5000))

  await ask(portOf(second), (redis) => redis.replicaof('NO', 'ONE'))
  address.pointTo(portOf(second))
  // Redis closes nothing by itself here: only its answers tell that it is a replica now.
  await ask(portOf(first), (redis) => redis.replicaof('127.0.0.1', portOf(second)))

  await vi.waitFor(() => accept(engine.log, { agentId: unique('agent') }), { timeout: 10_000, interval: 50 })
  const key = unique('p/again')
  await vi.waitFor(() => engine.wakeUps.wake(key, { delayMs: 0, priority: 1 }), { timeout: 10_000, interval: 50 })
  await vi.waitFor(() => expect(woken).toContain(key), 10_000)
  expect(await engine.log.get(before.id, soon())).toStrictEqual(before)
  await engine.close()
  address.stop()
}, 60_000)
