import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { DEFAULT_CORE_SETTINGS as CORE } from './core/core.js'
import { MIN_SECRET_LENGTH } from './core/site/site-secret.js'
import { checkKey, keyFields } from './keys/key-schema.js'

const ms = (fallback: number, text: string) => z.number().int().min(1).max(2_147_483_647).default(fallback).describe(text)

const key = z.strictObject(keyFields).superRefine(checkKey)

const platform = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'takes small letters, digits and hyphens')
    .describe('Name in the API: `/v1/platforms/{id}`'),
  adapter: z.string().describe('Adapter kind'),
  options: z.record(z.string(), z.unknown()).default({}).describe("The adapter's own settings; see docs/platforms"),
  ratePerSecond: z
    .number()
    .positive()
    .max(100_000)
    .optional()
    .describe('Calls a second that this account allows, over all processes; missing: none, until the platform answers 429'),
  burst: z.number().int().min(1).max(100_000).optional().describe('Calls that may be saved up; missing: 1'),
})

/** The one description of the configuration; types, messages and docs/configuration.md follow from it. */
export const configSchema = z.strictObject({
  host: z.string().default('127.0.0.1').describe('Address to listen on'),
  port: z.number().int().min(0).max(65_535).default(8080).describe('Port to listen on; 0 picks a free one'),
  dataDir: z.string().min(1).default('data').describe('Folder of the embedded engine and of the keys'),
  engine: z
    .string()
    .regex(
      /^(embedded$|rediss?(\+(sentinel|cluster))?:\/\/|postgres(ql)?:\/\/)/,
      'must be embedded, redis://…, redis+sentinel://…, redis+cluster://… (rediss for TLS) or postgres://…',
    )
    .default('embedded')
    .describe(
      '`embedded`, `redis://host:6379`, `redis+sentinel://host:26379,host:26379/master`, `redis+cluster://host:6379,host:6379` ' +
        '(each with `rediss` for TLS) or `postgres://user@host/db`',
    ),
  siteSecret: z
    .string()
    .min(MIN_SECRET_LENGTH)
    .optional()
    .describe(
      'Common to all processes on one store: a password goes sealed with it to the process that has the link; see docs/operations.md',
    ),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Least severe level that is logged'),
  keys: z
    .array(key)
    .default([])
    .describe('API keys beside those of the keys file; none, and no such file, means development keys in `<dataDir>/dev-keys.json`'),
  keysFile: z
    .string()
    .min(1)
    .optional()
    .describe('File of the keys made by `cti-gateway keys`, read anew when it changes; missing: `<dataDir>/keys.json`'),
  platforms: z.array(platform).default([]).describe('The platforms; none means the sandbox'),
  limits: z
    .strictObject({
      sendTimeoutMs: ms(CORE.sendTimeoutMs, 'One exchange with a platform at most, ms'),
      readTimeoutMs: ms(CORE.readTimeoutMs, 'One read of a state at most, ms'),
      storeTimeoutMs: ms(CORE.storeTimeoutMs, 'One operation of the store at most, ms'),
      leaseMs: ms(CORE.leaseMs, 'How long a dead process keeps an agent from the others, ms'),
      pendingMs: ms(CORE.pendingMs, 'How long a command may stay pending at the platform, ms'),
      sweepMs: ms(CORE.sweepMs, 'How often forgotten commands are looked for, ms'),
      retentionMs: z.number().int().min(1000).default(CORE.retentionMs).describe('How long settled commands are kept, ms'),
      idempotencyTtlMs: ms(CORE.idempotencyTtlMs, 'How long an Idempotency-Key is remembered, ms'),
      maxCrashes: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(CORE.maxCrashes)
        .describe('A command goes to the dead letters when as many processes in a row did not survive it'),
      keepEvents: z
        .number()
        .int()
        .min(1_000)
        .max(10_000_000)
        .default(100_000)
        .describe('Newest events kept, for readers of the stream who come back'),
      forgetAgentsMs: z
        .number()
        .int()
        .min(172_800_000)
        .default(30 * 86_400_000)
        .describe('Agents that were not heard of for so long are no longer in the snapshots of the stream, ms'),
      maxEventReaders: z.number().int().min(1).max(9_000).default(2_000).describe('Readers of the stream of events per process'),
      stopMs: ms(10_000, 'How long a graceful stop may take, ms'),
    })
    .prefault({}),
  audit: z
    .strictObject({
      retentionMs: z.number().int().min(60_000).default(CORE.audit.retentionMs).describe('How long rows of the audit trail are kept, ms'),
      maxRows: z
        .number()
        .int()
        .min(1_000)
        .max(100_000_000)
        .default(CORE.audit.maxRows)
        .describe('So many rows are kept at most, the newest ones; see what each takes in engines.md'),
    })
    .prefault({}),
  expiryMs: z
    .strictObject({
      LOGIN: ms(CORE.expiryMs.LOGIN, 'A LOGIN is worth doing for this long, ms'),
      READY: ms(CORE.expiryMs.READY, 'A READY is worth doing for this long, ms'),
      NOT_READY: ms(CORE.expiryMs.NOT_READY, 'A NOT_READY is worth doing for this long, ms'),
      LOGOUT: ms(CORE.expiryMs.LOGOUT, 'A LOGOUT is worth doing for this long, ms'),
    })
    .prefault({}),
  retry: z
    .strictObject({
      baseMs: ms(CORE.retry.baseMs, 'Upper bound of the first delay, ms'),
      factor: z.number().min(1).max(10).default(CORE.retry.factor).describe('Growth of the upper bound'),
      capMs: ms(CORE.retry.capMs, 'Upper bound of every delay, ms'),
      maxAttempts: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(CORE.retry.maxAttempts)
        .describe('Attempts before the dead letters; those lost to an absent platform do not count'),
    })
    .prefault({}),
})

export type Config = z.infer<typeof configSchema>

/** Bad configuration, all of it at once: one line an error, each with where and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(readonly problems: readonly string[]) {
    super(
      `the configuration has ${problems.length} error${problems.length === 1 ? '' : 's'}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    )
  }
}

/** Environment variable → configuration field. The environment wins over the file. */
export const ENVIRONMENT = {
  CTI_HOST: 'host',
  CTI_PORT: 'port',
  CTI_DATA_DIR: 'dataDir',
  CTI_ENGINE: 'engine',
  CTI_LOG_LEVEL: 'logLevel',
  CTI_SITE_SECRET: 'siteSecret',
  CTI_KEYS_FILE: 'keysFile',
} as const

/**
 * Configuration from the file named by CTI_CONFIG (YAML or JSON) and the environment. `${NAME}` in a text of the file is
 * replaced by that environment variable, so that secrets need not be in the file.
 * Fails: `ConfigError` with every problem found.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = []
  const file = environment['CTI_CONFIG']
  const fromFile = file === undefined || file === '' ? {} : readFile(file, environment, problems)
  const merged: Record<string, unknown> = { ...fromFile }
  for (const [variable, field] of Object.entries(ENVIRONMENT)) {
    const value = environment[variable]
    if (value === undefined || value === '') continue
    merged[field] = field === 'port' ? Number(value) : value
  }
  const parsed = configSchema.safeParse(merged)
  if (!parsed.success) problems.push(...parsed.error.issues.map(describeIssue))
  else problems.push(...crossCheck(parsed.data))
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems)
  return parsed.data
}

/** Where and what, for one finding of zod. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
  return `${where === '' ? 'configuration' : where}: ${issue.message}`
}

function crossCheck(config: Config): string[] {
  const problems: string[] = []
  const twice = (names: readonly string[]): string[] => [...new Set(names.filter((name, at) => names.indexOf(name) !== at))]
  for (const id of twice(config.platforms.map(({ id }) => id)))
    problems.push(`platforms: the id "${id}" is used twice; give each platform its own`)
  for (const name of twice(config.keys.map(({ name }) => name)))
    problems.push(`keys: the name "${name}" is used twice; give each key its own`)
  for (const [index, { agent, platforms = [] }] of config.keys.entries()) {
    for (const id of unknownPlatforms(config, platforms)) problems.push(`keys[${index}].platforms: ${noPlatform(config, id)}`)
    for (const id of unknownPlatforms(config, platformsOf(agent))) problems.push(`keys[${index}].agent: ${noPlatform(config, id)}`)
  }
  return problems
}

/** Those that there are not. Without configured platforms the sandbox has some, of which nothing is known here. Pure. */
export function unknownPlatforms(config: Pick<Config, 'platforms'>, ids: readonly string[]): readonly string[] {
  return config.platforms.length === 0 ? [] : ids.filter((id) => !config.platforms.some((platform) => platform.id === id))
}

export function noPlatform(config: Pick<Config, 'platforms'>, id: string): string {
  return `there is no platform "${id}"; there are ${config.platforms.map((platform) => platform.id).join(', ')}`
}

function platformsOf(agent: string | undefined): readonly string[] {
  return agent === undefined ? [] : [agent.slice(0, agent.indexOf('/'))]
}

function readFile(file: string, environment: Readonly<Record<string, string | undefined>>, problems: string[]): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    problems.push(`CTI_CONFIG: cannot read ${file}: ${(error as Error).message}`)
    return {}
  }
  try {
    const value: unknown = parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('must be a mapping of settings')
    return withEnvironment(value, environment, '', problems) as Record<string, unknown>
  } catch (error) {
    problems.push(`CTI_CONFIG: ${file}: ${(error as Error).message.split('\n')[0]}`)
    return {}
  }
}

function withEnvironment(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  path: string,
  problems: string[],
): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Z_][A-Z0-9_]*)\}/g, (_whole, name: string) => {
      const found = environment[name]
      if (found === undefined) problems.push(`${path}: the environment variable ${name} is not set`)
      return found ?? ''
    })
  }
  if (Array.isArray(value)) return value.map((member, index) => withEnvironment(member, environment, `${path}[${index}]`, problems))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        withEnvironment(member, environment, path === '' ? name : `${path}.${name}`, problems),
      ]),
    )
  }
  return value
}
