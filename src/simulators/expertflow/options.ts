import { z } from 'zod'

const count = (fallback: number) => z.coerce.number().int().nonnegative().default(fallback)
const flag = (fallback: 'true' | 'false') =>
  z
    .enum(['true', 'false'])
    .default(fallback)
    .transform((value) => value === 'true')

/** Options of the simulated Expertflow CX, as they come from the command line: texts. */
export const expertflowOptions = z.strictObject({
  agents: count(30).describe('Agents agent1 … agentN; password `secret-<username>`; id 00000000-0000-4000-8000- + number in 12 digits'),
  supervisors: count(1).describe(
    'Supervisors supervisor1 …; id 00000000-0000-4000-9000- + number in 12 digits; number k supervises team k',
  ),
  teams: z.coerce.number().int().positive().default(1).describe('Agents are dealt out to this many teams, one after the other'),
  loggedIn: count(0).describe('How many agents are NOT_READY at the start, each on a desk of its own that the gateway does not see'),
  disconnectMs: count(5000).describe('Agent_Disconnect timer: lost socket to LOGOUT, ms (the real value is a deployment setting, §17)'),
  disconnectReason: z.string().default('').describe('Name of the reason of that logout; empty: null (not documented, §17)'),
  autoSync: z
    .string()
    .default('false')
    .describe('`true`: every MRD follows global READY; or a comma list of MRD names; `false`: none (§12.1)'),
  reservedState: flag('false').describe('An offered task makes its MRD RESERVED (newer releases, §8.1)'),
  interruption: flag('false').describe('An offer on a non-interruptible MRD makes the interruptible ones INTERRUPTED (§12.2)'),
  ronaMs: count(0).describe('An offer that nobody takes becomes RONA after this, ms; 0: only by the event `rona`'),
  callbackReroute: flag('true').describe('NOT_READY with a reason named Callback re-queues the conversations (from 4.10.5, §12.3)'),
  enforceToken: flag('false').describe('REST calls need `Authorization: Bearer` (from 4.9, §3.1)'),
  tokenTtlSeconds: z.coerce.number().int().positive().default(3600).describe('Life of a token, s'),
  typeFilter: z.enum(['defect', 'exact']).default('defect').describe('`?type=` of the reasons compares with "less or equal" (§9.4)'),
  unknownReason: z.enum(['hang', 'not-found']).default('hang').describe('A reason id that does not exist is never answered (§9.3)'),
  loginErrors: z
    .enum(['keycloak', 'desk'])
    .default('keycloak')
    .describe('Body of a refused login: error_message and error_detail, or statusCode and msg (§3.3)'),
  identity: z
    .enum(['trusted', 'known'])
    .default('trusted')
    .describe('Whether the socket takes any `auth.agent` (2024, §4) or only users of the directory'),
  permissions: z
    .enum(['enforced', 'none'])
    .default('enforced')
    .describe('Whether a socket may change another agent only as its supervisor (§11.1: server side unknown)'),
  supervisorStates: z
    .string()
    .default('READY,LOGOUT')
    .describe('What a supervisor may set for others; add NOT_READY and MRD to allow more (§11.1)'),
  refusals: z
    .enum(['errors', 'silent'])
    .default('errors')
    .describe('A command that cannot be passed on gives an `errors` event, or nothing (§17: unknown)'),
  supervisorSeesTarget: flag('false').describe('Whether the supervisor socket also gets the target’s agentPresence (§17: unknown)'),
  staleSession: z
    .enum(['ignored', 'served'])
    .default('ignored')
    .describe('What happens to commands of a socket after its socketSessionRemoved (unknown)'),
  logoutNeedsNotReady: flag('false').describe(
    'A desk’s own LOGOUT is refused unless NOT_READY (§14 no. 14: a convention, not a server rule)',
  ),
  eventDelayMs: count(0).describe('Every agentPresence comes this late, ms'),
  restDelayMs: count(0).describe('Every REST answer comes this late, ms'),
})

export type ExpertflowOptions = z.infer<typeof expertflowOptions>
