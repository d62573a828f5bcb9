import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { CONSOLE } from '../../src/gateway.js'
import { readApiDescription } from '../../src/http/api-description.js'
import { createApp } from '../../src/http/app.js'
import type { HttpParts } from '../../src/http/context.js'
import { SCOPES } from '../../src/http/principal.js'
import { secretOf } from '../support/authority-kinds.js'
import { startAuthoritySite, type AuthoritySite } from '../support/authority-site.js'
import { streamProbes } from '../support/authority-streams.js'
import { rowTitle, TABLE } from './authority-table.js'

describe.each([true, false])('who may do what, hot route: %s', (hot) => {
  let site: AuthoritySite
  beforeAll(async () => {
    site = await startAuthoritySite(hot)
  }, 60_000)
  afterAll(() => site.stop())

  it.each(TABLE.map((row) => [rowTitle(row), row] as const))('%s', async (_title, row) => expect(await site.faultsOf(row)).toEqual([]))

  it('what there is not, is not found with a key, and tells nothing without', async () => {
    const status = async (headers: Record<string, string>): Promise<number> => (await fetch(`${site.url}/v1/nowhere`, { headers })).status
    expect(await status({})).toBe(401)
    expect(await status({ 'x-api-key': secretOf('only admin') })).toBe(404)
  })

  // Streams know nothing of the hot route.
  const probes = hot ? [] : streamProbes
  it.each(probes)('$title', async ({ faults }) => expect(await faults(site)).toEqual([]), 60_000)
})

interface Layer {
  readonly rawPath?: string
  readonly slash: boolean
  readonly name: string
  readonly handle: { readonly stack?: readonly Layer[] }
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> }
}

/** Every route of the application, by the stack of its routers: `GET /v1/commands/{id}`, and for something mounted `USE /queues`. */
function routesOf(stack: readonly Layer[]): readonly string[] {
  return stack.flatMap(({ route, handle, rawPath, slash }): readonly string[] => {
    if (route !== undefined) {
      const path = route.path.replace(/:(\w+)/g, '{$1}')
      return Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${path}`)
    }
    if (!slash) return [`USE ${rawPath ?? '?'}`]
    return handle.stack === undefined ? [] : routesOf(handle.stack)
  })
}

/** Stands for every part: routes are only made here, not called. */
function anything(): unknown {
  return new Proxy(() => undefined, {
    get: (_target, name) => (name === Symbol.toPrimitive ? () => '' : anything()),
    apply: () => anything(),
  })
}

describe('the table is complete', () => {
  const openapi = readApiDescription()
  const parts = new Proxy(
    {},
    { get: (_target, name) => (name === 'openapi' ? openapi : name === 'console' ? CONSOLE : anything()) },
  ) as HttpParts
  const rows = new Set(TABLE.map(({ route }) => route))
  const served = routesOf((createApp(parts) as unknown as { router: { stack: readonly Layer[] } }).router.stack)
  const isRow = (route: string): boolean =>
    route.startsWith('USE ') ? [...rows].some((row) => row.split(' ')[1]?.startsWith(route.slice(4))) : rows.has(route)

  it('finds the routes of the application', () => expect(served.length).toBeGreaterThan(25))
  it.each([...new Set(served)])('%s is served and has a row', (route) => expect(isRow(route)).toBe(true))

  const { paths } = parse(openapi.yaml) as { paths: Record<string, Record<string, unknown>> }
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((name) => name !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  )
  it.each(described)('%s is described and has a row', (route) => expect(isRow(route)).toBe(true))
  it('names every scope', () => {
    const named = new Set(TABLE.flatMap(({ needs }) => (typeof needs === 'string' ? [] : needs.flat())))
    expect(SCOPES.filter((scope) => !named.has(scope))).toEqual([])
  })
  it.each([...rows])('%s has a row and is served', (route) => {
    const [, path = ''] = route.split(' ')
    expect(served.some((one) => one === route || (one.startsWith('USE ') && path.startsWith(one.slice(4))))).toBe(true)
  })
})
