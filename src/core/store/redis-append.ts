import type { AppendResult, CommandDraft, StoredResponse } from '../command-log.js'
import { changed } from '../model/changed.js'
import { commandClass } from '../model/command.js'
import type { AgentText } from './redis-agent-text.js'
import { packClaim } from './redis-claims.js'
import { packBody, packChannel, packFingerprint, packId, packRelations, unpackId } from './redis-codec.js'
import type { Known } from './redis-known-texts.js'
import { foreseesAppend, type ForeseenAppend } from './redis-prepared.js'

type Begin = { readonly owner: string; readonly ttlMs: number } | undefined

/** An idempotency key as the scripts take it; '' for none. */
export const claimOf = (key: string | undefined): string => (key === undefined ? '' : packClaim(key))

interface AppendStep {
  /** As redis-append-script.ts takes them. */
  readonly args: readonly (string | number)[]
  /** The agent when the script answers so, and does not tell it. */
  after(answer: unknown): AgentText | undefined
  read(answer: unknown): AppendResult
}

/** Accepting a command; `known`: of the agent, when this process knows it. */
export function appendStep(draft: CommandDraft, agent: string, begin: Begin, known: Known | undefined): AppendStep {
  const { command, relations, idempotency } = draft
  const words = {
    id: packId(command.id),
    class: commandClass(command.action),
    channel: packChannel(command.action.channel),
    acceptedAt: command.acceptedAt,
    body: packBody(command),
    owner: begin?.owner,
  }
  const args = [
    words.id,
    agent,
    words.class,
    words.channel,
    words.acceptedAt,
    words.body,
    packRelations(relations),
    claimOf(idempotency?.key),
    idempotency === undefined ? '' : packFingerprint(idempotency.fingerprint),
    idempotency?.ttlMs ?? 0,
    // Lua cannot tell a missing one from an empty one.
    begin === undefined ? '' : `=${begin.owner}`,
    begin?.ttlMs ?? 0,
  ]
  const foreseen = known && foreseesAppend(known.agent, known.epoch, words)
  if (foreseen !== undefined) args.push(...foreseen.args)
  return {
    args,
    after: (answer) => (typeof answer === 'number' ? foreseen?.after(answer) : undefined),
    read: (answer) =>
      typeof answer === 'number' && foreseen !== undefined
        ? accepted(draft, agent, begin, foreseen, NONE)
        : toldAnswer(draft, agent, begin, answer as readonly (string | number)[]),
  }
}

const NONE: readonly string[] = []

function toldAnswer(draft: CommandDraft, agent: string, begin: Begin, answer: readonly (string | number)[]): AppendResult {
  const [kind, first, second, third] = answer
  if (kind === 'refused') return { kind: 'refused', by: unpackId(String(first)) }
  if (kind === 'known') {
    const known = { kind: 'known', commandId: unpackId(String(first)), sameBody: second === '1' } as const
    return third === '' || third === undefined ? known : { ...known, response: JSON.parse(String(third)) as StoredResponse }
  }
  const superseded = answer.length > 3 ? answer.slice(3).map((id) => unpackId(String(id))) : NONE
  return accepted(draft, agent, begin, { seq: Number(first), token: Number(second) }, superseded)
}

function accepted(
  { command: given }: CommandDraft,
  agent: string,
  begin: Begin,
  { seq, token }: Pick<ForeseenAppend, 'seq' | 'token'>,
  superseded: readonly string[],
): AppendResult {
  if (begin === undefined || token === 0) {
    return { kind: 'accepted', command: changed(given, { status: 'accepted', seq, attempts: 0 } as const), superseded }
  }
  const command = changed(given, { status: 'sent', seq, attempts: 1, sentAt: given.acceptedAt } as const)
  return { kind: 'accepted', command, superseded, lease: { key: agent, owner: begin.owner, token } }
}
