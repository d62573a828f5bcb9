import { attribute } from './attribution.js'
import { unexplained, unproven, wrongFinal } from './final-states.js'
import { agentOf, groupBy, type Logged, type PlatformRules, type Told, type Witnesses } from './model.js'

export const COUNTS = ['lost', 'stale', 'duplicated', 'wrongFinal', 'toldFailedButRan', 'toldConfirmedButNot', 'hung', 'unbounded'] as const
export type Count = (typeof COUNTS)[number]

export interface Finding {
  readonly kind: Count
  /** `platform/agentId`. */
  readonly agent: string
  readonly text: string
}

export interface Verdict {
  readonly counts: Readonly<Record<Count, number>>
  readonly findings: readonly Finding[]
  readonly commands: number
}

/** How long an API call may take beyond the wait that the client asked for, ms. */
export interface Bounds {
  /** For 99 of 100 calls. */
  readonly p99Ms: number
  /** For every call. */
  readonly maxMs: number
}

const FINAL = new Set(['confirmed', 'rejected', 'superseded', 'cancelled', 'expired', 'unconfirmed', 'dead'])

/** Compares what clients were told, what the log says and what reached the vendors. Pure. */
export function verdict(witnesses: Witnesses, rules: (platform: string) => PlatformRules, bounds: Bounds): Verdict {
  const findings = [
    ...judgeAnswers(witnesses),
    ...witnesses.logged
      .filter(({ status }) => !FINAL.has(status))
      .map((command): Finding => ({ kind: 'hung', agent: agentOf(command), text: `${nameOf(command)} is still ${command.status}` })),
    ...judgeAgents(witnesses, rules),
    ...judgeTimes(witnesses.told, bounds),
  ]
  const counts = Object.fromEntries(COUNTS.map((kind) => [kind, findings.filter((finding) => finding.kind === kind).length]))
  return { counts: counts as Record<Count, number>, findings, commands: witnesses.logged.length }
}

const nameOf = ({ seq, action, force, id }: Logged): string => `#${seq} ${action}${force ? '!' : ''} ${id}`

/** Answers against the log: what was promised must be there, what was denied must not. */
function judgeAnswers({ told, logged, unknownIds }: Witnesses): Finding[] {
  const findings: Finding[] = []
  const byId = new Map(logged.map((command) => [command.id, command]))
  const byToken = new Map(logged.flatMap((command) => (command.token === undefined ? [] : [[command.token, command] as const])))
  // The client asked again with the same key and was told this very command: that is what it wanted, and no broken promise.
  const takenUp = new Set(told.map(({ key, commandId }) => `${key} ${commandId}`))
  // Or was told that the key's request is still running: from then on it is not taken back, and the client waits for its answer.
  const running = new Map(told.flatMap(({ key, code, at }) => (code === 'IDEMPOTENCY_IN_FLIGHT' ? [[key, at] as const] : [])))
  for (const answer of told) {
    const agent = agentOf(answer)
    const command = answer.commandId === undefined ? undefined : byId.get(answer.commandId)
    if (answer.commandId !== undefined && (command === undefined || unknownIds.has(answer.commandId)))
      findings.push({ kind: 'lost', agent, text: `${answer.action} ${answer.commandId} was accepted and is gone` })
    if (command !== undefined) findings.push(...contradiction(answer, command))
    const made = byToken.get(answer.token)
    const known = made !== undefined && (takenUp.has(`${answer.key} ${made.id}`) || (running.get(answer.key) ?? 0) > answer.at)
    const denied = known ? undefined : deniedButThere(answer, made)
    if (denied !== undefined) findings.push({ kind: 'toldFailedButRan', agent, text: denied })
  }
  const perKey = groupBy(logged, ({ token }) => token?.split('.')[0] ?? '')
  for (const [key, made] of perKey) {
    // One that was taken back (its caller was told 503) has freed the key for the next try.
    const commands = made.filter(({ status, code }) => status !== 'cancelled' || code !== 'STORE_UNAVAILABLE')
    const [first] = commands
    if (key === '' || first === undefined || commands.length < 2) continue
    findings.push({ kind: 'duplicated', agent: agentOf(first), text: `one Idempotency-Key made ${commands.map(nameOf).join(' and ')}` })
  }
  return findings
}

/** A final status that was told once is final. */
function contradiction(answer: Told, command: Logged): Finding[] {
  const said = answer.commandStatus
  if (said === undefined || !FINAL.has(said) || said === command.status) return []
  const text = `${nameOf(command)} was told ${said}, the log says ${command.status}`
  return [{ kind: said === 'confirmed' ? 'toldConfirmedButNot' : 'toldFailedButRan', agent: agentOf(answer), text }]
}

/**
 * A refusal with effect `none` promises that nothing was accepted. A refusal that says that the effect is unknown promises
 * nothing. What the gateway itself took back before it ran (`cancelled`, no attempt) kept the promise, and so did what was replaced
 * before that.
 */
function deniedButThere(answer: Told, command: Logged | undefined): string | undefined {
  if (command === undefined || answer.status < 400 || answer.commandId !== undefined || answer.effect !== 'none') return undefined
  if ((command.status === 'cancelled' || command.status === 'superseded') && command.attempts === 0) return undefined
  return `${nameOf(command)} was told ${answer.status} ${answer.code} and is ${command.status} (${command.attempts} attempts)`
}

/** Commands against the vendors' journals, agent by agent. */
function judgeAgents({ told, logged, seen, states }: Witnesses, rulesOf: (platform: string) => PlatformRules): Finding[] {
  const findings: Finding[] = []
  const toldBy = groupBy(told, agentOf)
  const seenBy = groupBy(seen, agentOf)
  const loggedBy = groupBy(logged, agentOf)
  for (const agent of new Set([...loggedBy.keys(), ...seenBy.keys()])) {
    const commands = loggedBy.get(agent) ?? []
    const entries = seenBy.get(agent) ?? []
    const rules = rulesOf(agent.slice(0, agent.indexOf('/')))
    const add = (kind: Count, text: string): void => void findings.push({ kind, agent, text })
    const { windows, strangers, surplus, regressions } = attribute(commands, entries, toldBy.get(agent) ?? [], rules)
    for (const { asked, at, effect } of strangers)
      add('stale', `${asked} (${effect}) reached the vendor at ${time(at)}, wanted by no open command`)
    for (const { asked, at } of regressions) add('stale', `${asked} took effect at ${time(at)}, after the effect of a newer command`)
    for (const { command, supersededBy } of windows) {
      if (supersededBy !== undefined && command.sentAt !== undefined && command.sentAt > supersededBy)
        add('stale', `${nameOf(command)} was let through at ${time(command.sentAt)}, after it had been superseded (${time(supersededBy)})`)
    }
    for (const { asked, at } of surplus) add('duplicated', `${asked} took effect once more at ${time(at)} than commands asked for it`)
    for (const command of unproven(commands, entries, rules))
      add('toldConfirmedButNot', `${nameOf(command)} is confirmed, and the vendor's journal never shows it`)
    const wrong = wrongFinal(commands, states.get(agent), rules)
    if (wrong !== undefined) add('wrongFinal', wrong)
    for (const text of unexplained(commands, rules)) add('wrongFinal', text)
  }
  return findings
}

/** Calls that a dead process did not answer are not counted: there is nobody to be slow. */
function judgeTimes(told: readonly Told[], { p99Ms, maxMs }: Bounds): Finding[] {
  const over =
    (ms: number) =>
    (answer: Told): boolean =>
      answer.tookMs - answer.waitMs > ms
  const answered = told.filter(({ status, tookMs, waitMs }) => status !== 0 || tookMs - waitMs > maxMs)
  const tooSlow = answered.filter(over(p99Ms))
  const counted = tooSlow.length > answered.length / 100 ? tooSlow : answered.filter(over(maxMs))
  return counted.map((answer) => ({
    kind: 'unbounded',
    agent: agentOf(answer),
    text: `${answer.action} ${answer.token} took ${Math.round(answer.tookMs)} ms (${answer.status}), asked to wait ${answer.waitMs} ms`,
  }))
}

export function time(at: number): string {
  return new Date(at).toISOString().slice(11, 23)
}
