import { agentOf, type Witnesses } from './model.js'
import { time } from './verdict.js'

/** Deeds further than this from anything that the agent has to do with are left out, ms. */
const NEAR_MS = 3_000
/** The story of one agent is cut to so many lines around the command that its first finding names; else it is the last ones. */
const MAX_LINES = 120
/** Of a command. */
const ID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g

interface Line {
  readonly at: number
  readonly text: string
}

/** What happened to one agent, in order, for people: its requests, its commands, the vendor's journal, and what was done to the site. */
export function story(agent: string, finding: string, { told, logged, seen, deeds }: Witnesses): string {
  const own: Line[] = [
    ...told
      .filter((answer) => agentOf(answer) === agent)
      .map(({ at, status, action, force, commandId, commandStatus, code, token, gateway, tookMs }) => ({
        at,
        text: `client  ${token}: ${action}${force === true ? '!' : ''} at gateway ${gateway} → ${status || 'nothing'} ${code ?? commandStatus ?? ''} ${commandId ?? ''} (${Math.round(tookMs)} ms)`,
      })),
    ...logged
      .filter((command) => agentOf(command) === agent)
      .flatMap((command) => {
        const name = `#${command.seq} ${command.action}${command.force ? '!' : ''}`
        return [
          { at: command.acceptedAt, text: `log     ${name} accepted ${command.id} (${command.token})` },
          ...(command.sentAt === undefined
            ? []
            : [{ at: command.sentAt, text: `log     ${name} let through, attempt ${command.attempts}` }]),
          ...(command.settledAt === undefined
            ? [{ at: Number.MAX_SAFE_INTEGER, text: `log     ${name} is still ${command.status}` }]
            : [{ at: command.settledAt, text: `log     ${name} → ${command.status} ${command.code ?? ''}` }]),
        ]
      }),
    ...seen
      .filter((entry) => agentOf(entry) === agent && entry.effect !== 'read')
      .map(({ at, operation, asked, effect, fault }) => ({
        at,
        text: `vendor  ${operation} ${asked ?? ''} → ${effect}${fault === undefined ? '' : ` (${fault})`}`,
      })),
  ]
  const near = deeds
    .filter((deed) => own.some(({ at }) => Math.abs(at - deed.at) < NEAR_MS))
    .map(({ at, text }) => ({ at, text: `deed    ${text}` }))
  const lines = [...own, ...near].sort((a, b) => a.at - b.at)
  const named = lines.findIndex(({ text }) => (text.match(ID) ?? []).some((id) => finding.includes(id)))
  const from = Math.max(0, named === -1 ? lines.length - MAX_LINES : named - MAX_LINES / 2)
  const shown = lines.slice(from, from + MAX_LINES)
  return [
    `story of ${agent}${shown.length < lines.length ? ` (lines ${from + 1} to ${from + shown.length} of ${lines.length})` : ''}:`,
    ...shown.map(({ at, text }) => `  ${at === Number.MAX_SAFE_INTEGER ? 'at the end  ' : time(at)}  ${text}`),
  ].join('\n')
}
