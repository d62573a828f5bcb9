import type { Scope } from '../../src/http/principal.js'

/* Who may do what. One row a route; a route without a row fails authority.test.ts, and so does a row without a route. */

/** What the rows speak of: agent `agent1` of the platform `here`, and commands of that agent. */
export interface Scene {
  /** Ended, not forced. */
  readonly command: string
  /** Dead, and of a supervisor. */
  readonly forced: string
  /** Open, of agent `agent3` of the platform `here`. */
  readonly open: string
}

export interface Row {
  /** Method and path as the API description has them; for a path that only express knows, as it is mounted. */
  readonly route: string
  /** Tells two rows of one route apart. */
  readonly of?: string
  /**
   * `all`: without a key. `any`: with any valid one. Else the ways to get in: each is a list of scopes that a key must have together.
   */
  readonly needs: 'all' | 'any' | readonly (readonly Scope[])[]
  /** Missing: the path of the route, with `here`, `agent1` and the ended command put in. */
  readonly target?: (scene: Scene) => string
  readonly body?: object
  /** Missing: anything but 401, 403, 404. */
  readonly allowed?: readonly number[]
  /** The answer to a key that reaches another platform only. `filtered`: allowed, without `shows`. */
  readonly otherPlatform: number | 'allowed' | 'filtered'
  /** The same for `agent:self` of another agent of the same platform; matters where `agent:self` gets in. */
  readonly otherAgent?: number | 'allowed' | 'filtered'
  /** What is in the answer to whoever may see it, and in no other. */
  readonly shows?: (scene: Scene) => string
  /** The answer does not end: it is read up to the end of the list with which it begins. */
  readonly endless?: boolean
}

export const rowTitle = ({ route, of }: Row): string => (of === undefined ? route : `${route} (${of})`)

const READ = [['agent:read'], ['agent:self']] as const
const WRITE = [['agent:write'], ['agent:self']] as const
const AGENT = '/v1/platforms/{platform}/agents/{agentId}'
const agent1 = (): string => '"agentId":"agent1"'
const here = (): string => '"id":"here"'
const SPAN = 'from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z'

export const TABLE: readonly Row[] = [
  { route: 'GET /healthz', needs: 'all', otherPlatform: 'allowed' },
  { route: 'GET /readyz', needs: 'all', otherPlatform: 'allowed' },
  { route: 'GET /metrics', needs: [['ops']], otherPlatform: 'allowed' },
  { route: 'GET /openapi.yaml', needs: 'any', otherPlatform: 'allowed', otherAgent: 'allowed' },
  { route: 'GET /docs', needs: 'any', otherPlatform: 'allowed', otherAgent: 'allowed' },
  { route: 'GET /docs/start.js', needs: 'any', otherPlatform: 'allowed', otherAgent: 'allowed' },
  { route: 'GET /docs/swagger-ui.css', needs: 'any', otherPlatform: 'allowed', otherAgent: 'allowed' },
  { route: 'GET /docs/swagger-ui-bundle.js', needs: 'any', otherPlatform: 'allowed', otherAgent: 'allowed' },
  { route: 'GET /docs/favicon-32x32.png', needs: 'any', otherPlatform: 'allowed', otherAgent: 'allowed' },
  // The console's files hold no data; what the page shows, it asks for with a key.
  { route: 'GET /console', needs: 'all', otherPlatform: 'allowed' },
  { route: 'GET /v1/me', needs: 'any', otherPlatform: 'allowed', otherAgent: 'allowed' },
  // The engine of this test has no queue to show: 404 for whoever gets in. The board cannot show one platform alone: 403 for keys of some.
  { route: 'GET /queues', needs: [['ops']], otherPlatform: 403, allowed: [403, 404] },
  { route: 'GET /v1/platforms', needs: READ, otherPlatform: 'filtered', otherAgent: 'allowed', shows: here },
  { route: 'GET /v1/platforms/{platform}', needs: READ, otherPlatform: 404, otherAgent: 'allowed' },
  { route: 'GET /v1/platforms/{platform}/reasons', needs: READ, otherPlatform: 404, otherAgent: 'allowed' },
  {
    route: 'GET /v1/platforms/{platform}/reasons',
    of: 'one agent',
    needs: READ,
    target: () => '/v1/platforms/here/reasons?agentId=agent1',
    otherPlatform: 404,
    otherAgent: 403,
  },
  { route: 'GET /v1/platforms/{platform}/agents', needs: READ, otherPlatform: 404, otherAgent: 'filtered', shows: agent1 },
  { route: `GET ${AGENT}/state`, needs: READ, otherPlatform: 404, otherAgent: 403 },
  {
    route: `GET ${AGENT}/state`,
    of: 'fresh',
    needs: READ,
    target: () => '/v1/platforms/here/agents/agent1/state?fresh=true',
    otherPlatform: 404,
    otherAgent: 403,
  },
  { route: `GET ${AGENT}/logout-preview`, needs: [['supervisor:logout']], otherPlatform: 404 },
  { route: `GET ${AGENT}/commands`, needs: READ, otherPlatform: 404, otherAgent: 403 },
  { route: `POST ${AGENT}/commands`, needs: WRITE, body: { action: 'LOGIN' }, otherPlatform: 404, otherAgent: 403 },
  {
    route: `POST ${AGENT}/commands`,
    of: 'forced',
    needs: [['agent:write', 'supervisor:logout']],
    body: { action: 'LOGOUT', force: true },
    otherPlatform: 404,
    otherAgent: 403,
  },
  {
    route: `POST ${AGENT}/commands`,
    of: 'dry run',
    needs: WRITE,
    target: () => '/v1/platforms/here/agents/agent1/commands?dryRun=true',
    body: { action: 'LOGIN' },
    otherPlatform: 404,
    otherAgent: 403,
  },
  {
    route: `POST ${AGENT}/commands`,
    of: 'dry run, forced',
    needs: [['agent:write', 'supervisor:logout']],
    target: () => '/v1/platforms/here/agents/agent1/commands?dryRun=true',
    body: { action: 'LOGOUT', force: true },
    otherPlatform: 404,
    otherAgent: 403,
  },
  ...['LoginAgent', 'SetAgentReady', 'SetAgentNotReady', 'LogoutAgent'].map((activity): Row => {
    return { route: `POST /opencti/{platform}/${activity}`, needs: WRITE, body: { AgentID: 'agent1' }, otherPlatform: 404, otherAgent: 403 }
  }),
  { route: 'GET /v1/commands/{id}', needs: READ, otherPlatform: 404, otherAgent: 404 },
  { route: 'POST /v1/commands/{id}/cancel', needs: WRITE, otherPlatform: 404, otherAgent: 404 },
  {
    route: 'POST /v1/commands/{id}/cancel',
    of: 'forced',
    needs: [['agent:write', 'supervisor:logout']],
    target: ({ forced }) => `/v1/commands/${forced}/cancel`,
    otherPlatform: 404,
    otherAgent: 404,
  },
  { route: 'POST /v1/commands/{id}/replay', needs: [['ops']], otherPlatform: 404 },
  {
    route: 'GET /v1/events',
    needs: READ,
    endless: true,
    otherPlatform: 'filtered',
    otherAgent: 'filtered',
    shows: () => '"platform":"here","agentId":"agent1"',
  },
  {
    route: 'GET /v1/events',
    of: 'one platform',
    needs: READ,
    target: () => '/v1/events?platform=here',
    endless: true,
    otherPlatform: 404,
    otherAgent: 'filtered',
    shows: () => '"platform":"here","agentId":"agent1"',
  },
  {
    route: 'GET /v1/events',
    of: 'one agent',
    needs: READ,
    target: () => '/v1/events?platform=here&agentId=agent1',
    endless: true,
    otherPlatform: 404,
    otherAgent: 403,
  },
  { route: 'GET /v1/audit', needs: [['admin']], otherPlatform: 'filtered', shows: () => '"platform":"here"' },
  { route: 'GET /v1/audit', of: 'platform', needs: [['admin']], target: () => '/v1/audit?platform=here', otherPlatform: 404 },
  { route: 'GET /v1/dead-letters', needs: [['ops']], otherPlatform: 'filtered', shows: ({ forced }) => forced },
  { route: 'POST /v1/dead-letters/replay', needs: [['ops']], body: {}, otherPlatform: 'filtered', shows: ({ forced }) => forced },
  { route: 'GET /v1/operations', needs: [['ops']], otherPlatform: 'filtered', shows: here },
  { route: 'GET /v1/operations/commands', needs: [['ops']], otherPlatform: 'filtered', shows: ({ open }) => open },
  { route: 'GET /v1/sandbox', needs: [['ops']], otherPlatform: 'filtered', shows: here },
  {
    route: 'POST /v1/sandbox/{platform}/{button}',
    needs: [['ops']],
    target: () => '/v1/sandbox/here/chat',
    body: { agentId: 'agent1' },
    otherPlatform: 404,
  },
  {
    route: 'GET /v1/platforms/{platform}/refusals',
    needs: [['reports:read']],
    target: () => `/v1/platforms/here/refusals?${SPAN}`,
    otherPlatform: 404,
  },
  {
    route: 'GET /v1/platforms/{platform}/logouts',
    needs: [['reports:read']],
    target: () => `/v1/platforms/here/logouts?${SPAN}`,
    otherPlatform: 404,
  },
]
