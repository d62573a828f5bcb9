import { io, type Socket } from 'socket.io-client'
import { expertflowSimulator } from '../../../src/simulators/expertflow/index.js'
import { runSimulator, type RunningSimulator } from '../../../src/simulators/kit/run.js'

export const CHAT = '6305de07166ba1099d11d8e6'
export const VOICE = '62f9e360ea5311eda05b0242'
export const CISCO = '20316843be924c8ab4f57a7a'
export const SUPERVISOR = '00000000-0000-4000-9000-000000000001'

/** Id of agent number `n` of the default population. */
export const agent = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

export interface Presence {
  readonly agent: { readonly id: string; readonly keycloakUser: { readonly username: string } }
  readonly state: { readonly name: string; readonly reasonCode: Record<string, unknown> | null }
  readonly agentMrdStates: readonly {
    mrd: { id: string; name: string }
    state: string
    previousState: string | null
    maxAgentTasks: number
  }[]
}

export interface PresenceEvent {
  readonly action: string
  readonly agentStateChanged: boolean
  readonly mrdStateChanges: readonly string[]
  readonly agentPresence: Presence
}

export interface Started extends RunningSimulator {
  readonly origin: string
}

/** Starts the simulator on a free port. */
export async function start(options: Record<string, string> = {}): Promise<Started> {
  const running = await runSimulator(expertflowSimulator, { options: { agents: '10', ...options } })
  return { ...running, origin: new URL(running.simulator.endpoints['agent-manager'] ?? '').origin }
}

/** Waits for a condition; fails loudly instead of hanging. */
export async function until<T>(what: string, look: () => T | undefined | false, withinMs = 15_000): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    const found = look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(5)
  }
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** A login's answer, as far as tests look at it. */
export interface LoginBody {
  readonly statusCode: number
  readonly data: { readonly token: string; readonly refresh_token: string; readonly keycloak_User: Readonly<Record<string, unknown>> }
}

export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export async function rest<T = unknown>(
  started: Started,
  path: string,
  init: { method?: string; body?: unknown; headers?: Record<string, string>; timeoutMs?: number } = {},
): Promise<Answer<T>> {
  const response = await fetch(started.origin + path, {
    method: init.method ?? 'GET',
    headers: { 'content-type': 'application/json', ...init.headers },
    ...(init.body !== undefined && { body: typeof init.body === 'string' ? init.body : JSON.stringify(init.body) }),
    signal: AbortSignal.timeout(init.timeoutMs ?? 5000),
  })
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, headers: response.headers, body: (json ? JSON.parse(text) : text) as T }
}

/** The agent's state as the routing engine tells it. */
export async function presence(started: Started, agentId: string): Promise<Presence> {
  return (await rest<Presence>(started, `/routing-engine/agents/${agentId}/states`)).body
}

export async function states(started: Started, agentId: string): Promise<string> {
  const { state, agentMrdStates } = await presence(started, agentId)
  return `${state.name}: ${agentMrdStates.map((channel) => channel.state).join(' ')}`
}

export interface Desk {
  readonly socket: Socket
  readonly id: string
  readonly presences: PresenceEvent[]
  readonly events: { name: string; body: unknown }[]
  readonly ended: () => string | undefined
  /** Waits for an agentPresence with this global state, counted from the last `clear`. */
  saw(state: string): Promise<PresenceEvent>
  emit(payload: unknown): void
  global(state: string, reasonCode?: unknown, agentId?: string): void
  mrd(mrdId: string, state: string): void
  clear(): void
  close(): void
}

/** A desk made of plain socket.io-client; `user` is what `auth.agent` carries. */
export function openDesk(started: Started, user: unknown, as: 'text' | 'object' = 'text'): Desk {
  const socket = io(started.origin, {
    path: '/agent-manager/socket.io',
    auth: { agent: as === 'text' ? JSON.stringify(user) : user, fcm: '' },
    reconnection: false,
    forceNew: true,
    transports: ['websocket'],
  })
  const presences: PresenceEvent[] = []
  const events: { name: string; body: unknown }[] = []
  let reason: string | undefined
  socket.onAny((name: string, body: unknown) => {
    events.push({ name, body })
    if (name === 'agentPresence') presences.push(body as PresenceEvent)
  })
  socket.on('disconnect', (why) => (reason = why))
  const id = (user as { id: string }).id
  return {
    socket,
    id,
    presences,
    events,
    ended: () => reason,
    saw: (state) => until(`agentPresence ${state}`, () => presences.find((event) => event.agentPresence.state.name === state)),
    emit: (payload) => void socket.emit('changeAgentState', payload),
    global: (name, reasonCode = null, agentId = id) =>
      void socket.emit('changeAgentState', { agentId, action: 'agentState', state: { name, reasonCode } }),
    mrd: (mrdId, state) => void socket.emit('changeAgentState', { agentId: id, action: 'agentMRDState', state, mrdId }),
    clear: () => {
      presences.length = 0
      events.length = 0
    },
    close: () => void socket.close(),
  }
}

/** REST login and socket, as a real desk does; resolves once NOT_READY has been reported. */
export async function logIn(started: Started, username: string): Promise<Desk> {
  const { body } = await rest<LoginBody>(started, '/agent-manager/agent/login', {
    method: 'POST',
    body: { username, password: `secret-${username}` },
  })
  const desk = openDesk(started, body.data.keycloak_User)
  await until('present state', () => desk.presences.find((event) => event.agentPresence.state.name !== 'LOGIN'))
  return desk
}

/** `operation asked effect` of the journal entries of an agent. */
export function journalOf(started: Started, agentId: string): string[] {
  return started.journal
    .list({ agentId })
    .map((entry) => [entry.operation, entry.asked, entry.effect].filter((part) => part !== undefined).join(' '))
}
