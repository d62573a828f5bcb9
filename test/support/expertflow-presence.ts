/** Presences as the vendor's own sample of 2025 has them (agentPresence), with the given states. */
export const AGENT = '00000000-0000-4000-8000-000000000001'

export const MRDS = {
  CHAT: { id: '6305de07166ba1099d11d8e6', type: '64f6edf8b89b71cc6cb60917', name: 'CHAT', maxRequests: 5, interruptible: true },
  VOICE: { id: '62f9e360ea5311eda05b0242', type: '64f6ee2dd49f4e9d7eb5f591', name: 'CX VOICE', maxRequests: 1, interruptible: false },
  CISCO: { id: '20316843be924c8ab4f57a7a', type: '64f6ee374776bb029f1174e1', name: 'CISCO CC', maxRequests: 1, interruptible: false },
} as const

export type MrdName = keyof typeof MRDS

export function presenceBody(
  name: string,
  mrds: Partial<Record<MrdName, string>> = {},
  more: { reasonCode?: unknown; stateChangeTime?: unknown; max?: number } = {},
): Record<string, unknown> {
  const { reasonCode = null, stateChangeTime = 1_760_000_000_000, max = 5 } = more
  return {
    agent: { participantType: 'CCUser', id: AGENT, keycloakUser: { id: AGENT, username: 'agent1', firstName: null, lastName: null } },
    state: { name, reasonCode },
    stateChangeTime,
    agentLoginTime: 1_759_999_000_000,
    agentMrdStates: Object.entries(mrds).map(([key, state]) => ({
      mrd: { ...MRDS[key as MrdName], description: `${key} MRD` },
      state,
      previousState: null,
      stateChangeTime: 1_760_000_000_000,
      lastReadyStateChangeTime: 639_057_660_000,
      maxAgentTasks: max,
    })),
  }
}

export function eventBody(
  presence: Record<string, unknown>,
  action: 'AGENT_STATE_CHANGED' | 'AGENT_STATE_UNCHANGED',
  changed: string[] = [],
) {
  return {
    action,
    agentStateChanged: action === 'AGENT_STATE_CHANGED',
    mrdStateChanges: changed,
    correlationId: '5f1c9a90-0000-4000-8000-000000000000',
    agentPresence: presence,
  }
}
