import type { JournalEntry } from '../../src/simulators/kit/journal.js'

/** One request of a client and what it was told. */
export interface Told {
  readonly token: string
  readonly agentId: string
  readonly action: string
  /** HTTP status, or 0 when the connection broke: the client then knows nothing. */
  readonly status: number
  readonly commandId?: string
  /** Epoch ms when the answer was there. */
  readonly at: number
}

/** A command as the API tells it after the storm. */
export interface Logged {
  readonly id: string
  readonly agentId: string
  readonly action: string
  readonly status: string
  readonly attempts: number
  readonly seq: number
  readonly acceptedAt: number
  readonly settledAt?: number
  readonly supersededBy?: string
  /** The client's token. */
  readonly token?: string
}

export interface Witnesses {
  readonly told: readonly Told[]
  readonly logged: readonly Logged[]
  readonly journal: readonly JournalEntry[]
  /** Agent id → the vendor's present state. */
  readonly states: ReadonlyMap<string, string>
}

export interface Verdict {
  readonly lost: number
  readonly stale: number
  readonly duplicated: number
  readonly wrongFinal: number
  readonly toldFailedButRan: number
  readonly hung: number
  readonly commands: number
  /** One line for each finding, with the agent. */
  readonly findings: readonly { readonly agentId: string; readonly text: string }[]
}

const FINAL = new Set(['confirmed', 'rejected', 'superseded', 'cancelled', 'expired', 'unconfirmed', 'dead'])
const TARGET: Readonly<Record<string, string>> = { LOGIN: 'NOT_READY', READY: 'READY', NOT_READY: 'NOT_READY', LOGOUT: 'LOGOUT' }

/** Compares what clients were told, what the log says and what reached the vendor. Pure. */
export function verdict(witnesses: Witnesses): Verdict {
  const findings: { agentId: string; text: string; kind: keyof Omit<Verdict, 'findings' | 'commands'> }[] = []
  const byToken = new Map(witnesses.logged.flatMap((command) => (command.token === undefined ? [] : [[command.token, command]])))
  for (const told of witnesses.told) {
    const command = byToken.get(told.token)
    if (told.commandId !== undefined && command === undefined)
      findings.push({ kind: 'lost', agentId: told.agentId, text: `${told.action} ${told.commandId} was accepted and is gone` })
    const ran = command !== undefined && (command.attempts > 0 || command.status === 'confirmed')
    if (told.status === 503 && told.commandId === undefined && ran) {
      findings.push({ kind: 'toldFailedButRan', agentId: told.agentId, text: `${told.action} ${command.id} was told 503 and ran` })
    }
  }
  for (const command of witnesses.logged) {
    if (!FINAL.has(command.status))
      findings.push({ kind: 'hung', agentId: command.agentId, text: `${command.action} ${command.id} is still ${command.status}` })
  }
  const toldAt = new Map(witnesses.told.flatMap((told) => (told.commandId === undefined ? [] : [[told.commandId, told.at]])))
  for (const [agentId, commands] of groupBy(witnesses.logged, (command) => command.agentId)) {
    const entries = witnesses.journal.filter(
      (entry) => entry.agentId === agentId && entry.asked !== undefined && TARGET[entry.asked] !== undefined && isGlobal(entry),
    )
    for (const text of staleEntries(commands, entries, toldAt)) findings.push({ kind: 'stale', agentId, text })
    for (const text of duplicates(commands, entries)) findings.push({ kind: 'duplicated', agentId, text })
    const wrong = wrongFinal(commands, witnesses.states.get(agentId))
    if (wrong !== undefined) findings.push({ kind: 'wrongFinal', agentId, text: wrong })
  }
  const count = (kind: string): number => findings.filter((finding) => finding.kind === kind).length
  return {
    lost: count('lost'),
    stale: count('stale'),
    duplicated: count('duplicated'),
    wrongFinal: count('wrongFinal'),
    toldFailedButRan: count('toldFailedButRan'),
    hung: count('hung'),
    commands: witnesses.logged.length,
    findings: findings.map(({ agentId, text, kind }) => ({ agentId, text: `${kind}: ${text}` })),
  }
}

/** Steps below the agent's own state (single media routing domains) follow from it. */
function isGlobal(entry: JournalEntry): boolean {
  return entry.detail?.['mrdId'] === undefined
}

/** Every request at the vendor must belong to a command that was still wanted when it arrived. */
function staleEntries(commands: readonly Logged[], entries: readonly JournalEntry[], toldAt: ReadonlyMap<string, number>): string[] {
  const stale: string[] = []
  for (const entry of entries) {
    const wanted = commands.some((command) => {
      if (command.action !== entry.asked || command.acceptedAt > entry.at) return false
      if (command.status !== 'superseded') return true
      const newerTold = command.supersededBy === undefined ? undefined : toldAt.get(command.supersededBy)
      return entry.at <= (newerTold ?? Number.POSITIVE_INFINITY)
    })
    if (!wanted) stale.push(`${entry.asked} reached the vendor at ${new Date(entry.at).toISOString()}, wanted by no open command`)
  }
  return stale
}

/** A change that took effect more often than commands asked for it. */
function duplicates(commands: readonly Logged[], entries: readonly JournalEntry[]): string[] {
  const found: string[] = []
  for (const action of Object.keys(TARGET)) {
    const applied = entries.filter((entry) => entry.asked === action && entry.effect === 'applied').length
    const asked = commands.filter((command) => command.action === action && command.attempts > 0).length
    for (let more = asked; more < applied; more += 1) found.push(`${action} took effect ${applied} times for ${asked} commands`)
  }
  return found
}

/** The vendor's state must be the target of the last command that was confirmed. */
function wrongFinal(commands: readonly Logged[], state: string | undefined): string | undefined {
  const ordered = [...commands].sort((a, b) => a.seq - b.seq)
  const last = ordered.filter((command) => command.status === 'confirmed').at(-1)
  if (last === undefined || state === undefined) return undefined
  const after = ordered.filter((command) => command.seq > last.seq && (command.status === 'unconfirmed' || command.status === 'dead'))
  const allowed = new Set([TARGET[last.action], ...after.map((command) => TARGET[command.action])])
  // A LOGIN of an agent who is logged in already leaves the state alone.
  if (last.action === 'LOGIN') allowed.add('READY')
  return allowed.has(state)
    ? undefined
    : `the vendor says ${state} after ${ordered.map((command) => `${command.action}:${command.status}`).join(' ')}`
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group === undefined) groups.set(key(item), [item])
    else group.push(item)
  }
  return groups
}

/** What happened to one agent, in order, for people. */
export function story(agentId: string, witnesses: Witnesses): string {
  const lines = [
    ...witnesses.told
      .filter((told) => told.agentId === agentId)
      .map((told) => ({ at: told.at, text: `client  told ${told.status || 'nothing'} for ${told.action} ${told.commandId ?? ''}` })),
    ...witnesses.logged
      .filter((command) => command.agentId === agentId)
      .map((command) => ({
        at: command.acceptedAt,
        text: `log     #${command.seq} ${command.action} ${command.id} → ${command.status} (${command.attempts} attempts)`,
      })),
    ...witnesses.journal
      .filter((entry) => entry.agentId === agentId && entry.effect !== 'read')
      .map((entry) => ({
        at: entry.at,
        text: `vendor  ${entry.operation} ${entry.asked ?? ''} → ${entry.effect}${entry.fault ? ` (${entry.fault})` : ''}`,
      })),
  ]
  return [
    `story of ${agentId}:`,
    ...lines.sort((a, b) => a.at - b.at).map(({ at, text }) => `  ${new Date(at).toISOString().slice(11, 23)}  ${text}`),
  ].join('\n')
}
