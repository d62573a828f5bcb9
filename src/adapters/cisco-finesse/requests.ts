import type { SetUserState } from './plan.js'

/** A PUT whose outcome may still come as a notification. */
export interface OpenRequest {
  readonly agentId: string
  readonly state: SetUserState['state']
}

/** Finesse answers within 15 s or so; nothing waits for the outcome of a request that is older than the newest 5000. */
const LIMIT = 5_000

/** Requests by requestId: an asynchronous error names the request, not always the agent (cisco.md section 4.1). Bounded. */
export interface OpenRequests {
  add(requestId: string, request: OpenRequest): void
  get(requestId: string | undefined): OpenRequest | undefined
  remove(requestId: string | undefined): void
}

export function createOpenRequests(): OpenRequests {
  const open = new Map<string, OpenRequest>()
  return {
    add(requestId, request) {
      open.set(requestId, request)
      if (open.size > LIMIT) open.delete(open.keys().next().value as string)
    },
    get: (requestId) => (requestId === undefined ? undefined : open.get(requestId)),
    remove: (requestId) => void (requestId !== undefined && open.delete(requestId)),
  }
}
