/** Paths of the API as OpenAPI writes them: the only values that the label `route` can have, besides `other`. */
export const ROUTES = [
  '/v1/platforms',
  '/v1/platforms/{platform}',
  '/v1/platforms/{platform}/agents',
  '/v1/platforms/{platform}/agents/{agentId}/state',
  '/v1/platforms/{platform}/agents/{agentId}/commands',
  '/v1/platforms/{platform}/agents/{agentId}/logout-preview',
  '/v1/platforms/{platform}/reasons',
  '/v1/platforms/{platform}/refusals',
  '/v1/platforms/{platform}/logouts',
  '/v1/commands/{id}',
  '/v1/commands/{id}/cancel',
  '/v1/commands/{id}/replay',
  '/v1/audit',
  '/v1/events',
  '/v1/dead-letters',
  '/v1/dead-letters/replay',
  '/v1/operations',
  '/v1/operations/commands',
  '/v1/sandbox',
  '/v1/sandbox/{platform}/{button}',
  '/opencti/{platform}/LoginAgent',
  '/opencti/{platform}/SetAgentReady',
  '/opencti/{platform}/SetAgentNotReady',
  '/opencti/{platform}/LogoutAgent',
  '/v1/me',
  '/healthz',
  '/readyz',
  '/metrics',
  '/openapi.yaml',
  '/docs',
  '/queues',
  '/console',
] as const

export type RouteLabel = (typeof ROUTES)[number] | 'other'

interface Node {
  readonly children: Map<string, Node>
  /** The child for a variable segment. */
  any: Node | undefined
  route: RouteLabel | undefined
}

const emptyNode = (): Node => ({ children: new Map(), any: undefined, route: undefined })

/** The route of a request's target. Guarantees: one of a few values, whatever a caller sends; a few string operations. */
export function createRouteLabels(): (target: string) => RouteLabel {
  const root = emptyNode()
  for (const route of ROUTES) {
    let node = root
    for (const segment of route.slice(1).split('/')) node = child(node, segment)
    node.route = route
  }
  return (target) => {
    const query = target.indexOf('?')
    const path = query < 0 ? target : target.slice(0, query)
    let node: Node | undefined = root
    for (let from = 1; node !== undefined;) {
      const slash = path.indexOf('/', from)
      const segment: string = slash < 0 ? path.slice(from) : path.slice(from, slash)
      node = node.children.get(segment) ?? (segment === '' ? undefined : node.any)
      if (slash < 0) break
      from = slash + 1
    }
    return node?.route ?? 'other'
  }
}

function child(node: Node, segment: string): Node {
  if (segment.startsWith('{')) return (node.any ??= emptyNode())
  const found = node.children.get(segment) ?? emptyNode()
  node.children.set(segment, found)
  return found
}
