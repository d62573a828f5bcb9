import { IANAZone } from 'luxon'
import { z } from 'zod'
import { CANONICAL_REASONS } from '../../core/model/reason.js'

const url = (): z.ZodURL => z.url({ protocol: /^https?$/ })
const ms = (least: number, most: number, standard: number): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(least).max(most).default(standard)

const auth = z
  .strictObject({
    method: z
      .enum(['oidc-access-key', 'userhub-access-key'])
      .default('oidc-access-key')
      .describe('How the gateway signs in: password grant with a registered client, or the older UserHub access-key call without a client'),
    accessKeyId: z.string().min(1).describe('Access key id of the API user'),
    accessKeySecret: z.string().min(1).describe('Access key secret of the API user'),
    clientId: z.string().min(1).optional().describe('Registered client id; needed by oidc-access-key'),
    clientSecret: z.string().min(1).optional().describe('Registered client secret; needed by oidc-access-key'),
    clientAuth: z.enum(['basic', 'body']).default('basic').describe('Where the client id and secret go: Basic header or form fields'),
    refreshMarginSeconds: z.number().int().min(30).max(3000).default(600).describe('A token is renewed this long before its end'),
  })
  .refine((value) => value.method !== 'oidc-access-key' || (value.clientId !== undefined && value.clientSecret !== undefined), {
    message: 'clientId and clientSecret are needed by oidc-access-key',
    path: ['clientId'],
  })

const hosts = z
  .strictObject({
    token: url().optional().describe('Base URL of the token endpoint instead of the issuer'),
    discovery: url().optional().describe('Base URL of /.well-known/cxone-configuration instead of the issuer'),
    userHub: url().optional().describe('Base URL of the older access-key call, for example https://na1.nice-incontact.com'),
    api: url().optional().describe('Base URL of the API instead of the discovered api_endpoint'),
  })
  .prefault({})

const sessions = z
  .strictObject({
    defaultStationId: z.string().min(1).optional().describe('Station of a LOGIN that names none (some soft phones use the literal WebRTC)'),
    stationIs: z.enum(['id', 'phone']).default('id').describe("What a LOGIN's `station` means: a station id or a phone number"),
    inactivityTimeoutSeconds: z
      .number()
      .int()
      .refine((value) => value === 0 || (value >= 30 && value <= 300), 'must be 0 or 30 to 300')
      .default(0)
      .describe('The platform ends an idle session after this; 0 means its default of 300'),
    longPollSeconds: z.number().int().min(1).max(60).default(30).describe('Wait of one get-next-event call'),
    retryMs: ms(10, 60_000, 10_000).describe('Pause after a failed get-next-event call'),
    maxHeld: z.number().int().min(1).max(20_000).default(2000).describe('Sessions that this gateway holds at once'),
  })
  .prefault({})

const refusals = z.strictObject({
  reportId: z.coerce.string().regex(/^\d+$/).describe('Id of the Agent Refusal report on the Data Download page'),
  timeZone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), 'must be an IANA time zone, for example America/Denver')
    .describe("Time zone of the report's times: the business unit's"),
  doubledHour: z.enum(['earlier', 'later']).default('earlier').describe('Which instant a time in the doubled hour of autumn means'),
  form: z
    .enum(['inline', 'saved'])
    .default('inline')
    .describe('Content in the answer, or a file kept at the vendor and fetched by its URI'),
  windowDays: z.number().int().min(1).max(30).default(30).describe('Longest span of one download, days'),
  overlapMinutes: z.number().int().min(0).max(1440).default(60).describe('How far neighbouring downloads overlap'),
  timeoutMs: ms(1000, 1_800_000, 300_000).describe('One download at most'),
  fileWaitMs: ms(0, 600_000, 60_000).describe('How long a saved file may take to appear'),
})

/**
 * Settings of a CXone platform. Hosts are discovered (vendors/cxone.md section 2.1) unless overridden; every number that
 * the vendor does not publish is a setting with our default (sections 5.3 and 11).
 */
export const cxoneOptions = z
  .strictObject({
    mode: z
      .enum(['supervisor', 'session-owner'])
      .default('supervisor')
      .describe('Who changes states: a service user through the Admin API, or the gateway as owner of the agents’ sessions'),
    login: z
      .enum(['unsupported', 'impersonate', 'agent-credentials'])
      .optional()
      .describe(
        'How LOGIN is done: not at all, by impersonation, or with each agent’s own access key. Default: unsupported for supervisor, impersonate for session-owner',
      ),
    issuer: url().default('https://cxone.niceincontact.com').describe('Token issuer; https://cxone-gov.niceincontact.com for FedRAMP'),
    tenantId: z.string().min(1).optional().describe('Tenant id for discovery; read from the id token when missing'),
    auth: auth.describe('Credentials of the API user'),
    hosts: hosts.describe('Base URLs that replace discovered ones, for private links and simulators'),
    trustedHosts: z
      .array(z.string().min(1))
      .default([])
      .describe('Further host names that may receive the token; NICE domains, the issuer and configured hosts are trusted anyway'),
    apiVersion: z
      .string()
      .regex(/^v\d+\.0$/)
      .default('v34.0')
      .describe('Version segment of the API path; known good 23 to 35'),
    parameters: z.enum(['body', 'query']).default('body').describe('Where parameters of writes go: JSON body or query string'),
    throttle: z
      .strictObject({
        perSecond: z.number().min(0.1).max(1000).default(5).describe('Requests per second, all agents'),
        burst: z.number().int().min(1).max(1000).default(10).describe('Requests at once after a rest'),
        maxWaitMs: ms(0, 60_000, 2000).describe('A command that would wait longer for its turn is tried again later instead'),
      })
      .prefault({})
      .describe('The vendor publishes no limit; this keeps one'),
    requestTimeoutMs: ms(100, 120_000, 10_000).describe('One request at most'),
    confirmWithinMs: ms(500, 300_000, 15_000).describe('How long evidence of a change may take'),
    feed: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('Poll agents/states for the state of all agents; `false`: only the link is watched, by server-time'),
        intervalMs: ms(50, 300_000, 5000).describe('Pause between two polls'),
        pageSize: z.number().int().min(1).max(1000).default(100).describe('Rows of one page'),
      })
      .prefault({})
      .describe('The state feed'),
    sessions: sessions.describe('Agent sessions that LOGIN starts'),
    reasonKeys: z
      .record(z.string(), z.enum(CANONICAL_REASONS))
      .default({})
      .describe('Canonical key by name of an unavailable code, any letter case'),
    refusals: refusals.optional().describe('The Agent Refusal report; without it there is no refusal feed'),
  })
  .refine((value) => value.mode !== 'session-owner' || value.login !== 'unsupported', {
    message: 'session-owner needs a way to log in: impersonate or agent-credentials',
    path: ['login'],
  })

export type CxoneOptions = z.output<typeof cxoneOptions>
export type RefusalOptions = z.output<typeof refusals>
export type LoginWay = 'unsupported' | 'impersonate' | 'agent-credentials'

/** How LOGIN is done. Supervisor mode cannot by itself: a session start needs the agent's own token or impersonation (section 9). */
export function loginWay(options: Pick<CxoneOptions, 'mode' | 'login'>): LoginWay {
  return options.login ?? (options.mode === 'session-owner' ? 'impersonate' : 'unsupported')
}

/** What a LOGIN or LOGOUT may carry for CXone only. */
export const cxoneCommandOptions = z.strictObject({
  stationPhoneNumber: z.string().min(1).max(64).optional().describe('LOGIN: phone number of the agent; wins over a station id'),
  endContacts: z.boolean().optional().describe('Forced LOGOUT of a held session: drop active and held contacts'),
  ignorePersonalQueue: z.boolean().optional().describe('Forced LOGOUT of a held session: leave the personal queue for the next one'),
})
export type CxoneCommandOptions = z.output<typeof cxoneCommandOptions>
