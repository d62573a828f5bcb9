import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { startGateway, type Gateway, type GatewayOptions } from '../../src/gateway.js'
import { configSchema, type Config } from '../../src/config.js'
import { hashKey } from '../../src/keys/dev-keys.js'
import type { Logger } from '../../src/core/adapter.js'
import { SITE_SCOPES, type ApiKey } from '../../src/http/principal.js'
import type { Engine } from '../../src/core/wake-ups.js'
import type { SandboxButtons } from '../../src/http/sandbox-buttons.js'
import { createMemoryEngine } from './memory-engine.js'
import { silentLogger } from './storm.js'

/** Keys of the tests; `mine` acts on one agent only. */
export const SECRETS = { crm: 'crm-key', supervisor: 'supervisor-key', admin: 'admin-key', reader: 'reader-key', mine: 'mine-key' }
export const KEYS: readonly ApiKey[] = [
  { name: 'crm', sha256: hashKey(SECRETS.crm), scopes: ['agent:read', 'agent:write'] },
  { name: 'supervisor', sha256: hashKey(SECRETS.supervisor), scopes: ['agent:read', 'agent:write', 'supervisor:logout', 'reports:read'] },
  { name: 'admin', sha256: hashKey(SECRETS.admin), scopes: SITE_SCOPES },
  { name: 'reader', sha256: hashKey(SECRETS.reader), scopes: ['agent:read', 'reports:read'] },
  { name: 'mine', sha256: hashKey(SECRETS.mine), scopes: ['agent:self'], agent: 'loopback/agent1' },
]

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // Tests look into bodies of many shapes; every one of them has been validated against the API description.
  readonly body: Record<string, never> & Record<string, unknown>
}

export interface Api {
  readonly gateway: Gateway
  readonly url: string
  call(
    method: string,
    path: string,
    options?: { key?: string | null; body?: unknown; headers?: Record<string, string>; raw?: string },
  ): Promise<Answer>
  stop(): Promise<void>
}

interface Operation {
  readonly responses: Record<string, { $ref?: string; content?: Record<string, unknown> }>
}
const document = parse(readFileSync('openapi/gateway.yaml', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>
  components: { responses: Record<string, { content?: Record<string, unknown> }> }
}
const ajv = new Ajv2020({ strict: false, allErrors: true })
;(addFormats as unknown as (target: Ajv2020) => void)(ajv)
ajv.addSchema(document, 'gateway')

/** Fails the test when an answer does not fit the API description, independently of the gateway's own validator. */
export function assertFits(method: string, path: string, answer: { status: number; headers: Headers; text: string }): void {
  const pathname = path.split('?')[0] as string
  const template = Object.keys(document.paths).find((candidate) =>
    new RegExp(`^${candidate.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(pathname),
  )
  const operation = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()]
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] as string
  if (answer.status === 304) return
  if (/^\/opencti(\/|$)/i.test(pathname)) {
    check('#/components/schemas/OpenCtiAnswer', 'application/json', type, answer.text)
    return
  }
  if (operation === undefined || answer.status === 401) {
    check('#/components/schemas/Problem', 'application/problem+json', type, answer.text)
    return
  }
  const name = operation.responses[String(answer.status)] === undefined ? 'default' : String(answer.status)
  const declared = operation.responses[name]
  if (declared === undefined) throw new Error(`${method} ${path}: status ${answer.status} is not declared`)
  const response = declared.$ref === undefined ? declared : document.components.responses[declared.$ref.split('/').at(-1) as string]
  if (response?.content?.[type] === undefined) throw new Error(`${method} ${path}: ${answer.status} has the undeclared media type ${type}`)
  if (!isJson(type)) return
  const pointer =
    declared.$ref === undefined
      ? `#/paths/${escape(template as string)}/${method.toLowerCase()}/responses/${name}/content/${escape(type)}/schema`
      : `${declared.$ref}/content/${escape(type)}/schema`
  check(pointer, type, type, answer.text)
}

/** Fails the test when a value does not fit a schema of the API description. */
export function assertSchema(name: string, value: unknown): void {
  check(`#/components/schemas/${name}`, '', '', JSON.stringify(value))
}

/** One JSON document, not lines of them. */
function isJson(type: string): boolean {
  return /[/+]json$/.test(type)
}

function escape(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}

function check(pointer: string, wantedType: string, type: string, text: string): void {
  if (type !== wantedType) throw new Error(`media type ${type} instead of ${wantedType}`)
  const validate = ajv.getSchema(`gateway${pointer}`) ?? ajv.compile({ $ref: `gateway${pointer}` })
  if (validate(JSON.parse(text)) !== true)
    throw new Error(`the answer does not fit ${pointer}: ${ajv.errorsText(validate.errors)}\n${text}`)
}

export function testConfig(more: Partial<Config> = {}): Config {
  return { ...configSchema.parse({ port: 0, platforms: [{ id: 'loopback', adapter: 'loopback', options: { agents: 10 } }] }), ...more }
}

export async function startApi(
  options: {
    config?: Config
    engine?: Engine
    hot?: boolean
    logger?: Logger
    adapters?: NonNullable<GatewayOptions['adapters']>
    sandbox?: SandboxButtons
  } = {},
): Promise<Api> {
  const gateway = await startGateway({
    config: options.config ?? testConfig(),
    keys: KEYS,
    logger: options.logger ?? silentLogger,
    validateResponses: true,
    hot: options.hot ?? true,
    engine: options.engine ?? createMemoryEngine(),
    ...(options.adapters && { adapters: options.adapters }),
    sandbox: options.sandbox,
  })
  return {
    gateway,
    url: gateway.url,
    async call(method, path, { key = SECRETS.crm, body, headers = {}, raw } = {}) {
      const response = await fetch(`${gateway.url}${path}`, {
        method,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...((body !== undefined || raw !== undefined) && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...((body !== undefined || raw !== undefined) && { body: raw ?? JSON.stringify(body) }),
      })
      const text = await response.text()
      assertFits(method, path, { status: response.status, headers: response.headers, text })
      const json = isJson((response.headers.get('content-type') ?? '').split(';')[0] as string)
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: (json && text !== '' ? JSON.parse(text) : {}) as Answer['body'],
      }
    },
    stop: () => gateway.stop(),
  }
}
