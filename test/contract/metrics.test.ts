import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Registry } from 'prom-client'
import { parse } from 'yaml'
import { defineMetrics } from '../../src/ops/metric-definitions.js'
import { createRouteLabels, ROUTES } from '../../src/ops/route-labels.js'
import { KEYS, SECRETS, startApi, testConfig, type Api } from '../support/api.js'
import { createMemoryEngine } from '../support/memory-engine.js'

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const SAMPLE = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (NaN|[+-]?Inf|-?[0-9.e+-]+)$/

/** Reads the text format as strictly as a scraper does: every line is a sample or a comment. */
function samplesOf(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^# (HELP|TYPE) /.test(line))
    .map((line) => {
      const match = SAMPLE.exec(line)
      if (match === null) throw new Error(`not a sample: ${line}`)
      const labels = [...(match[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value])
      return { name: match[1] as string, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(match[3]) }
    })
}

function valueOf(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number | undefined {
  const found = samples.filter((one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value))
  return found.length === 0 ? undefined : found.reduce((sum, one) => sum + one.value, 0)
}

describe('GET /metrics', () => {
  const engine = createMemoryEngine()
  let api: Api
  beforeAll(async () => {
    api = await startApi({ engine, config: testConfig() })
  })
  afterAll(() => api.stop())

  const scrape = async (): Promise<Sample[]> => {
    const answer = await api.call('GET', '/metrics', { key: SECRETS.admin })
    expect(answer.status).toBe(200)
    return samplesOf(answer.text)
  }

  it('needs a key with the scope ops', async () => {
    expect((await api.call('GET', '/metrics', { key: null })).status).toBe(401)
    expect((await api.call('GET', '/metrics', { key: SECRETS.crm })).status).toBe(403)
  })

  it('counts commands by platform, action and status, and times their confirmation', async () => {
    const before = await scrape()
    for (const action of ['LOGIN', 'READY', 'READY']) {
      const path = '/v1/platforms/loopback/agents/agent7/commands'
      expect((await api.call('POST', path, { body: { action } })).body).toMatchObject({ status: 'confirmed' })
    }
    const after = await scrape()
    const grown = (name: string, labels: Record<string, string>): number =>
      (valueOf(after, name, labels) ?? 0) - (valueOf(before, name, labels) ?? 0)
    const platform = 'loopback'
    expect(grown('cti_commands_total', { platform, action: 'LOGIN', status: 'accepted' })).toBe(1)
    expect(grown('cti_commands_total', { platform, action: 'LOGIN', status: 'confirmed' })).toBe(1)
    expect(grown('cti_commands_total', { platform, action: 'READY', status: 'confirmed' })).toBe(2)
    expect(grown('cti_command_confirmation_seconds_count', { platform })).toBe(3)
    expect(grown('cti_command_attempts_count', { platform })).toBe(3)
    expect(
      grown('cti_http_requests_total', { method: 'POST', route: '/v1/platforms/{platform}/agents/{agentId}/commands', status: '200' }),
    ).toBe(3)
    expect(grown('cti_http_request_seconds_count', { route: '/v1/platforms/{platform}/agents/{agentId}/commands' })).toBe(3)
    expect(grown('cti_store_call_seconds_count', { call: 'append', outcome: 'ok' })).toBe(3)
  })

  it('tells links, circuits, gates, queue and process', async () => {
    const samples = await scrape()
    const platform = 'loopback'
    expect(valueOf(samples, 'cti_link_status', { platform, status: 'up' })).toBe(1)
    expect(valueOf(samples, 'cti_link_status', { platform })).toBe(1)
    expect(valueOf(samples, 'cti_circuit_state', { platform, state: 'closed' })).toBe(1)
    expect(valueOf(samples, 'cti_gate_inside', { platform })).toBe(0)
    expect(valueOf(samples, 'cti_queue_wakeups', { state: 'waiting' })).toBe(0)
    expect(valueOf(samples, 'cti_store_up')).toBe(1)
    expect(valueOf(samples, 'cti_engine_rollbacks_total')).toBe(0)
    expect(valueOf(samples, 'process_resident_memory_bytes')).toBeGreaterThan(1e7)
  })

  it('tells how long the longest overdue command has been due', async () => {
    const now = Date.now()
    const { draft, soon } = await import('../support/drafts.js')
    const made = draft({ platform: 'loopback', agentId: 'agent9', action: { kind: 'LOGOUT' }, acceptedAt: now - 60_000 })
    await engine.log.append({ ...made, command: { ...made.command, expiresAt: now + 60_000 } }, soon())
    const samples = await scrape()
    expect(valueOf(samples, 'cti_open_commands')).toBe(1)
    expect(valueOf(samples, 'cti_oldest_open_command_seconds')).toBeGreaterThanOrEqual(60)
    // Accepted 60 s ago and never begun: due after the 15 s that a healthy attempt may take.
    const overdue = valueOf(samples, 'cti_oldest_overdue_seconds') ?? 0
    expect(overdue).toBeGreaterThanOrEqual(44)
    expect(overdue).toBeLessThan(60)
  })

  it('leaves out what it cannot look up, and says that the store is away', async () => {
    engine.fail(true)
    try {
      const samples = await scrape()
      expect(valueOf(samples, 'cti_store_up')).toBe(0)
      expect(valueOf(samples, 'cti_open_commands')).toBeUndefined()
      expect(valueOf(samples, 'cti_oldest_overdue_seconds')).toBeUndefined()
      expect(valueOf(samples, 'cti_link_status', { platform: 'loopback', status: 'up' })).toBe(1)
    } finally {
      engine.fail(false)
    }
  })

  it('names no agent, command or key, whatever was asked', async () => {
    await api.call('GET', '/v1/platforms/loopback/agents/agent7/state')
    await api.call('GET', '/no/such/agent7-page?x=crm-key')
    await api.call('GET', '/v1/commands/5b0f1f51-1111-4c5e-9c3a-000000000000')
    const { text } = await api.call('GET', '/metrics', { key: SECRETS.admin })
    expect(text).not.toMatch(/agent\d/)
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/)
    for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret)
    for (const { sha256 } of KEYS) expect(text).not.toContain(sha256)
    expect(valueOf(samplesOf(text), 'cti_http_requests_total', { route: 'other', status: '404' })).toBe(1)
  })
})

describe('labels of routes', () => {
  const routeOf = createRouteLabels()
  it('are the paths of the API description', () => {
    const api = parse(readFileSync('openapi/gateway.yaml', 'utf8')) as { paths: Record<string, unknown> }
    expect([...ROUTES].sort()).toEqual(Object.keys(api.paths).sort())
  })
  it.each(ROUTES)('%s', (route) => {
    const target = route.replace(/\{[^}]+\}/g, 'x%20y')
    expect(routeOf(target)).toBe(route)
    expect(routeOf(`${target}?a=/v1/b`)).toBe(route)
    expect(routeOf(`${target}/more/than/that`)).toBe('other')
  })
  it.each(['', '/', '//', '/v1', '/v1/platforms/', '/v1/platforms//agents', '/__proto__', '/v1/constructor', 'http://host/v1/platforms'])(
    '%j is another',
    (target) => expect(routeOf(target)).toBe('other'),
  )
})

describe('docs/operations.md', () => {
  it('has a row for every metric, and no other', async () => {
    const registry = new Registry()
    defineMetrics(registry)
    const defined = (await registry.getMetricsAsJSON()).map(({ name, type }) => `${name} ${type}`)
    const page = readFileSync('docs/operations.md', 'utf8')
    const rows = [...page.matchAll(/^\| `((?:cti|process|nodejs)_[a-z_]+)` \| (\w+) \|/gm)].map(([, name, type]) => `${name} ${type}`)
    expect(rows.sort()).toEqual(defined.sort())
  })
  it('alerts on metrics that there are', async () => {
    const registry = new Registry()
    defineMetrics(registry)
    const names = (await registry.getMetricsAsJSON()).map(({ name }) => name)
    const page = readFileSync('docs/operations.md', 'utf8')
    const used = [...page.matchAll(/expr: (.+)$/gm)].flatMap(([, expr]) => (expr ?? '').match(/\b(?:cti|process|nodejs)_[a-z_]+/g) ?? [])
    expect(used.length).toBeGreaterThan(6)
    expect(used.map((name) => name.replace(/_(bucket|count|sum)$/, '')).filter((name) => !names.includes(name))).toEqual([])
  })
})
