import type { ExpertflowOptions } from './options.js'
import { fieldsOf, textOf } from './presence.js'
import type { ParticipantRole } from './roles.js'

export interface Participant {
  readonly id: string
  readonly name: string
  /** Undefined: a role that nobody has given a meaning; `word` has it. */
  readonly role: ParticipantRole | undefined
  readonly word: string
}

export type ConversationOptions = NonNullable<ExpertflowOptions['conversations']>

/**
 * A conversation document → who takes part. The form is the one of `onTopicData`, which the vendor's desk reads: a list of
 * `{ type, role, participant }` (shared object model, `ConversationParticipant`); where the list is and what the roles mean can be set.
 *
 * Undefined when there is no such list. Bots are left out: the seed does not count them.
 */
export function parseParticipants(document: unknown, { participants, roles }: ConversationOptions): readonly Participant[] | undefined {
  const list = at(document, participants)
  if (!Array.isArray(list)) return undefined
  return list.flatMap((entry): Participant[] => {
    const fields = fieldsOf(entry)
    const type = textOf(fields?.['type'])?.toUpperCase()
    if (fields === undefined || type === 'BOT' || fields['isActive'] === false) return []
    if (type === 'CUSTOMER') return [{ id: '', name: 'customer', role: 'customer', word: 'CUSTOMER' }]
    const person = personOf(fields['participant'])
    const word = textOf(fields['role']) ?? ''
    const role = Object.hasOwn(roles, word) ? roles[word] : undefined
    return person === undefined ? [] : [{ ...person, role, word }]
  })
}

/** The member at a path like `topicData.participants`. */
function at(document: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => fieldsOf(value)?.[name], document)
}

/** A CCUser with its `keycloakUser`, or the flat form (`AgentParticipant`, which spells `firsName`). */
function personOf(value: unknown): { id: string; name: string } | undefined {
  const fields = fieldsOf(value)
  const user = fieldsOf(fields?.['keycloakUser']) ?? fields
  const id = textOf(user?.['id']) ?? textOf(fields?.['id'])
  if (user === undefined || id === undefined) return undefined
  const full = [textOf(user['firstName']) ?? textOf(user['firsName']), textOf(user['lastName'])].filter((part) => part !== undefined)
  return { id, name: full.join(' ') || (textOf(user['username']) ?? id) }
}
