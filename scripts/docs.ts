/**
 * `npx tsx scripts/docs.ts`: writes what documentation has from the code: docs/configuration.md, docs/errors.md, and the program text in
 * docs/adapters.md. test/unit/docs.test.ts fails when a committed file is not what this gives.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { configSchema, ENVIRONMENT } from '../src/config.js'
import { ERROR_CATALOGUE, ERROR_CODES, type ErrorCode } from '../src/core/model/error.js'
import { OPENCTI_CODE_OF } from '../src/core/model/opencti-code.js'

interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: SchemaNode
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
}

interface Row {
  readonly path: string
  readonly node: SchemaNode
  readonly required: boolean
}

const NOTE = (source: string): string => `<!-- Generated from ${source} by scripts/docs.ts. Do not edit. -->`

/** docs/configuration.md. Pure. */
export function configurationDocument(): string {
  const root = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as SchemaNode
  const variables = Object.entries(ENVIRONMENT).map(([name, field]) => `| \`${name}\` | \`${field}\` |`)
  const rows = rowsOf(root, '').map(settingRow)
  return `${NOTE('src/config.ts')}

# Configuration

Nothing has to be configured: without a file the gateway starts on the embedded engine with simulated platforms and development keys.

\`\`\`mermaid
flowchart LR
  D[defaults] --> F["file named by CTI_CONFIG"] --> E[environment] --> S((settings))
\`\`\`

What stands further right wins. All errors are reported at once, each with its place; the gateway then does not start.

## Environment

| Variable | Setting |
|---|---|
| \`CTI_CONFIG\` | path of the file, YAML or JSON |
${variables.join('\n')}

## File

\`\${NAME}\` in a text is replaced by that environment variable, so that secrets need not be in the file.

\`\`\`yaml
port: 8080
engine: redis://127.0.0.1:6379
keys:
  - name: crm
    sha256: \${CRM_KEY_SHA256} # printed by: npx cti-gateway hash-key
    scopes: [agent:read, agent:write]
platforms:
  - id: lab
    adapter: loopback
    options:
      agents: 20
\`\`\`

## Settings

Unknown settings are errors. *required* means within its entry; \`keys\` and \`platforms\` may be missing altogether.

| Setting | Type | Default | Meaning |
|---|---|---|---|
${rows.join('\n')}

## Scopes of a key

| Scope | Allows |
|---|---|
| \`agent:read\` | platforms, reasons, states, commands |
| \`agent:write\` | asking for a state, dry run, cancelling; a forced one needs \`supervisor:logout\` too |
| \`agent:self\` | both of the above, for the one agent named by \`agent\`, and nothing about others; stands alone |
| \`supervisor:logout\` | a supervisor's logout and its preview |
| \`reports:read\` | refused contacts, logouts and their reasons |
| \`ops\` | dead letters, replay, metrics |
| \`admin\` | the audit trail |

No scope includes another. \`platforms\` limits every scope; what a key may not see does not exist for it.
`
}

function rowsOf(node: SchemaNode, prefix: string): readonly Row[] {
  const rows: Row[] = []
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const path = prefix === '' ? name : `${prefix}.${name}`
    if (child.type === 'object' && child.properties !== undefined) {
      rows.push(...rowsOf(child, path))
      continue
    }
    rows.push({ path, node: child, required: prefix.includes('[]') && node.required?.includes(name) === true })
    if (child.items?.properties !== undefined) rows.push(...rowsOf(child.items, `${path}[]`))
  }
  return rows
}

function settingRow({ path, node, required }: Row): string {
  const standard = required ? '*required*' : defaultOf(path, node.default)
  return `| \`${path}\` | ${typeOf(node)} | ${standard} | ${cell(node.description ?? '')} |`
}

function typeOf(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(', ')
  if (node.type === 'array') return node.items?.properties === undefined ? `list of ${typeOf(node.items ?? {})}` : 'list'
  if (node.type === 'object') return 'mapping'
  const { minimum: least, maximum: most } = node
  const isBounded = most !== undefined && most < 2_147_483_647
  if (node.type !== 'integer' && node.type !== 'number') return 'text'
  return `${node.type}${least === undefined ? '' : isBounded ? ` ${least} to ${most}` : ` from ${least}`}`
}

function defaultOf(path: string, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '–'
  const isTime = typeof value === 'number' && /Ms(\.|$)/.test(path)
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\`${isTime && value >= 60_000 ? ` (${span(value)})` : ''}`
}

function span(ms: number): string {
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000} d`
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${ms / 60_000} min`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** Codes that belong together, by the first code of each group; the catalogue's own order. */
const GROUPS: Readonly<Partial<Record<ErrorCode, string>>> = {
  INVALID_REQUEST: 'The request',
  UNSUPPORTED: 'The agent and the command',
  UNCONFIRMED: 'The platform',
  CIRCUIT_OPEN: 'The gateway',
}

/** docs/errors.md. Pure. */
export function errorsDocument(): string {
  const lines: string[] = []
  for (const code of ERROR_CODES) {
    const group = GROUPS[code]
    if (group !== undefined)
      lines.push('', `## ${group}`, '', '| Code | Status | Title | Effect | Retry | What to do | Pega |', '|---|---|---|---|---|---|---|')
    const { status, title, effect, retry, hint } = ERROR_CATALOGUE[code]
    lines.push(
      `| <a id="${code}"></a>\`${code}\` | ${status} | ${cell(title)} | ${effect} | ${retry} | ${cell(hint)} | \`${OPENCTI_CODE_OF[code]}\` |`,
    )
  }
  return `${NOTE('src/core/model/error.ts')}

# Errors

Every failure is an RFC 9457 document (\`application/problem+json\`) with a \`code\` of this page. The same catalogue gives the HTTP status, decides
about retries, and makes the enumeration in [the API description](../openapi/gateway.yaml).

The last column is the code that [Pega](crm/pega.md) gets.

| Field | Tells |
|---|---|
| \`code\`, \`title\`, \`hint\` | what it is and what you can do |
| \`detail\`, \`errors\`, \`validReasons\` | what exactly, which field, what would be valid |
| \`effect\` | could the platform have done it? \`none\`: certainly not · \`unknown\`: perhaps · \`applied\`: yes |
| \`retryable\` | would the same request have a chance later? |
| \`vendorSystem\`, \`vendorCode\`, \`vendorName\`, \`vendorMessage\`, \`vendorStatus\`, \`vendorRequestId\` | the platform's own words |
| \`commandId\`, \`commandStatus\`, \`supersededBy\` | which command, and what became of it |
| \`requestId\` | quote it when you ask for help; also in the header \`X-Request-Id\` |

**Retry** is what the gateway does by itself: \`never\`: the command ends · \`later\`: again with growing delays, at most \`retry.maxAttempts\` times ·
\`park\`: again until the command expires; once a request was on its way, such an attempt is not counted. Effect and retry are the defaults of a code;
an adapter that knows better says so in the single case.
${lines.join('\n')}
`
}

const EXAMPLE = /(<!-- example: (\S+) -->\n+```ts\n)[\s\S]*?(```)/g

/**
 * Puts program text between a mark `<!-- example: path -->` and the end of the code block behind it. Imports are shown as they are in
 * `src/adapters/<kind>/`. Pure but for `read`.
 */
export function withExamples(markdown: string, read: (path: string) => string): string {
  return markdown.replace(
    EXAMPLE,
    (_whole, head: string, path: string, tail: string) =>
      `${head}${read(path).replaceAll('../../../src/adapters/', '../').replaceAll('../../../src/', '../../')}${tail}`,
  )
}

function main(): void {
  const read = (path: string): string => readFileSync(path, 'utf8')
  writeFileSync('docs/configuration.md', configurationDocument())
  writeFileSync('docs/errors.md', errorsDocument())
  writeFileSync('docs/adapters.md', withExamples(read('docs/adapters.md'), read))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main()
