import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { ciscoCtiSimulator } from '../../../src/simulators/cisco-cti/index.js'
import { ciscoFinesseSimulator } from '../../../src/simulators/cisco-finesse/index.js'
import { runSimulator, type RunningSimulator } from '../../../src/simulators/kit/run.js'
import { openRequest } from '../cisco-cti/client.js'
import { call, listen, tag, until } from './helpers.js'

const file = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
const TLS = { tlsKey: file('test-key.pem'), tlsCert: file('test-cert.pem') }
// The certificate of the fixtures is self-signed, and the stock XMPP client takes no certificate authority.
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'

let site: RunningSimulator
afterEach(() => site.stop())

it('speaks HTTPS and XMPP over TLS, where the stock client signs in by PLAIN (vendors/cisco.md 4.1, 4.8)', async () => {
  site = await runSimulator(ciscoFinesseSimulator, { options: { ...TLS, loggedIn: '1', saslMechanisms: 'PLAIN' } })
  const base = site.simulator.endpoints['primary']!
  expect(base).toMatch(/^https:/)
  expect(tag((await call(base, 'GET', '/SystemInfo')).text, 'status')).toBe('IN_SERVICE')
  const ears = await listen(site.simulator.endpoints['primary-xmpp']!, '1001')
  await until(() => ears.presences.length > 0)
  await call(base, 'PUT', '/User/1001', { as: '1001', body: '<User><state>READY</state></User>' })
  await ears.next((payload) => tag(payload, 'state') === 'READY')
  site.faults.add({ kind: 'drop-before', operation: 'GET /SystemInfo', times: 1 })
  await expect(call(base, 'GET', '/SystemInfo')).rejects.toThrow('fetch failed')
  await ears.stop()
})

it('speaks GED-188 over TLS and resets connections there too (vendors/cisco.md 1.11)', async () => {
  site = await runSimulator(ciscoCtiSimulator, { options: TLS })
  const { hostname, port } = new URL(site.simulator.endpoints['side-a']!)
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
  socket.on('error', () => undefined)
  const first = new Promise<Buffer>((resolve) => socket.once('data', resolve))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(Buffer.from(openRequest(15), 'hex'))
  expect((await first).readUInt32BE(4)).toBe(4)
  site.simulator.event('side-down', { side: 'A' })
  await closed
})

it('wants a client certificate where the site does', async () => {
  site = await runSimulator(ciscoCtiSimulator, { options: { ...TLS, tlsClientCa: TLS.tlsCert } })
  const { hostname, port } = new URL(site.simulator.endpoints['side-a']!)
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
  const error = await new Promise<Error>((resolve) => socket.once('error', resolve))
  expect(error.message).toMatch(/certificate required|alert|ECONNRESET/)
})
