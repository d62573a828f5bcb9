import { z } from 'zod'
import { CISCO_PRODUCTS, siteReason } from '../_shared/cisco-reasons.js'
import { NEWEST_VERSION, OLDEST_VERSION, SERVICE } from './codec/index.js'

const ms = (min: number, max: number, fallback: number) => z.number().int().min(min).max(max).default(fallback)
const version = z.number().int().min(OLDEST_VERSION).max(NEWEST_VERSION)
const code = z.number().int().min(0).max(65_535)

/** Settings of one Cisco site: one CTI Server pair and one peripheral (docs/platforms/cisco-cti.md). */
export const options = z.strictObject({
  sides: z
    .array(z.strictObject({ host: z.string().min(1), port: z.number().int().min(1).max(65_535).optional() }))
    .min(1)
    .max(2)
    .describe('Side A, then side B. Ports default to 42027 and 43027, with TLS 42030 and 43030, each plus 40 times the instance'),
  instance: z.number().int().min(0).max(99).default(0).describe('ICM instance number, for the default ports'),
  tls: z
    .strictObject({
      ca: z.string().optional().describe('PEM of the authority that signed the servers’ certificates; missing: the system’s'),
      cert: z.string().optional().describe('Client certificate, PEM'),
      key: z.string().optional().describe('Key of the client certificate, PEM'),
      servername: z.string().optional().describe('Name that the certificates carry, where it is not the host'),
    })
    .optional()
    .describe('Missing: plain TCP. Verification cannot be switched off'),
  peripheralId: z
    .number()
    .int()
    .min(0)
    .max(0xffff_fffe)
    .describe('Numeric ID of the agents’ peripheral in the ICM configuration, for example 5000'),
  versions: z
    .array(version)
    .min(1)
    .default([25, 24, 23, 20, 15, 13])
    .describe('Protocol versions to ask for, in this order; one entry fixes the version'),
  clientId: z.string().max(63).default('CTIGateway').describe('ClientID'),
  clientPassword: z.string().max(63).default('').describe('ClientPassword, where the site enforces one'),
  clientSignature: z.string().max(63).default('CTIGateway').describe('ClientSignature; shows up in events'),
  services: z
    .number()
    .int()
    .default(SERVICE.ALL_EVENTS | SERVICE.CLIENT_CONTROL | SERVICE.IGNORE_DUPLICATE_AGENT_EVENTS)
    .describe('ServicesRequested; ACTIVE_STANDBY is not for this client'),
  agentStateMask: z.number().int().default(0x3ff).describe('AgentStateMask: 0x3ff is every voice state, 0x3fff every state'),
  discoverTeams: z.boolean().default(true).describe('Learn agents from AGENT_TEAM_CONFIG_EVENT (bit 0x00800000 of CallMsgMask)'),
  agents: z.array(z.string().min(1).max(11)).default([]).describe('Agents to ask for after every connect, besides those that events name'),
  mrdId: z.number().int().default(1).describe('Media routing domain of voice; some sites renumber it'),
  product: z.enum(CISCO_PRODUCTS).default('CCE').describe('Unified CCE or CCX: reason tables, and whether a logout needs NOT_READY first'),
  heartbeatMs: ms(50, 600_000, 5_000).describe('Heart-beat interval; the vendor’s minimum is 5000'),
  connectTimeoutMs: ms(50, 60_000, 5_000).describe('TCP and TLS handshake'),
  openTimeoutMs: ms(50, 120_000, 30_000).describe('Wait for OPEN_CONF; documented: 30 s, 60 s with over 500 clients'),
  closeTimeoutMs: ms(10, 4_500, 4_000).describe('Wait for CLOSE_CONF'),
  answerTimeoutMs: ms(50, 60_000, 15_000).describe('Wait for the answer to a request; documented: 10 to 15 s'),
  confirmWithinMs: ms(100, 120_000, 15_000).describe('Wait for evidence after a confirmation'),
  eventGraceMs: ms(0, 10_000, 1_000).describe('When the wanted event came first, wait this long for the confirmation'),
  ladderMs: z
    .array(z.number().int().min(0))
    .min(1)
    .default([15_000, 30_000, 60_000, 120_000])
    .describe('Pauses between later rounds of both sides'),
  firstPauseMs: ms(0, 600_000, 1_000).describe('Longest random pause before the second round; documented: a tenth of a second per client'),
  maxOutstanding: z
    .number()
    .int()
    .min(2)
    .max(1_000)
    .default(100)
    .describe('Requests that wait for an answer at once; background ones use half'),
  reasons: z.array(siteReason).default([]).describe('The site’s own reason codes: Cisco serves no list over this protocol'),
  reasonRequired: z
    .strictObject({
      notReady: z.boolean().default(false).describe('The agents’ desk settings demand a reason for NOT_READY'),
      logout: z.boolean().default(false).describe('The agents’ desk settings demand a reason for LOGOUT'),
    })
    .prefault({})
    .describe('Say so here, and a missing reason is refused without asking CTI Server, which answers CF 281 otherwise'),
  notReadyBeforeLogout: code.default(20_003).describe('Reason of the NOT_READY that comes before an agent’s logout; 0: none'),
  forcedLogoutReason: code.default(999).describe('Reason of a supervisor’s logout'),
  forcedNotReadyReason: code.default(999).describe('Reason of the NOT_READY that comes before it; 20001 is documented too'),
  useForcedFlag: z
    .boolean()
    .default(false)
    .describe('After a supervisor’s logout was refused for the state, send it once more with ForcedFlag 1; its effect is not documented'),
  logoutPassword: z
    .enum(['empty', 'omit'])
    .default('empty')
    .describe('AgentPassword of a LOGOUT: an empty text, or none (unverified which a site wants)'),
  loginPassword: z.enum(['required', 'optional']).default('required').describe('Whether a LOGIN without a password is refused here'),
  sso: z.boolean().default(false).describe('Agents sign in with SSO: SSOEnabled 1 and no password; from version 20 on'),
})
export type CiscoCtiOptions = z.infer<typeof options>

/** A command's own options. */
export const commandOptions = z.strictObject({
  mobileMode: z.enum(['call-by-call', 'nailed-up']).optional().describe('LOGIN as a mobile agent (AgentWorkMode 3 or 4)'),
  mobileNumber: z.string().min(1).max(40).optional().describe('Phone number of a mobile agent'),
  workMode: z.enum(['auto-in', 'manual-in']).optional().describe('AgentWorkMode of TDM switches'),
  positionId: z.string().min(1).max(11).optional().describe('PositionID, some TDM switches'),
  supervisorId: z.string().min(1).max(11).optional().describe('SupervisorID, some TDM switches'),
  activeTerminal: z.string().min(1).max(63).optional().describe('Device name, from version 24 on'),
  outbound: z.boolean().optional().describe('The agent supports the outbound option (AgentServiceReq 1)'),
})
export type CiscoCommandOptions = z.infer<typeof commandOptions>

/** Sides with their names and ports (section 1.11: A 42027, B 43027, TLS 42030 and 43030, plus 40 per instance). */
export function sidesOf(settings: CiscoCtiOptions): { name: string; host: string; port: number }[] {
  return settings.sides.map(({ host, port }, index) => ({
    name: index === 0 ? 'A' : 'B',
    host,
    port: port ?? (index === 0 ? 42_027 : 43_027) + (settings.tls === undefined ? 0 : 3) + 40 * settings.instance,
  }))
}
