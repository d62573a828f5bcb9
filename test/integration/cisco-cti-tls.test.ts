import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { CiscoCtiOptions } from '../../src/adapters/cisco-cti/options.js'
import { ciscoCtiSimulator } from '../../src/simulators/cisco-cti/index.js'
import { runSimulator } from '../../src/simulators/kit/run.js'
import { ciscoAdapter } from '../support/cisco-cti.js'
import { drive, until, type Driver } from '../support/drive.js'

// Certificates of an authority whose key was thrown away; they are for these tests only.
const file = (name: string): string => fileURLToPath(new URL(`../fixtures/cti-tls/${name}`, import.meta.url))
const pem = (name: string): string => readFileSync(file(name), 'utf8')
const open: { stop(): Promise<void> }[] = []

async function connect(tls: CiscoCtiOptions['tls']): Promise<{ core: Driver; health: () => string }> {
  const options = { loggedIn: '1', tlsKey: file('server.key'), tlsCert: file('server.pem'), tlsClientCa: file('ca.pem') }
  const sim = await runSimulator(ciscoCtiSimulator, { options })
  open.push(sim)
  const adapter = ciscoAdapter([Number(new URL(sim.simulator.endpoints['side-a']!).port)], { tls })
  open.unshift(adapter)
  return { core: await drive(adapter), health: () => `${adapter.health().status} ${adapter.health().detail ?? ''}` }
}

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.stop()
})

describe('TLS', () => {
  it('with a client certificate: in service', async () => {
    const { core } = await connect({ ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key') })
    await core.up()
    expect(await core.run('1001', { kind: 'READY' })).toMatchObject({ kind: 'confirmed' })
  })

  it('without the client certificate that the server wants: never in service', async () => {
    const { core } = await connect({ ca: pem('ca.pem') })
    await expect(core.up(5_000)).rejects.toThrow('not in')
  })

  it('with a server certificate of an unknown authority: never in service, and it says why', async () => {
    const { core, health } = await connect({ cert: pem('client.pem'), key: pem('client.key') })
    await until(() => /UNABLE_TO|SELF_SIGNED/.test(health()), 'the reason is told')
    expect(core.links.some((link) => link.status === 'up')).toBe(false)
  })

  it('with a certificate of another name: never in service', async () => {
    const { health } = await connect({ ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key'), servername: 'cti.example.com' })
    await until(() => health().includes('ERR_TLS_CERT_ALTNAME_INVALID'), 'the reason is told')
  })
})
