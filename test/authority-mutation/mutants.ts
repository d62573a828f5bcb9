import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** One authorization check taken away. */
export interface Mutant {
  /** False: it works when the gateway starts, or leaves something behind, and cannot be switched on and off in a running gateway. */
  readonly switchable: boolean
  /** Stands alone on its line; without semicolons the line before must not take it for its arguments. */
  readonly statement: boolean
  /** Path from the project's folder. */
  readonly file: string
  /** Offsets of what is replaced. */
  readonly start: number
  readonly end: number
  readonly becomes: string
  readonly line: number
  readonly was: string
}

const FOLDER = 'src/http'

/** How a call looks when its check is taken away; undefined: it is no check. */
type Without = (call: string, args: readonly string[]) => string

const nothing: Without = () => 'undefined'
const yes: Without = () => 'true'
/** Somebody who may everything. */
const ANYBODY = "{ name: 'anybody', scopes: { has: () => true }, platforms: undefined, agent: undefined }"

/** Every call of one of these is a check: a new route is covered by being there. */
const CHECKS: Readonly<Record<string, Without>> = {
  needScope: nothing,
  needRead: nothing,
  needWrite: nothing,
  needAgent: nothing,
  maySeePlatform: yes,
  maySeeAgent: yes,
  seesPlatform: yes,
  seesAgent: yes,
  seesEvent: yes,
  stillValid: yes,
  timingSafeEqual: yes,
  // Whatever platform there is, is found; what there is not, fails as before.
  platformFor: (call, [parts, , id]) => `(${parts}.platforms.get(${id}) ?? ${call})`,
  platformOf: (call, [parts, request]) => `(${parts}.platforms.get(String(${request}.params['platform'])) ?? ${call})`,
  filterFor: (_call, [, asked]) => `filterFor({ platforms: undefined, agent: undefined }, ${asked})`,
  authenticate: (call) => (call.includes('headers') ? `(() => { try { return ${call} } catch { return ${ANYBODY} } })()` : call),
}

/** Checks that are no calls: text that is there exactly once, and what becomes of it. */
const TEXTS: readonly (readonly [file: string, was: string, becomes: string, switchable?: false])[] = [
  ['principal.ts', '!principal.scopes.has(scope)', 'false'],
  ['principal.ts', 'principal.platforms === undefined || principal.platforms.has(platform)', 'true'],
  ['principal.ts', '(principal.agent === undefined || principal.agent === `${platform}/${agentId}`)', 'true'],
  ['principal.ts', 'key.agent === undefined ? key.platforms : [platformIn(key.agent)]', 'key.platforms', false],
  ['principal.ts', 'agent: key.agent }', 'agent: undefined }', false],
  ['keyring.ts', '!isFromOtherSite(headers)', 'true'],
  // A key that is not valid any more, or with other rights, is remembered as it was.
  ['keyring.ts', 'verified.clear()', '', false],
  ['keyring.ts', 'for (const listener of listeners) listener()', '', false],
  ['keyring.ts', ', key.name, key.scopes, key.platforms, key.agent]', ', key.name, key.platforms, key.agent]', false],
  ['keyring.ts', 'key.scopes, key.platforms, key.agent]', 'key.scopes, key.agent]', false],
  ['keyring.ts', 'key.platforms, key.agent]', 'key.platforms]', false],
  [
    'app.ts',
    '  app.use(authenticate(parts))\n  app.use(metricsRoutes(parts))\n  app.use(docsRoutes(parts))',
    '  app.use(docsRoutes(parts))\n  app.use(authenticate(parts))\n  app.use(metricsRoutes(parts))',
    false,
  ],
  ['routes/audit.ts', 'principal.platforms && [...principal.platforms]', 'undefined'],
  ['events/filter.ts', 'visible === undefined', 'true'],
  ['events/filter.ts', 'agent !== undefined && { agent }', 'false'],
  ['events/filter.ts', 'platforms === undefined || platforms.has(platform)', 'true'],
  ['events/filter.ts', '(filter.agent === undefined || filter.agent === `${platform}/${agentId}`)', 'true'],
  // Readers who may not see the same would be told the same.
  ['events/filter.ts', 'sorted(platforms)', 'null'],
  ['events/filter.ts', 'agent ?? null', 'null'],
]

/** Every authorization check of the gateway's HTTP side, each taken away. Fails when a text of the table is not there, or not once. */
export function mutants(): readonly Mutant[] {
  const files = (readdirSync(FOLDER, { recursive: true }) as string[]).filter((name) => name.endsWith('.ts')).sort()
  return [...files.flatMap((name) => inCalls(join(FOLDER, name))), ...TEXTS.map((row) => inText(...row))]
}

function inCalls(file: string): readonly Mutant[] {
  const text = readFileSync(file, 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: Mutant[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) found.push(...ofCall(file, source, node))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function ofCall(file: string, source: ts.SourceFile, node: ts.CallExpression): readonly Mutant[] {
  const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText(source)
  if (!Object.hasOwn(CHECKS, callee)) return []
  const was = node.getText(source)
  const becomes = CHECKS[callee]?.(
    was,
    node.arguments.map((argument) => argument.getText(source)),
  )
  if (becomes === undefined || becomes === was) return []
  // What was verified is remembered: a wrong key would go on to work.
  return [
    mutant(file, source.text, node.getStart(source), was, becomes, callee !== 'timingSafeEqual', ts.isExpressionStatement(node.parent)),
  ]
}

function inText(name: string, was: string, becomes: string, switchable = true): Mutant {
  const file = join(FOLDER, name)
  const text = readFileSync(file, 'utf8')
  const start = text.indexOf(was)
  if (start < 0 || text.indexOf(was, start + 1) >= 0) throw new Error(`${file} should have this once: ${was}`)
  return mutant(file, text, start, was, becomes, switchable)
}

function mutant(file: string, text: string, start: number, was: string, becomes: string, switchable: boolean, statement = false): Mutant {
  return { switchable, statement, file, start, end: start + was.length, becomes, line: text.slice(0, start).split('\n').length, was }
}

/**
 * The file with its switchable checks in both forms. Which of them are off, and which are come to, `globalThis.authorityOff` knows: a function
 * of the mutant's number. Checks are not nested, so that each is replaced on its own.
 */
export function switched(code: string, own: readonly (readonly [number: number, mutant: Mutant])[]): string {
  const fromTheEnd = [...own].sort(([, a], [, b]) => b.start - a.start)
  return fromTheEnd.reduce(
    (text, [number, { start, end, was, becomes, statement }]) =>
      `${text.slice(0, start)}${statement ? 'void ' : ''}(globalThis.authorityOff?.(${number}) ? (${becomes}) : (${was}))${text.slice(end)}`,
    code,
  )
}
