/** Which requests a load consists of. */
export interface RequestPlan {
  /** Loads of one stream go on where the last one ended: same agents, next action. */
  readonly stream: string
  /** `command`: our API. `vendor`: what the mock vendor, and the proxy before it, take. */
  readonly to: 'command' | 'vendor'
  /**
   * `toggle`: READY and NOT_READY in turns, so that every command needs an exchange. `login`: one LOGIN per agent.
   * `channels`: per agent one READY after the other, each for another channel, so that none replaces another.
   */
  readonly actions: 'toggle' | 'login' | 'channels'
  readonly agents: number
  /** Agents are `<prefix>0`, `<prefix>1` … */
  readonly prefix: string
  /** API key. */
  readonly key?: string
  readonly prefer?: string
}

/**
 * The requests of one connection. Agents are dealt out evenly among the connections, so that no agent's next command begins
 * before its last one has been answered.
 */
export function createRequests(plan: RequestPlan, connection: number, connections: number): () => string {
  const own = plan.agents / connections
  if (!Number.isInteger(own) || own < 1)
    throw new Error(`${plan.agents} agents cannot be dealt out evenly among ${connections} connections`)
  let count = 0
  return () => {
    const agent = `${plan.prefix}${connection + connections * (count % own)}`
    const turn = Math.floor(count / own)
    count += 1
    const body = bodyOf(plan.actions, turn)
    const path = plan.to === 'command' ? `/v1/platforms/bench/agents/${agent}/commands` : `/agents/${agent}/state`
    const headers = plan.to === 'command' ? commandHeaders(plan, `${connection}-${count}`) : ''
    return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
  }
}

function bodyOf(actions: RequestPlan['actions'], turn: number): string {
  switch (actions) {
    case 'toggle':
      return `{"action":"${turn % 2 === 0 ? 'READY' : 'NOT_READY'}"}`
    case 'login':
      return '{"action":"LOGIN"}'
    case 'channels':
      return `{"action":"READY","channel":"c${turn}"}`
  }
}

function commandHeaders(plan: RequestPlan, unique: string): string {
  const key = plan.key === undefined ? '' : `Authorization: Bearer ${plan.key}\r\n`
  const prefer = plan.prefer === undefined ? '' : `Prefer: ${plan.prefer}\r\n`
  return `${key}${prefer}Idempotency-Key: ${plan.stream}-${unique}\r\n`
}

/** How many of `count` requests are this connection's. As agents are dealt out, so that every agent gets as many as the others. */
export function quotaOf(count: number, connection: number, connections: number): number {
  return Math.floor((count - connection + connections - 1) / connections)
}
