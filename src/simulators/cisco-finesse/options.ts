import { z } from 'zod'

const count = (fallback: number) => z.coerce.number().int().nonnegative().default(fallback)

/** Options of the simulated Finesse pair, as they come from the command line: texts. */
export const finesseOptions = z.strictObject({
  agents: count(30).describe('Agents 1001, 1002 …; password `secret-<id>`, extension 2001, 2002 …; team 1, supervisor 900 (secret-900)'),
  loggedIn: count(0).describe('How many of them are logged in at the start (NOT_READY on their own extension)'),
  deployment: z.enum(['UCCE', 'UCCX']).default('UCCE').describe('UCCX lets agents log out from READY and has 22 and 33 where UCCE has 999'),
  domain: z.string().default('finesse.local').describe('XMPP domain; events come from pubsub.<domain>'),
  authMode: z
    .enum(['NON_SSO', 'SSO', 'HYBRID'])
    .default('HYBRID')
    .describe('NON_SSO: Basic only; SSO: Bearer only; HYBRID: both. The token of a user is `token-<id>`'),
  reasonLists: z
    .enum(['both', 'none', 'NOT_READY', 'LOGOUT'])
    .default('both')
    .describe('Which reason lists the site has configured; a configured list makes the reason of that category mandatory (section 4.2)'),
  invalidState: z
    .enum(['async', 'sync'])
    .default('async')
    .describe('Whether a refused transition is 202 with an error notification (captured, section 7.5) or 400 Invalid State (section 4.5)'),
  effectDelayMs: count(5).describe('A change takes effect this long after the 202'),
  presenceLossMs: count(180_000).describe('Presence of a signed-in agent lost this long: logout with 255 (section 4.8); 0: never'),
  lockMs: count(300_000).describe('Five wrong passwords lock the user this long (section 4.1)'),
  saslMechanisms: z
    .string()
    .default('PLAIN,SCRAM-SHA-1')
    .describe('SASL mechanisms offered; stock clients refuse PLAIN on a plain socket unless told to'),
  tlsKey: z.string().optional().describe('File with a PEM key; with tlsCert: HTTPS, and TLS on the XMPP ports, as on a real node'),
  tlsCert: z.string().optional().describe('File with a PEM certificate'),
})

export type FinesseOptions = z.infer<typeof finesseOptions>
