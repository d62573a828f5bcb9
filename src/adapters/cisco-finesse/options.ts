import { z } from 'zod'
import { CANONICAL_REASONS } from '../../core/model/reason.js'

const node = z.strictObject({
  api: z
    .url({ protocol: /^https?$/ })
    .describe(
      'Address of the node without path, for example https://finesse-a.example.com:8445 (redirects of the old ports are not followed)',
    ),
  xmpp: z
    .string()
    .regex(/^(xmpps?|wss?):\/\//, 'must begin with xmpps://, xmpp://, wss:// or ws://')
    .optional()
    .describe(
      'Notification service of the node: xmpps://host:5223 (TLS; the default, from the host of `api`), xmpp://host:5222 (StartTLS) or wss://host:8445/ws/ (needs a Node release with a global WebSocket: 22 or later)',
    ),
})

const secret = {
  password: z.string().min(1).optional().describe('Password (HTTP Basic)'),
  token: z.string().min(1).optional().describe('Access token (Bearer, single sign-on)'),
}
const username = z.string().min(1).optional().describe('Name to authenticate with, when it is not the agent id itself')
const oneSecret = (account: { password?: string | undefined; token?: string | undefined }): boolean =>
  (account.password === undefined) !== (account.token === undefined)

const supervisor = z
  .strictObject({ id: z.string().min(1).describe('Agent id of the supervisor; also the XMPP user'), username, ...secret })
  .refine(oneSecret, 'exactly one of `password` and `token` is needed')

const account = z
  .strictObject({ username, ...secret, extension: z.string().min(1).optional().describe('Extension for a LOGIN without `station`') })
  .refine(oneSecret, 'exactly one of `password` and `token` is needed')

const xmpp = z.strictObject({
  enabled: z.boolean().default(true).describe('False: no notifications; the states of the teams are polled and the link stays degraded'),
  domain: z.string().min(1).optional().describe('XMPP domain; default: xmppDomain of SystemInfo'),
  pubSubDomain: z.string().min(1).optional().describe('Publish-subscribe domain; default: xmppPubSubDomain of SystemInfo'),
  resource: z.string().min(1).max(64).default('cti-gateway').describe('Resource of the JID; a random suffix keeps several gateways apart'),
  allowPlaintext: z.boolean().default(false).describe('Send the password over a connection without TLS. For simulators only'),
  mechanism: z
    .enum(['auto', 'PLAIN', 'SCRAM-SHA-1'])
    .default('auto')
    .describe('How to sign in; auto: the strongest that is offered, PLAIN with a token'),
  keepAliveMs: z
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe('Whitespace and ping interval, ms (cisco.md section 4.8: 10 s)'),
  connectMs: z.number().int().min(100).max(60_000).default(15_000).describe('Longest time for connecting and signing in, ms'),
})

/** Settings of a Finesse platform. Source of defaults: `vendors/cisco.md` section 4, as noted per field. */
export const options = z.strictObject({
  primary: node.describe('First node of the pair'),
  secondary: node.optional().describe('Second node of the pair; used while the first is out of service'),
  supervisor: supervisor.describe('Account that reads states, receives notifications and acts for agents of its teams'),
  accounts: z
    .record(z.string(), account)
    .default({})
    .describe("Agents' own accounts, by agent id: LOGIN, reasons and NOT READY need them unless the command brings credentials"),
  deployment: z
    .enum(['UCCE', 'UCCX'])
    .default('UCCE')
    .describe('UCCE accepts a sign-out only from NOT_READY; UCCX also from READY. Decides about system reason codes too'),
  teams: z.array(z.string().min(1)).max(200).optional().describe("Team ids to watch; default: all teams of the supervisor's own record"),
  reasonLists: z
    .enum(['team', 'user'])
    .default('team')
    .describe('Where reason codes come from: TeamResource (12.5 and later) or User/{id}/ReasonCodes (before)'),
  reasonKeys: z
    .record(z.string(), z.enum(CANONICAL_REASONS))
    .default({})
    .describe('Canonical key by reason label or code, for the reasons that the site has configured'),
  reasonRequired: z
    .strictObject({
      notReady: z.boolean().default(false).describe('The site has NOT READY reasons'),
      logout: z.boolean().default(false).describe('The site has sign-out reasons'),
    })
    .prefault({})
    .describe('Configured reasons of a category make one mandatory; say so here, and a missing one is refused without asking Finesse'),
  supervisorNotReady: z
    .boolean()
    .default(true)
    .describe('May the supervisor set an agent NOT READY? Documented for later releases only; READY and LOGOUT always are'),
  logoutNotReadyReasonId: z
    .string()
    .min(1)
    .optional()
    .describe('reasonCodeId for the NOT READY step before a sign-out; without it the supervisor takes that step, which needs no reason'),
  confirmWithinMs: z
    .number()
    .int()
    .min(500)
    .max(60_000)
    .default(15_000)
    .describe('How long to wait for the notification after a 202, ms (a control request may take 10 to 15 s)'),
  systemInfoMs: z.number().int().min(200).max(300_000).default(20_000).describe('How often SystemInfo is read, ms (the desktop: 20 s)'),
  pollMs: z.number().int().min(200).max(300_000).default(5_000).describe('How often the teams are read while notifications are away, ms'),
  reconnectMinMs: z
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(1_000)
    .describe('First delay before a new attempt, ms; doubles, with jitter'),
  reconnectMaxMs: z.number().int().min(50).max(600_000).default(60_000).describe('Longest delay between attempts, ms'),
  authHoldMs: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(300_000)
    .describe("Pause after three refusals of the supervisor's credentials, ms: five lock the account for 5 minutes"),
  requestMs: z.number().int().min(100).max(60_000).default(10_000).describe('Deadline of background requests, ms'),
  maxInFlight: z.number().int().min(1).max(500).default(50).describe('Requests to the platform at once'),
  maxAgents: z.number().int().min(1).max(100_000).default(20_000).describe('Agents kept in memory for the re-read after a reconnect'),
  xmpp: xmpp.prefault({}).describe('Notifications'),
  ca: z.string().optional().describe('PEM certificates to trust besides the public ones'),
})
export type FinesseOptions = z.output<typeof options>

/** `options` of a command. */
export const commandOptions = z.strictObject({
  activeDeviceId: z.string().min(1).max(128).optional().describe('LOGIN: device to use where an extension is shared'),
  mobileAgentMode: z.string().min(1).max(64).optional().describe('LOGIN as mobile agent: CALL_BY_CALL or NAILED_CONNECTION'),
  mobileAgentDialNumber: z.string().min(1).max(64).optional().describe('LOGIN as mobile agent: the phone number'),
  logoutAllMedia: z.boolean().optional().describe('LOGOUT: sign out of all media, not of voice only'),
  notReadyReasonId: z.string().min(1).max(64).optional().describe('LOGOUT: reasonCodeId of the NOT READY step before it'),
})
