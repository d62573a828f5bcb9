import { z } from 'zod'
import { keyFaults, SCOPES } from '../http/principal.js'

/** One agent as `platform/agentId`. */
export const AGENT_NAME = /^[a-z0-9][a-z0-9-]{0,62}\/[^\p{Cc}/]{1,128}$/u

/** What a key is, wherever it stands: the configuration and the keys file have these fields, with one description. */
export const keyFields = {
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters')
    .describe('Shown in the audit trail and as `requestedBy`'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be the SHA-256 of the key as 64 hexadecimal digits; `cti-gateway hash-key` makes one')
    .describe('SHA-256 of the key; the key itself is not stored'),
  scopes: z.array(z.enum(SCOPES)).min(1).describe('What it may do; see below'),
  platforms: z.array(z.string()).optional().describe('Only these platforms; missing means all'),
  agent: z
    .string()
    .regex(AGENT_NAME, 'must be one agent as platform/agentId, for example expertflow/1004')
    .optional()
    .describe('With the scope `agent:self`, and only with it: the one agent, as `platform/agentId`'),
} as const

/** For `superRefine`: what does not fit together in one key, field by field. */
export function checkKey(key: Parameters<typeof keyFaults>[0], context: z.RefinementCtx): void {
  for (const { field, message } of keyFaults(key)) context.addIssue({ code: 'custom', path: [field], message })
}
