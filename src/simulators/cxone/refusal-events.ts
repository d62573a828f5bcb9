/** Rows of the refusal report that tests and people ask for. */
import { z } from 'zod'
import { clockChanges, type RefusalBatch } from './refusals.js'
import { REFUSAL_CAUSES } from './codes.js'
import type { Site } from './site.js'
import type { VendorEvent } from './vendor-event.js'

const instant = z.union([z.number(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
const batchBody = z.object({
  rows: z.number().int().positive(),
  from: instant.optional(),
  to: instant.optional(),
  causes: z.array(z.string()).nonempty().optional(),
  malformedEvery: z.number().int().nonnegative().default(0),
  duplicateEvery: z.number().int().nonnegative().default(0),
})
const rowBody = z.object({
  line: z.string().optional(),
  agentId: z.union([z.string(), z.number()]).optional(),
  contactId: z.number().int().optional(),
  cause: z.string().optional(),
  at: instant.optional(),
})

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error))
  return parsed.data
}

/** The rows that the report has from the start. */
export function startingBatches(site: Site): RefusalBatch[] {
  const { refusalRows, refusalDays, refusalMalformedEvery, refusalDuplicateEvery } = site.options
  const to = Math.floor(site.now() / 60_000) * 60_000
  return refusalRows === 0
    ? []
    : [
        {
          rows: refusalRows,
          from: to - refusalDays * 86_400_000,
          to,
          causes: REFUSAL_CAUSES,
          malformedEvery: refusalMalformedEvery,
          duplicateEvery: refusalDuplicateEvery,
        },
      ]
}

export const REFUSAL_EVENTS: Readonly<Record<string, VendorEvent>> = {
  refusals: {
    text: 'Rows appear in the refusal report; {rows, from, to (epoch ms or ISO with offset; default the last 24 h), causes (all eleven in turn), malformedEvery, duplicateEvery}',
    run(site, body) {
      const { from, to = site.now(), causes = REFUSAL_CAUSES, ...rest } = read(batchBody, body)
      site.refusals.batches.push({ ...rest, from: from ?? to - 86_400_000, to, causes })
    },
  },
  'refusals-dst': {
    text: 'Rows every quarter of an hour from 3 h before to 3 h after the last two clock changes of the report’s zone, or those before `before`; {before}',
    run(site, body) {
      const { before = site.now() } = read(z.object({ before: instant.optional() }), body)
      const changes = clockChanges(site.options.reportTimeZone, before)
      const three = 3 * 3_600_000
      for (const at of changes)
        site.refusals.batches.push({
          rows: 24,
          from: at - three,
          to: at + three,
          causes: REFUSAL_CAUSES,
          malformedEvery: 0,
          duplicateEvery: 0,
        })
      return changes.map((at) => new Date(at).toISOString())
    },
  },
  'refusal-row': {
    text: 'One row appears; {agentId, contactId, cause, at} or {line, at} for a line of any text',
    run(site, body) {
      const { line, agentId, contactId, cause, at = site.now() } = read(rowBody, body)
      const agent = agentId === undefined ? undefined : site.agent(String(agentId))
      if (agentId !== undefined && agent === undefined) throw new Error(`no agent ${agentId}`)
      site.refusals.records.push({
        at,
        ...(line !== undefined && { line }),
        ...(agent !== undefined && { agent }),
        ...(contactId !== undefined && { contactId }),
        ...(cause !== undefined && { cause }),
      })
    },
  },
  'refusals-clear': {
    text: 'The refusal report is empty again; {}',
    run(site) {
      site.refusals.batches.length = 0
      site.refusals.records.length = 0
    },
  },
}
