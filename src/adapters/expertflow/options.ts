import { z } from 'zod'
import { PARTICIPANT_ROLES } from './roles.js'

const ms = (least: number, most: number, fallback: number, text: string) =>
  z.number().int().min(least).max(most).default(fallback).describe(`${text}, ms`)

const account = z.strictObject({
  username: z.string().min(1).describe('User name at Keycloak'),
  password: z.string().min(1).describe('Password; a secret, best taken from the environment'),
})

/** The read is not documented: its address and the roles of whispering and barged-in supervisors are assumptions (docs/platforms/expertflow.md). */
const conversations = z.strictObject({
  path: z
    .string()
    .regex(/^\/.*\{conversationId\}/, 'must begin with / and contain {conversationId}')
    .default('/customer-topics/{conversationId}')
    .describe('Path of one conversation below conversationManager'),
  participants: z.string().min(1).default('participants').describe('Where in the answer the list of participants is'),
  roles: z
    .record(z.string(), z.enum(PARTICIPANT_ROLES))
    .default({
      PRIMARY: 'primary',
      ASSISTANT: 'secondary',
      SILENT_MONITOR: 'silent monitoring',
      WHISPER: 'whisper',
      BARGE_IN: 'barge-in',
    })
    .describe('The platform’s word for a role → its meaning'),
})

export const SESSION_MODELS = ['headless-desk', 'supervisor-proxy', 'in-cluster-rest'] as const
export type SessionModel = (typeof SESSION_MODELS)[number]

/** Settings of one Expertflow CX platform. Every default that stands for something unverified says so in docs/platforms/expertflow.md. */
export const expertflowOptions = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/ }).describe('Address of the installation, for example https://cx.example.com'),
  urls: z
    .strictObject({
      agentManager: z.url().optional().describe('Default {baseUrl}/agent-manager'),
      unifiedAdmin: z.url().optional().describe('Default {baseUrl}/unified-admin'),
      routingEngine: z.url().optional().describe('Default {baseUrl}/routing-engine'),
      conversationManager: z.url().optional().describe('Default {baseUrl}/conversation-manager'),
    })
    .prefault({})
    .describe('Addresses of single services where they are not below baseUrl, as inside a cluster'),
  sessionModel: z
    .enum(SESSION_MODELS)
    .default('headless-desk')
    .describe('Who speaks for the agent: its own socket held by the gateway, the supervisor only, or the routing engine from inside'),
  supervisor: account
    .optional()
    .describe("The gateway's own supervisor account: bearer for REST reads, socket for forced logout. Nobody else may use it"),
  accounts: z
    .record(z.string().min(1), account)
    .default({})
    .describe('Agent id → account, for LOGIN without credentials in the request (labs, kiosks)'),
  soleDesk: z
    .boolean()
    .default(false)
    .describe('The agents in accounts have no other desk: their sessions are opened again at start and when a command needs one'),
  agentLogin: z.enum(['agent-manager', 'unified-admin']).default('agent-manager').describe('Where agents log in'),
  serviceLogin: z.enum(['agent-manager', 'unified-admin']).default('unified-admin').describe('Where the supervisor account logs in'),
  handshake: z
    .strictObject({
      agent: z
        .enum(['string', 'object'])
        .default('string')
        .describe('Form of auth.agent: JSON text as the vendor’s desk, or object as the guide'),
      token: z
        .enum(['none', 'auth', 'header'])
        .default('none')
        .describe('Whether the token goes along: not, as auth.token, or as Authorization'),
      transports: z
        .array(z.enum(['polling', 'websocket']))
        .min(1)
        .default(['polling', 'websocket'])
        .describe('Engine.IO transports, in order'),
    })
    .prefault({}),
  readyMrds: z
    .union([z.enum(['all', 'none']), z.array(z.string().min(1)).min(1)])
    .default('all')
    .describe('Media routing domains (id or name) that READY without a channel makes READY too'),
  externalMrds: z
    .array(z.string().min(1))
    .default(['CISCO_CC', 'CISCO CC', '20316843be924c8ab4f57a7a'])
    .describe('Domains (id or name) that another system manages; READY without a channel leaves them alone'),
  autoSync: z
    .boolean()
    .default(false)
    .describe('The installation sets the domains itself (IS_MRD_AUTO_SYNC_ENABLED); the gateway then does not'),
  reasonForm: z.enum(['minimal', 'document']).default('minimal').describe('Send {id, name, type} of a reason, or the whole document'),
  requireReason: z
    .strictObject({
      notReady: z.boolean().default(false).describe('Refuse NOT_READY without a reason'),
      logout: z.boolean().default(false).describe('Refuse LOGOUT without a reason'),
    })
    .prefault({}),
  forcedLogoutReason: z
    .enum(['fixed', 'caller'])
    .default('fixed')
    .describe('FORCED_LOGOUT_BY_SUPERVISOR always, or the caller’s reason where it gives one'),
  supervisorNotReady: z.boolean().default(false).describe('Try NOT_READY over the supervisor socket, which is undocumented'),
  conversations: conversations
    .optional()
    .describe('Where the preview of a forced logout reads who takes part in a conversation. Missing: nowhere, and it says so'),
  logoutViaNotReady: z.boolean().default(false).describe('Set a READY agent NOT_READY before its LOGOUT'),
  commandMs: ms(100, 60_000, 5000, 'Wait for evidence of a command'),
  restMs: ms(100, 60_000, 3000, 'Wait for a REST answer'),
  connectMs: ms(100, 60_000, 5000, 'Wait for a socket to open'),
  offerMs: ms(1000, 600_000, 60_000, 'Longest time an offered task counts as being offered'),
  pollMs: z.number().int().min(0).max(600_000).default(15_000).describe('Interval of reads of all agents, ms; 0: none'),
  reconnect: z
    .strictObject({
      baseMs: ms(10, 60_000, 500, 'Upper bound of the first delay'),
      capMs: ms(100, 600_000, 30_000, 'Upper bound of every delay'),
      verify: z.boolean().default(true).describe('Read the state first: reconnecting logs in an agent who was logged out meanwhile'),
    })
    .prefault({}),
  maxInFlight: z.number().int().min(1).max(1000).default(50).describe('Calls to this platform at once'),
  ca: z.string().optional().describe('Certificate of a private authority, PEM'),
})

export type ExpertflowOptions = z.infer<typeof expertflowOptions>

/** Options of a single command. */
export const expertflowCommandOptions = z.strictObject({
  takeOver: z.boolean().optional().describe('LOGIN: open a desk although the agent is logged in elsewhere; that desk is dropped'),
})

export interface ServiceUrls {
  readonly agentManager: string
  readonly unifiedAdmin: string
  readonly routingEngine: string
  readonly conversationManager: string
}

/** Addresses of the services, without a slash at the end. */
export function serviceUrls({ baseUrl, urls }: Pick<ExpertflowOptions, 'baseUrl' | 'urls'>): ServiceUrls {
  const base = trim(baseUrl)
  return {
    agentManager: trim(urls.agentManager ?? `${base}/agent-manager`),
    unifiedAdmin: trim(urls.unifiedAdmin ?? `${base}/unified-admin`),
    routingEngine: trim(urls.routingEngine ?? `${base}/routing-engine`),
    conversationManager: trim(urls.conversationManager ?? `${base}/conversation-manager`),
  }
}

function trim(url: string): string {
  return url.replace(/\/+$/, '')
}
