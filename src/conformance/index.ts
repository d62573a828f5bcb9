import assert from 'node:assert/strict'
import { systemClock } from '../core/clock.js'
import { AGENT_STATES } from '../core/model/agent-state.js'
import { CtiError, toCtiError } from '../core/model/error.js'
import { actionFor, withReason } from './actions.js'
import { openBench, type Bench } from './bench.js'
import type { ConformanceCheck, ConformanceHarness } from './harness.js'
import { outcome, planIsPure, viewIn } from './plans.js'

export type { ConformanceCheck, ConformanceHarness, ConformancePlatform } from './harness.js'

/**
 * What every adapter must do, as a list of checks without a test framework: run them with `it(check.name, check.run)` of any
 * runner, or with `runConformance`. Groups follow the manifest; nothing is skipped by a test's own flag.
 */
export function conformanceChecks(harness: ConformanceHarness): readonly ConformanceCheck[] {
  const checks: ConformanceCheck[] = []
  const check = (group: string, name: string, run: () => Promise<void>): void => void checks.push({ group, name, run })
  const onBench = (work: (bench: Bench) => Promise<void>) => async (): Promise<void> => {
    const bench = await openBench(harness)
    try {
      await work(bench)
    } finally {
      await bench.stop()
    }
  }

  check('shape', 'refuses bad options and names where', async () => {
    for (const { options, names } of harness.badOptions) {
      const parsed = harness.definition.options.safeParse(options)
      assert.equal(parsed.success, false, `these options were taken: ${JSON.stringify(options)}`)
      const text = parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('\n') ?? ''
      assert.ok(text.includes(names), `the refusal does not name "${names}": ${text}`)
    }
  })
  check(
    'shape',
    'its manifest agrees with what it offers',
    onBench(async ({ adapter }) => {
      const { manifest } = adapter
      assert.equal(manifest.kind, harness.definition.kind)
      assert.ok(manifest.maxInFlight > 0)
      assert.equal(manifest.refusals, adapter.refusals !== undefined, 'manifest.refusals and refusals() must agree')
      assert.equal(new Set(manifest.actions).size, manifest.actions.length)
    }),
  )
  check(
    'plan',
    'is pure, total, and refuses with a catalogue code',
    onBench(async ({ adapter, platform }) =>
      planIsPure(adapter.plan.bind(adapter), adapter.describe.bind(adapter), adapter.manifest.actions, platform.agentId),
    ),
  )
  check(
    'journey',
    'brings an agent through all states with evidence, and back',
    onBench((bench) => journey(bench, harness)),
  )
  check(
    'journey',
    'sends nothing when the agent is there already',
    onBench((bench) => idempotent(bench)),
  )
  check(
    'read',
    'knows an unknown agent as AGENT_NOT_FOUND',
    onBench(async ({ read, platform }) => {
      await assert.rejects(read(platform.unknownAgentId), (error) => toCtiError(error).code === 'AGENT_NOT_FOUND')
    }),
  )
  check(
    'read',
    'gives views that are fresh and complete',
    onBench(async ({ read, platform, adapter }) => {
      const view = await read(platform.agentId).catch((error: unknown) => {
        if (adapter.manifest.loginCreatesAgent && toCtiError(error).code === 'AGENT_NOT_FOUND') return undefined
        throw error
      })
      if (view === undefined) return
      assert.equal(view.agentId, platform.agentId)
      assert.equal(view.source, 'read')
      assert.equal(view.stale, false)
      assert.ok(AGENT_STATES.includes(view.state))
      assert.ok(view.vendorState !== undefined, "the vendor's own word is kept")
    }),
  )
  check(
    'reasons',
    'have unique ids and a type',
    onBench(async ({ adapter, platform }) => {
      const reasons = await adapter.reasons({ signal: AbortSignal.timeout(5_000), agentId: platform.agentId })
      const ids = reasons.map(({ id, type }) => `${type} ${id}`)
      assert.equal(new Set(ids).size, ids.length, 'reason ids repeat')
      for (const reason of reasons) assert.ok(reason.name.length > 0 && (reason.type === 'LOGOUT' || reason.type === 'NOT_READY'))
    }),
  )
  check(
    'limits',
    'an aborted signal ends a send and a read at once',
    onBench((bench) => honoursAbort(bench)),
  )
  check(
    'faults',
    'a platform that is away gives a CtiError that may be retried, within the deadline',
    onBench((bench) => away(bench)),
  )
  check('life cycle', 'stops twice, in bounds, also while it connects', () => lifeCycle(harness))
  check(
    'secrets',
    'never come out of logs, errors and descriptions',
    onBench((bench) => secrets(bench, harness)),
  )
  return checks
}

export interface ConformanceReport {
  readonly adapter: string
  readonly passed: number
  readonly failed: number
  readonly checks: readonly {
    readonly group: string
    readonly name: string
    readonly passed: boolean
    readonly ms: number
    readonly failure?: string
  }[]
}

/** Runs all checks one after the other. Never rejects: a failing check is a row of the report. */
export async function runConformance(harness: ConformanceHarness): Promise<ConformanceReport> {
  const rows: { group: string; name: string; passed: boolean; ms: number; failure?: string }[] = []
  for (const { group, name, run } of conformanceChecks(harness)) {
    const began = systemClock.monotonic()
    const failure = await run().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    rows.push({
      group,
      name,
      passed: failure === undefined,
      ms: Math.round(systemClock.monotonic() - began),
      ...(failure !== undefined && { failure }),
    })
  }
  const passed = rows.filter((row) => row.passed).length
  return { adapter: harness.name, passed, failed: rows.length - passed, checks: rows }
}

async function journey(bench: Bench, harness: ConformanceHarness): Promise<void> {
  const path =
    harness.journey ?? (['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'] as const).filter((kind) => bench.adapter.manifest.actions.includes(kind))
  for (const kind of path) {
    const evidence = await bench.bring(await withReason(kind, bench))
    assert.ok(
      evidence.kind === 'met' || (kind === 'LOGIN' && evidence.kind === 'unchanged'),
      `${kind}: ${evidence.kind} instead of evidence`,
    )
    const view = await bench.read(bench.platform.agentId)
    const wanted = { LOGIN: ['NOT_READY', 'READY'], READY: ['READY'], NOT_READY: ['NOT_READY'], LOGOUT: ['LOGGED_OUT'] }[kind]
    assert.ok(wanted.includes(view.state), `after ${kind} a fresh read says ${view.state}`)
  }
}

async function idempotent(bench: Bench): Promise<void> {
  for (const kind of ['LOGIN', 'READY', 'LOGOUT'] as const) {
    if (!bench.adapter.manifest.actions.includes(kind)) continue
    await bench.bring(await withReason(kind, bench))
    const before = bench.steps()
    const again = await bench.bring(await withReason(kind, bench))
    assert.equal(again.kind, 'unchanged', `${kind} again would be sent again`)
    assert.equal(bench.steps(), before)
  }
}

async function honoursAbort(bench: Bench): Promise<void> {
  const gone = AbortSignal.abort(new CtiError('VENDOR_TIMEOUT'))
  const began = systemClock.monotonic()
  await assert.rejects(bench.adapter.read(bench.platform.agentId, { signal: gone }))
  assert.ok(systemClock.monotonic() - began < 500, 'a read with an aborted signal took its time')
}

async function away(bench: Bench): Promise<void> {
  await bench.platform.cut()
  const began = systemClock.monotonic()
  try {
    await assert.rejects(bench.read(bench.platform.agentId), (error) => {
      assert.ok(error instanceof CtiError, `not a CtiError: ${String(error)}`)
      assert.notEqual(error.retry, 'never', `${error.code} would not be tried again`)
      return true
    })
    assert.ok(systemClock.monotonic() - began < 4_000)
    if (bench.adapter.manifest.events === 'push') {
      for (let waited = 0; waited < 15_000 && bench.adapter.health().status === 'up'; waited += 50) await systemClock.sleep(50)
      assert.notEqual(bench.adapter.health().status, 'up', 'the link is said to be up while the platform is away')
    }
  } finally {
    await bench.platform.mend()
  }
  for (let waited = 0; ; waited += 100) {
    try {
      await bench.read(bench.platform.agentId)
      return
    } catch (error) {
      if (toCtiError(error).code === 'AGENT_NOT_FOUND') return
      if (waited > 20_000) throw error
      await systemClock.sleep(100)
    }
  }
}

async function lifeCycle(harness: ConformanceHarness): Promise<void> {
  const bench = await openBench(harness)
  const began = systemClock.monotonic()
  await bench.adapter.stop()
  await bench.adapter.stop()
  assert.ok(systemClock.monotonic() - began < 6_000, 'stop() is not bounded')
  await bench.platform.cut()
  const options = harness.definition.options.parse(bench.platform.options)
  const quiet = { debug() {}, info() {}, warn() {}, error() {} }
  const connecting = harness.definition.create({ platform: 'connecting', log: quiet, clock: systemClock, options })
  await connecting.start({ agent() {}, link() {} })
  await connecting.stop()
  await bench.platform.stop()
}

async function secrets(bench: Bench, harness: ConformanceHarness): Promise<void> {
  const said: string[] = []
  for (const kind of bench.adapter.manifest.actions) {
    const view = viewIn(kind === 'LOGIN' ? 'LOGGED_OUT' : kind === 'READY' ? 'NOT_READY' : 'READY', bench.platform.agentId)
    const planned = outcome(() => bench.adapter.plan(actionFor(kind, bench), bench.platform.agentId, view))
    if ('code' in planned) continue
    for (const step of planned.steps) said.push(JSON.stringify(step), JSON.stringify(bench.adapter.describe(step, bench.platform.agentId)))
  }
  await bench.bring(actionFor('LOGIN', bench)).catch((error: unknown) => said.push(textOf(error)))
  await bench.platform.cut()
  await bench.bring(actionFor('LOGIN', bench)).catch((error: unknown) => said.push(textOf(error)))
  await bench.platform.mend()
  const all = [...said, ...bench.logged, JSON.stringify(bench.adapter.health())].join('\n')
  for (const canary of harness.canaries) assert.ok(!all.includes(canary), `a secret came out: ${canary.slice(0, 3)}…`)
}

function textOf(error: unknown): string {
  const failure = toCtiError(error)
  return JSON.stringify({ detail: failure.detail, fault: failure.fault, message: failure.message, errors: failure.errors })
}
