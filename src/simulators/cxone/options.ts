import { z } from 'zod'

const count = (fallback: number) => z.coerce.number().int().nonnegative().default(fallback)
const yes = (fallback: 'yes' | 'no') => z.enum(['yes', 'no']).default(fallback)

/** What a caller may do; an agent's own token has none of them. */
export const PERMISSIONS = ['force-logout', 'set-state', 'impersonate', 'read', 'data-download', 'files'] as const
export type Permission = (typeof PERMISSIONS)[number]

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** Parses `a=http://x,b=http://y`. */
const urlMap = z
  .string()
  .default('')
  .transform((text, context) => {
    const map: Partial<Record<'issuer' | 'api' | 'acd' | 'userhub', string>> = {}
    for (const part of text.split(',').filter((piece) => piece !== '')) {
      const at = part.indexOf('=')
      const name = part.slice(0, at)
      const url = part.slice(at + 1).replace(/\/+$/, '')
      if ((name !== 'issuer' && name !== 'api' && name !== 'acd' && name !== 'userhub') || !/^https?:\/\//.test(url)) {
        context.addIssue({ code: 'custom', message: `"${part}" is not one of issuer=, api=, acd=, userhub= with an http(s) address` })
        return z.NEVER
      }
      map[name] = url
    }
    return map
  })

/** Options of the simulated tenant, as they come from the command line: texts. */
export const cxoneOptions = z.strictObject({
  agents: count(30).describe('Agents 1001, 1002 …, spread over teams 501, 502 and 503'),
  loggedIn: count(0).describe('How many of them sit at their own desktop at the start: Unavailable without a code'),
  accessKeyId: z.string().default('SIMKEY7RJ3VTQ2XW5N4M====').describe('Access key id of the API user'),
  accessKeySecret: z.string().default('SIMSECRET+4Q/ZP6LK2UYB7A====').describe('Its secret'),
  clientId: z.string().default('sim-client@cxone').describe('Registered client id'),
  clientSecret: z.string().default('sim+client/secret==').describe('Its secret'),
  clientAuth: z.enum(['required', 'optional']).default('required').describe('Whether the token call may leave the client out'),
  permissions: z
    .string()
    .default(PERMISSIONS.join(','))
    .transform((text) => text.split(',').filter((name) => name !== ''))
    .pipe(z.array(z.enum(PERMISSIONS)))
    .describe('What the API user may do'),
  tokenSeconds: z.coerce.number().positive().default(3600).describe('Life of an access token (2.6)'),
  refreshTokens: yes('yes').describe('Whether a token answer carries a refresh token'),
  tenantId: z.string().default('11eb1a2b-3c4d-4e5f-8a9b-0242ac110003'),
  businessUnitId: count(4599999),
  area: z.string().default('na1'),
  cluster: z.string().default('B32'),
  domain: z.string().default('niceincontact.com'),
  acdDomain: z.string().default('nice-incontact.com'),
  baseUrls: urlMap.describe('What discovery, whoami and links say: `issuer=…,api=…,acd=…,userhub=…`; default: this server for all'),
  discovery: z.enum(['tenant', 'older']).default('tenant').describe('`older`: cxone-configuration also answers without tenantId (2.1)'),
  effectMinMs: count(50).describe('A change takes effect this late at the earliest'),
  effectMaxMs: count(300).describe('… and at the latest; the order of one agent’s changes is kept'),
  rows: z.enum(['2026', 'v23']).default('2026').describe('Dialect of agents/states (4.2)'),
  codes: z.enum(['2026', 'v23', 'sdk']).default('2026').describe('Shape of the unavailable codes (4.5)'),
  pageDefault: z.coerce.number().int().positive().default(50).describe('Rows of a page without `top` (4.6; unverified)'),
  pageMax: z.coerce.number().int().positive().default(100).describe('Largest `top` that is granted (4.6; unverified)'),
  emptyErrors: yes('no').describe('Error answers of the ACD have no body, only icStatusDescription (5.1)'),
  logoutOnContact: z
    .enum(['after-contact', 'immediate', 'ignored'])
    .default('after-contact')
    .describe('Remote log-off of an agent on a contact (section 11 no. 9: unverified)'),
  logoutLoggedOut: z
    .enum(['accepted', 'not-found', 'conflict'])
    .default('accepted')
    .describe('Remote log-off of an agent who is logged out (section 11 no. 9: unverified)'),
  secondMs: z.coerce
    .number()
    .positive()
    .default(1000)
    .describe('Length of a second of the inactivity timer, ms, so that tests need not wait'),
  acwSeconds: count(0).describe('ACW after a contact ends by itself after so many seconds; 0: only by an event'),
  clockSkewMs: z.coerce.number().int().default(0).describe('The vendor’s clock minus ours'),
  refusalReportId: count(350100).describe('Id of the Agent Refusal report'),
  refusalExpandedReportId: count(350101).describe('Id of the Agent Refusal Expanded report'),
  reportTimeZone: z
    .string()
    .refine(isZone, 'not an IANA time zone')
    .default('America/New_York')
    .describe('Zone of Refuse_Time and of startDate/endDate'),
  refusalRows: count(0).describe('Rows that the report has from the start, over the last `refusalDays`'),
  refusalDays: z.coerce.number().positive().max(30).default(1),
  refusalMalformedEvery: count(0).describe('Every n-th of them is malformed; 0: none'),
  refusalDuplicateEvery: count(0).describe('Every n-th of them is there twice; 0: none'),
  reportErrors: z
    .enum(['mixed', 'body', 'status'])
    .default('mixed')
    .describe('Bad parameters with 400 and the rest as errorMessage in a 200 (mixed), all in a 200 (body), all with 400 (status) (6.1)'),
  emptyReport: z.enum(['header', '204']).default('header').describe('Answer when no row is in the window (section 11 no. 6: unverified)'),
  fileLagMs: count(0).describe('A saved file can be fetched this late (6.1)'),
  fileBaseUrl: z.string().default('').describe('Host of the `URI` of saved files, to test an allow-list; default: base address `acd`'),
})

export type CxoneOptions = z.infer<typeof cxoneOptions>
