import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { configurationDocument, errorsDocument, withExamples } from '../../scripts/docs.js'
import { ADAPTERS } from '../../src/adapters/index.js'
import { configSchema, ENVIRONMENT } from '../../src/config.js'
import { DEFAULT_CORE_SETTINGS } from '../../src/core/core.js'
import { COMMAND_CLASSES, COMMAND_STATUSES, SUPERSEDE_MATRIX } from '../../src/core/model/command.js'
import { ERROR_CATALOGUE, ERROR_CODES } from '../../src/core/model/error.js'
import { OPENCTI_CODE_OF, OPENCTI_CODES } from '../../src/core/model/opencti-code.js'
import { CANONICAL_REASONS } from '../../src/core/model/reason.js'

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: { readonly schemas: Readonly<Record<string, { enum?: string[]; properties?: Record<string, { $ref?: string }> }>> }
}

const read = (path: string): string => readFileSync(path, 'utf8')
const api = parse(read('openapi/gateway.yaml')) as OpenApi
const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string>; dependencies: Record<string, string> }

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path, ending)
    return entry.name.endsWith(ending) ? [path] : []
  })
}

/** What people read: the files at the top and everything in docs/. */
const PAGES = [...readdirSync('.').filter((name) => name.endsWith('.md')), ...filesBelow('docs', '.md')]

describe('generated pages are what the code gives; run `npx tsx scripts/docs.ts`', () => {
  it('docs/configuration.md', () => expect(read('docs/configuration.md')).toBe(configurationDocument()))
  it('docs/errors.md', () => expect(read('docs/errors.md')).toBe(errorsDocument()))
  it('program text in docs/adapters.md', () => {
    const page = read('docs/adapters.md')
    expect(page.match(/<!-- example: /g)).toHaveLength(5)
    expect(page).toBe(withExamples(page, read))
  })
})

describe('catalogues are the same everywhere', () => {
  it('error codes and the API description', () => {
    expect(api.components.schemas['Problem']?.properties?.['code']?.$ref).toBe('#/components/schemas/ErrorCode')
    expect([...(api.components.schemas['ErrorCode']?.enum ?? [])].sort()).toEqual([...ERROR_CODES].sort())
  })
  it("Pega's codes, the API description and the statuses", () => {
    expect(api.components.schemas['OpenCtiErrorCode']?.enum).toEqual(['', ...OPENCTI_CODES])
    expect([...new Set(Object.values(OPENCTI_CODE_OF))].sort()).toEqual([...OPENCTI_CODES].sort())
    for (const code of ERROR_CODES) {
      const status = /^OPENCTI_HTTP_ERROR_(\d+)$/.exec(OPENCTI_CODE_OF[code])?.[1]
      if (status !== undefined) expect(`${code} ${status}`).toBe(`${code} ${ERROR_CATALOGUE[code].status}`)
      expect(read('docs/errors.md')).toMatch(new RegExp(`\\| <a id="${code}"></a>.* \\| \`${OPENCTI_CODE_OF[code]}\` \\|\n`))
    }
  })
  it('canonical reasons and the API description', () => {
    expect(api.components.schemas['CanonicalReason']?.enum).toEqual([...CANONICAL_REASONS])
  })
  it('every error code is thrown or mapped outside the catalogue', () => {
    const sources = filesBelow('src', '.ts')
      .filter((path) => !/^src\/(core\/model\/error\.ts|generated\/|simulators\/)/.test(path))
      .map(read)
    expect(ERROR_CODES.filter((code) => !sources.some((text) => text.includes(`'${code}'`)))).toEqual([])
  })
})

describe('docs/configuration.md', () => {
  const page = read('docs/configuration.md')
  it('names the environment variables that are read, and no others', () => {
    const known = ['CTI_CONFIG', ...Object.keys(ENVIRONMENT)]
    const named = new Set(PAGES.flatMap((path) => read(path).match(/\bCTI_[A-Z_]+\b/g) ?? []))
    expect([...named].sort()).toEqual([...known].sort())
    for (const name of known) expect(page).toContain(`| \`${name}\` |`)
  })
})

/** Examples of configuration: every yaml block of a page. */
const CONFIGURATIONS = PAGES.flatMap((page) =>
  [...read(page).matchAll(/```yaml\n([\s\S]*?)```/g)].map((match, at) => ({ name: `${page} no. ${at + 1}`, block: match[1] ?? '' })),
)

describe('a configuration that is shown is one that the gateway and its adapters take', () => {
  it('there are some', () => expect(CONFIGURATIONS.length).toBeGreaterThan(1))
  it.each(CONFIGURATIONS)('$name', async ({ block }) => {
    const config = configSchema.parse(parse(block.replace(/\$\{[A-Z_0-9]+\}/g, 'a'.repeat(64))))
    for (const { adapter, options } of config.platforms) {
      expect(Object.keys(ADAPTERS)).toContain(adapter)
      const definition = await ADAPTERS[adapter]?.()
      expect(definition?.options.safeParse(options).error?.issues ?? []).toEqual([])
    }
  })
})

describe('docs/architecture.md', () => {
  const page = read('docs/architecture.md')
  it('shows the supersede matrix as it is', () => {
    for (const newer of COMMAND_CLASSES) {
      const cells = COMMAND_CLASSES.map((older) => SUPERSEDE_MATRIX[newer][older])
      expect(page).toContain(`| **${newer}** | ${cells.join(' | ')} |`)
    }
  })
  it('tells every status', () => {
    for (const status of COMMAND_STATUSES) expect(page).toContain(`| \`${status}\` |`)
  })
})

describe('docs/decisions', () => {
  it('give the times that are in force', () => {
    const page = read('docs/decisions/0002-times.md')
    const { expiryMs, retry, audit, ...limits } = DEFAULT_CORE_SETTINGS
    const values: Record<string, number> = {
      ...limits,
      ...Object.fromEntries(Object.entries(expiryMs).map(([kind, ms]) => [`expiryMs.${kind}`, ms])),
      ...Object.fromEntries(Object.entries(audit).map(([name, value]) => [`audit.${name}`, value])),
      ...Object.fromEntries(Object.entries(retry).map(([name, value]) => [`retry.${name}`, value])),
    }
    for (const [name, value] of Object.entries(values)) expect(page).toContain(`| \`${name}\` | ${value} |`)
  })
  it('give every run-time dependency one line, and no other', () => {
    const rows = [...read('docs/decisions/0006-dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1])
    expect([...rows].sort()).toEqual(Object.keys(manifest.dependencies).sort())
  })
})

/** The anchors that GitHub makes of headings, and those that are written out. */
function anchorsOf(page: string): Set<string> {
  const headings = [...page.matchAll(/^#{1,6} (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  return new Set([...headings, ...[...page.matchAll(/<a id="([^"]+)">/g)].map((match) => match[1] ?? '')])
}

describe('links', () => {
  it.each(PAGES)('of %s resolve', (page) => {
    const text = read(page).replace(/```[\s\S]*?```/g, '')
    const broken: string[] = []
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      if (relative('.', file).startsWith('..') || !existsSync(file)) broken.push(target)
      else if (anchor !== undefined && file.endsWith('.md') && !anchorsOf(read(file)).has(anchor)) broken.push(target)
    }
    expect(broken).toEqual([])
  })
})

describe('what people paste', () => {
  it('npm scripts that pages name exist', () => {
    const named = new Set(
      PAGES.flatMap((path) => [...read(path).matchAll(/npm (?:run (?:--silent )?)([a-z:]+)/g)].map((match) => match[1] ?? '')),
    )
    expect(named.size).toBeGreaterThan(3)
    expect([...named].filter((name) => manifest.scripts[name] === undefined)).toEqual([])
  })
  it('the README begins with the two lines, and they are scripts', () => {
    const top = read('README.md').split('\n').slice(0, 20).join('\n')
    for (const name of ['start', 'test']) {
      expect(top).toContain(`npm ci && npm ${name}`)
      expect(manifest.scripts[name]).toBeDefined()
    }
  })

  const ajv = new Ajv2020({ strict: false })
  ;(addFormats as unknown as (target: Ajv2020) => void)(ajv)
  ajv.addSchema(api, 'gateway')
  const templates = Object.entries(api.paths).map(([template, operations]) => ({
    pattern: new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`),
    operations,
  }))
  /** curl lines to the gateway, with continuation lines joined. */
  const lines = PAGES.flatMap((page) =>
    [...read(page).matchAll(/```sh\n([\s\S]*?)```/g)]
      .flatMap((match) => (match[1] ?? '').replace(/\\\n\s*/g, ' ').split('\n'))
      .filter((line) => /curl .*"\$(CTI|AGENT)\//.test(line))
      .map((line) => ({ page, line })),
  )
  it('there are curl lines for what a CRM needs', () => expect(lines.length).toBeGreaterThan(10))
  it.each(lines)('$page: $line', ({ line }) => {
    const address = /"\$(CTI|AGENT)(\/[^"?]*)/.exec(line)
    const path = `${address?.[1] === 'AGENT' ? '/v1/platforms/p/agents/a' : ''}${address?.[2] ?? ''}`.replace(/\$\w+/g, 'x')
    const method = (/-X ([A-Z]+)/.exec(line)?.[1] ?? 'GET').toLowerCase()
    expect(templates.some(({ pattern, operations }) => pattern.test(path) && operations[method] !== undefined)).toBe(true)
    const body = /-d '([^']*)'/.exec(line)?.[1]
    if (body === undefined) return
    const schema = path.startsWith('/opencti/') ? 'OpenCtiRequest' : 'CommandRequest'
    const validate = ajv.getSchema(`gateway#/components/schemas/${schema}`)
    expect(validate?.(JSON.parse(body))).toBe(true)
  })
})
