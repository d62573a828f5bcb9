import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ciscoCtiSimulator } from '../../../src/simulators/cisco-cti/index.js'
import { FAULT_KINDS } from '../../../src/simulators/cisco-cti/faults.js'
import { runSimulator, type RunningSimulator } from '../../../src/simulators/kit/run.js'
import { openRequest, queryState, rawClient, setState, stateOf, until, type RawClient } from './client.js'

let site: RunningSimulator
let client: RawClient
let watcher: RawClient

beforeEach(async () => {
  site = await runSimulator(ciscoCtiSimulator, { options: { loggedIn: '3', systemEvents: 'no' } })
  client = await rawClient(site.simulator.endpoints['side-a']!)
  watcher = await rawClient(site.simulator.endpoints['side-a']!)
  for (const one of [client, watcher]) {
    one.send(openRequest(15))
    await one.next(4)
  }
})
afterEach(async () => {
  client.end()
  watcher.end()
  await site.stop()
})

const ready = setState(15, { state: 3, agentId: '1001', invoke: 7 })
const inState = () => site.simulator.agents()[0]?.['state']
const types = () => client.frames.slice(1).map((frame) => frame.type)
const effect = () => site.journal.list({ operation: 'SET_AGENT_STATE_REQ' }).at(-1)
const settled = () => new Promise((resolve) => setTimeout(resolve, 40))

/** Per kind: what the client has heard 40 ms later, where the agent is, and what the journal says. */
const TABLE: readonly [kind: string, heard: readonly number[], state: string, effect: string, open: boolean][] = [
  ['hang', [], 'NOT_READY', 'none', true],
  ['drop-before', [], 'NOT_READY', 'none', false],
  ['drop-after', [], 'AVAILABLE', 'applied', false],
  ['half-open', [], 'NOT_READY', 'none', true],
  ['half-open-after', [], 'AVAILABLE', 'applied', true],
  ['no-conf', [30], 'AVAILABLE', 'applied', true],
  ['no-event', [39], 'AVAILABLE', 'applied', true],
  ['accept-then-nothing', [39], 'NOT_READY', 'none', true],
  ['event-before-conf', [30, 39], 'AVAILABLE', 'applied', true],
  ['late-failure', [39, 35], 'NOT_READY', 'none', true],
  ['failure-conf', [1], 'NOT_READY', 'none', true],
  ['failure-conf-short', [1], 'NOT_READY', 'none', true],
  ['failure-conf-long', [1], 'NOT_READY', 'none', true],
  ['control-failure', [35], 'NOT_READY', 'none', true],
  ['duplicate-conf', [39, 39, 30], 'AVAILABLE', 'applied', true],
  ['duplicate-event', [39, 30, 30], 'AVAILABLE', 'applied', true],
  ['wrong-invoke-id', [39, 30], 'AVAILABLE', 'applied', true],
  ['garbage', [0xdead, 39, 30], 'AVAILABLE', 'applied', true],
  ['absurd-length', [], 'AVAILABLE', 'applied', true],
  ['truncate', [], 'AVAILABLE', 'applied', false],
  ['failure-event', [39, 30, 2], 'AVAILABLE', 'applied', true],
  ['split', [39, 30], 'AVAILABLE', 'applied', true],
  ['unknown-tag', [39, 30], 'AVAILABLE', 'applied', true],
]

describe('faults of SET_AGENT_STATE_REQ', () => {
  it.each(TABLE)('%s', async (kind, heard, state, wanted, open) => {
    site.faults.add({ kind, operation: 'SET_AGENT_STATE_REQ', times: 1 })
    client.send(ready)
    await until(() => effect() !== undefined)
    await settled()
    expect(types()).toEqual(heard)
    expect([inState(), effect()?.effect, effect()?.fault, !client.closed]).toEqual([state, wanted, kind, open])
  })

  it('is complete: every kind is in a test of this file', () => {
    const elsewhere = ['slow', 'late-event', 'late-conf', 'late-effect', 'reorder-events', 'narrow-grant', 'read-only-grant']
    expect([...TABLE.map(([kind]) => kind), ...elsewhere].sort()).toEqual(Object.keys(FAULT_KINDS).sort())
  })

  it.each([
    ['slow', [], 'NOT_READY'],
    ['late-event', [39], 'AVAILABLE'],
    ['late-conf', [30], 'AVAILABLE'],
    ['late-effect', [39], 'NOT_READY'],
  ])('%s: the rest comes after delayMs', async (kind, early, state) => {
    site.faults.add({ kind, operation: 'SET_AGENT_STATE_REQ', times: 1, delayMs: 150 })
    client.send(ready)
    await settled()
    expect([types(), inState()]).toEqual([early, state])
    await until(() => types().length === 2)
    expect([types().toSorted(), inState(), effect()?.effect]).toEqual([[30, 39], 'AVAILABLE', 'applied'])
  })

  it('reorder-events: NOT_READY before LOGIN', async () => {
    site.faults.add({ kind: 'reorder-events', agentId: '1010' })
    client.send(setState(15, { state: 0, agentId: '1010', instrument: '2010', password: 'secret-1010' }))
    expect([stateOf(await client.next(30)).state, stateOf(await client.next(30)).state]).toEqual([2, 0])
  })

  it('gives statuses and codes by body, and both forms of FAILURE_CONF', async () => {
    site.faults.add({ kind: 'failure-conf-short', body: '16', times: 1 })
    client.send(ready)
    expect((await client.next(1)).hex).toBe('00000008000000010000000700000010')
    site.faults.add({ kind: 'failure-conf-long', body: '16', times: 1 })
    client.send(ready)
    expect((await client.next(1)).hex).toBe('0000000a0000000100000007001000000000')
    site.faults.add({ kind: 'control-failure', body: '33/10104', times: 1 })
    client.send(ready)
    expect((await client.next(35)).hex).toBe('0000000a0000002300000007002100002778')
  })

  it('splits every byte of an answer, and adds tags that nobody knows', async () => {
    site.faults.add({ kind: 'unknown-tag', times: 1 })
    client.send(queryState(15, '1001'))
    expect((await client.next(37)).body.toString('latin1')).toContain('later edition')
    site.faults.add({ kind: 'narrow-grant', operation: 'OPEN_REQ', times: 1 })
    site.faults.add({ kind: 'read-only-grant', operation: 'OPEN_REQ', times: 1 })
    for (const services of [0x00102010, 0x00100010]) {
      const other = await rawClient(site.simulator.endpoints['side-a']!)
      other.send(openRequest(15))
      expect((await other.next(4)).body.readUInt32BE(4)).toBe(services)
      other.end()
    }
  })

  it('keeps a half-open connection silent for good, while others are served', async () => {
    site.faults.add({ kind: 'half-open', operation: 'SET_AGENT_STATE_REQ', times: 1 })
    client.send(ready)
    client.send(queryState(15, '1001'))
    watcher.send(setState(15, { state: 3, agentId: '1001' }))
    await watcher.next(30)
    await settled()
    expect([types(), client.closed]).toEqual([[], false])
  })

  it('drops connections, sends garbage and FAILURE_EVENT as vendor-side events', async () => {
    site.simulator.event('garbage', { hex: 'ff' })
    site.simulator.event('failure-event', { status: 11 })
    site.simulator.event('drop-connections', { side: 'A' })
    await until(() => client.closed && watcher.closed)
    expect(() => site.simulator.event('side-down', { side: 'C' })).toThrow('field "side" must be "A" or "B"')
  })
})
