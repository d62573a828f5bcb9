import { z } from 'zod'

const count = (fallback: number) => z.coerce.number().int().nonnegative().default(fallback)

/** Options of the simulated CTI Server pair, as they come from the command line: texts. */
export const ctiOptions = z.strictObject({
  agents: count(30).describe('Agents 1001, 1002 …; password `secret-<id>`, instrument 2001, 2002 …'),
  loggedIn: count(0).describe('How many of them are logged in at the start (NOT_READY on their own instrument)'),
  peripheralId: count(5000).describe('PeripheralID of the agents'),
  profile: z
    .enum(['population', 'recorded-v15'])
    .default('population')
    .describe(
      '`recorded-v15`: agents 1 and 2 and peripherals 5000 and 5003 of the recorded session (section 7.1), instead of the population',
    ),
  oldestVersion: z.coerce.number().int().min(13).max(25).default(13).describe('Oldest protocol version that an OPEN_REQ may ask for'),
  newestVersion: z.coerce.number().int().min(13).max(25).default(25).describe('Newest one; another is answered with status 1'),
  failureConf: z
    .enum(['by-version', 'short', 'long'])
    .default('by-version')
    .describe('Form of FAILURE_CONF: 8 bytes, 10 bytes, or 8 up to version 23 and 10 from 24 (section 1.5; sources differ)'),
  standby: z
    .enum(['refuse', 'closed', 'accept'])
    .default('refuse')
    .describe(
      'What the standby side does with a client without ACTIVE_STANDBY: refuse the OPEN, not listen at all, or serve it like the active side',
    ),
  standbyStatus: z.coerce.number().int().default(15).describe('Status of that refusal: 15, 92 or 107 (section 1.11)'),
  clientId: z.string().optional().describe('ClientID that OPEN_REQ must carry; missing: any'),
  clientPassword: z.string().optional().describe('ClientPassword that OPEN_REQ must carry; missing: any'),
  deskSettings: z.coerce
    .number()
    .int()
    .default(0x200)
    .describe('DeskSettingsMask of every agent: 8 not-ready reason required, 16 logout reason required'),
  reasonCodes: z.string().default('').describe('Comma list of accepted reason codes; empty: all. Another is answered with CF 266'),
  forcedFlag: z
    .enum(['honoured', 'ignored'])
    .default('honoured')
    .describe(
      'Whether ForcedFlag 1 lets LOGOUT through from any state; on a call it then waits for the end of the call (section 8.2 no. 1: unverified)',
    ),
  logoutPassword: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe('Whether LOGOUT without tag 49 is refused with status 6 (section 8.2 no. 2: unverified)'),
  reserved: z.enum(['refuse', 'defer']).default('refuse').describe('NOT_READY while RESERVED: refused with 22/10106, or pending'),
  announcePending: z
    .enum(['yes', 'no'])
    .default('yes')
    .describe('Whether a deferred change is announced by an AGENT_STATE_EVENT with NextAgentState (tag 123)'),
  maxOutstanding: count(0).describe('Requests of one session that may wait for an answer; more are answered with CF 44; 0: no limit'),
  answerDelayMs: count(0).describe('Every answer comes this late, ms'),
  tlsKey: z
    .string()
    .optional()
    .describe('File with a PEM key; with tlsCert: both sides speak TLS (a real site has 42030 and 43030 for that)'),
  tlsCert: z.string().optional().describe('File with a PEM certificate'),
  tlsClientCa: z.string().optional().describe('File with a PEM certificate authority; clients must then show a certificate of it'),
  systemEvents: z.enum(['yes', 'no']).default('yes').describe('Whether OPEN_CONF is followed by a SYSTEM_EVENT for each peripheral'),
})

export type CtiOptions = z.infer<typeof ctiOptions>
