import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import type { Beat, EngineRegistry } from '../../../src/core/site/engine-registry.js'
import { CtiError } from '../../../src/core/model/error.js'
import { checkAtStart, judgeBeat, SILENCE_MS, type RollbackWatchParts, type Witness } from '../../../src/core/site/rollback-watch.js'
import { createWitnessFile, engineIdentity } from '../../../src/core/store/witness-file.js'
import { createLogSpy } from '../../support/log-spy.js'

const HERE = 'engine-here'
const witness = (change: Partial<Witness> = {}): Witness => ({ engine: HERE, epoch: 'e1', count: 100, at: 1_000, ...change })
const LONG = SILENCE_MS + 1

type Case = readonly [string, { epoch?: string; count?: number; fresh?: true; witness?: Witness; silentMs?: number; open?: number }, string]
const CASES: readonly Case[] = [
  ['a new engine, no witness', { fresh: true, count: 1, silentMs: 0 }, 'fine'],
  ['a new engine, a witness of another one', { fresh: true, count: 1, witness: witness({ engine: 'x', epoch: 'x' }) }, 'fine'],
  ['emptied: nothing old can be sent', { fresh: true, count: 1, epoch: 'e2', witness: witness(), open: 0 }, 'fine'],
  ['back to before the first beat, with commands', { fresh: true, count: 1, epoch: 'e2', witness: witness(), open: 3 }, 'rolled-back'],
  ['next beat', { count: 101, witness: witness() }, 'fine'],
  ['restart after a week', { count: 101, witness: witness(), silentMs: 7 * 86_400_000 }, 'fine'],
  ['other processes went on meanwhile', { count: 90_000, witness: witness(), silentMs: 300 }, 'fine'],
  ['smaller count', { count: 99, witness: witness() }, 'rolled-back'],
  ['the same count again: no tolerance', { count: 100, witness: witness() }, 'rolled-back'],
  ['smaller count, nothing open', { count: 5, witness: witness(), open: 0 }, 'rolled-back'],
  ['restored to another server', { count: 60, witness: witness({ engine: 'the-old-server' }) }, 'rolled-back'],
  ['moved to another server, whole', { count: 101, witness: witness({ engine: 'the-old-server' }) }, 'fine'],
  ['another process has declared an epoch', { epoch: 'e2', count: 10_101, witness: witness() }, 'fine'],
  ['back to before the witnessed epoch', { epoch: 'e0', count: 40, witness: witness() }, 'rolled-back'],
  ['a witness of another engine is ignored', { count: 7, witness: witness({ engine: 'x', epoch: 'x' }), silentMs: 1_000 }, 'fine'],
  [
    'ignored too, after a long silence with commands',
    { count: 7, witness: witness({ engine: 'x', epoch: 'x' }), silentMs: LONG },
    'rolled-back',
  ],
  ['no witness, beaten a moment ago', { count: 7, silentMs: 1_000 }, 'fine'],
  ['no witness, long silence, commands', { count: 7, silentMs: LONG }, 'rolled-back'],
  ['no witness, long silence, nothing open', { count: 7, silentMs: LONG, open: 0 }, 'fine'],
  ['no witness, silent for a minute', { count: 7, silentMs: SILENCE_MS }, 'fine'],
]

describe('judgeBeat', () => {
  it.each(CASES)('%s', (_name, given, verdict) => {
    const { epoch = 'e1', count = 1, fresh, silentMs = 0, open = 2 } = given
    const beat = { epoch, count, ...(fresh !== true && { previousAt: 500 }) }
    expect(judgeBeat({ beat, engine: HERE, witness: given.witness, silentMs, openCommands: open })).toBe(verdict)
  })
})

/** A registry in memory that can be set back. */
function memoryRegistry() {
  const state: { epoch: string; count: number; at: number | undefined } = { epoch: 'e1', count: 0, at: undefined }
  let now = 1_000_000
  let epochs = 1
  let failing = false
  const registry: EngineRegistry = {
    beat: (owner) => {
      const previousAt = state.at
      state.count += 1
      state.at = now
      return Promise.resolve({ epoch: state.epoch, count: state.count, alive: [owner], ...(previousAt !== undefined && { previousAt }) })
    },
    leave: () => Promise.resolve(),
    newEpoch: (seen, atLeast) => {
      if (failing) return Promise.reject(new CtiError('STORE_UNAVAILABLE'))
      if (state.epoch === seen) state.epoch = `e${++epochs}`
      state.count = Math.max(state.count, atLeast)
      return Promise.resolve(state.epoch)
    },
  }
  return {
    registry,
    state,
    pass: (ms: number) => void (now += ms),
    fail: (on: boolean) => void (failing = on),
    save: () => ({ ...state }),
    restore: (to: typeof state) => void Object.assign(state, to),
  }
}

describe('checkAtStart and the watch', () => {
  const engine = memoryRegistry()
  let kept: Witness | undefined
  let open = 1
  let found = 0
  const spy = createLogSpy()
  const parts = (): RollbackWatchParts => ({
    registry: engine.registry,
    log: { backlog: () => Promise.resolve(open === 0 ? { open } : { open, oldestAcceptedAt: 1 }) },
    owner: 'me',
    engine: HERE,
    witnesses: {
      load: () => Promise.resolve(kept),
      save: (given) => {
        kept = given
        return Promise.resolve()
      },
    },
    clock: systemClock,
    logger: spy,
    storeTimeoutMs: 100,
    onRollback: () => void (found += 1),
  })
  const beat = (): Promise<Beat> => engine.registry.beat('me', { deadline: Infinity })

  it('a first start, a restart after a long time: fine, and witnessed', async () => {
    await (await checkAtStart(parts())).stop()
    engine.pass(3_600_000)
    await (await checkAtStart(parts())).stop()
    expect(found).toBe(0)
    expect(kept).toMatchObject({ engine: HERE, epoch: 'e1', count: engine.state.count })
  })

  it('a lost witness and a long silence by the engine’s own clock: rolled back when something is open', async () => {
    kept = undefined
    engine.pass(59_000)
    await (await checkAtStart(parts())).stop()
    expect(found).toBe(0)
    kept = undefined
    engine.pass(61_000)
    open = 0
    await (await checkAtStart(parts())).stop()
    expect(found).toBe(0)
    kept = undefined
    engine.pass(61_000)
    open = 1
    await (await checkAtStart(parts())).stop()
    expect(found).toBe(1)
    expect(engine.state.epoch).toBe('e2')
  })

  it('waits for an engine that is slow at first', async () => {
    let late = 2
    const slow: EngineRegistry = {
      ...engine.registry,
      beat: (owner, options) => (late-- > 0 ? Promise.reject(new CtiError('STORE_UNAVAILABLE')) : engine.registry.beat(owner, options)),
    }
    const clock = { ...systemClock, sleep: () => Promise.resolve() }
    await (await checkAtStart({ ...parts(), registry: slow, clock })).stop()
    late = 100
    await expect(checkAtStart({ ...parts(), registry: slow, clock })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(late).toBe(94)
  })

  it('set back while the gateway was down: a new epoch above everything that was witnessed, said loudly', async () => {
    const old = engine.save()
    const watch = await checkAtStart(parts())
    for (let more = 0; more < 50; more += 1) watch.heard(await beat())
    await watch.stop()
    const witnessed = kept as Witness
    engine.restore(old)
    spy.lines.length = 0
    found = 0
    await (await checkAtStart(parts())).stop()
    expect(found).toBe(1)
    expect(engine.state.epoch).not.toBe(witnessed.epoch)
    expect(engine.state.count).toBeGreaterThan(witnessed.count)
    expect(spy.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
    // The next start finds nothing any more.
    await (await checkAtStart(parts())).stop()
    expect(found).toBe(1)
  })

  it('set back under the running gateway: found by the next beat, once, and again until it is declared', async () => {
    const watch = await checkAtStart(parts())
    const old = engine.save()
    for (let more = 0; more < 5; more += 1) {
      watch.heard(await beat())
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    engine.restore(old)
    found = 0
    engine.fail(true)
    watch.heard(await beat())
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(found).toBe(0)
    engine.fail(false)
    for (let more = 0; more < 3; more += 1) {
      watch.heard(await beat())
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(found).toBe(1)
    await watch.stop()
    expect(kept?.epoch).toBe(engine.state.epoch)
  })
})

describe('engine-witness.json', () => {
  let dir: string
  const spy = createLogSpy()
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cti-witness-'))
    spy.lines.length = 0
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  it('gives back what was saved, and leaves nothing beside it', async () => {
    const file = createWitnessFile(dir, spy)
    expect(await file.load()).toBeUndefined()
    await file.save(witness({ count: 1 }))
    await file.save(witness({ count: 2 }))
    expect(await file.load()).toEqual(witness({ count: 2 }))
    expect(await readdir(dir)).toEqual(['engine-witness.json'])
  })
  it('takes away what a killed process left beside it', async () => {
    const left = join(dir, 'engine-witness.json.1')
    await writeFile(left, '{')
    await writeFile(join(dir, 'engine-witness.json.2'), '{')
    await utimes(left, 1, 1)
    await createWitnessFile(dir, spy).load()
    expect(await readdir(dir)).toEqual(['engine-witness.json.2'])
  })
  it('is missing when it cannot be understood, and says so', async () => {
    await writeFile(join(dir, 'engine-witness.json'), '{"count":')
    expect(await createWitnessFile(dir, spy).load()).toBeUndefined()
    expect(spy.lines).toHaveLength(1)
  })
  it('says once that it cannot be written', async () => {
    const file = createWitnessFile(join(dir, 'there-is-none'), spy)
    await file.save(witness())
    await file.save(witness())
    expect(spy.lines.map(({ level }) => level)).toEqual(['warn'])
  })
  it('keeps no password: the engine is a hash of its address', async () => {
    const identity = engineIdentity('redis://user:hunter2@host:6379/0?x=1', dir)
    expect(engineIdentity('redis://other:secret@host:6379/0', dir)).toBe(identity)
    expect(engineIdentity('redis://host:6380/0', dir)).not.toBe(identity)
    expect(engineIdentity('embedded', dir)).not.toBe(engineIdentity('embedded', `${dir}2`))
    await createWitnessFile(dir, spy).save(witness({ engine: identity }))
    expect(await readFile(join(dir, 'engine-witness.json'), 'utf8')).not.toMatch(/hunter2|host/)
  })
})
