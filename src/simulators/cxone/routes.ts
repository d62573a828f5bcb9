/** Which request is which operation. */
import type { Call, Reply } from './wire.js'
import type { Permission } from './options.js'
import type { Site } from './site.js'

export interface Route {
  /** Method and path template; the name of the operation in journal and faults. */
  readonly operation: string
  /** `acd`: below `incontactapi/services/v{N}.0`; `root`: at the host's root. */
  readonly base: 'acd' | 'root'
  readonly token: 'needed' | 'none'
  readonly permission?: Permission
  /** A change of something at the vendor: faults that play with effects apply. */
  readonly changes?: true
  /** Whom the request is about and what it asks for, known before it is handled. */
  readonly about?: (site: Site, call: Call) => { readonly agentId?: string; readonly asked?: string }
  /** Undefined: the client has gone, nothing is answered. */
  readonly handle: (site: Site, call: Call) => Reply | undefined | Promise<Reply | undefined>
}

export interface Match {
  readonly route: Route
  readonly path: Readonly<Record<string, string>>
  readonly version?: string
}

/**
 * Finds the route. `incontactapi` and all other literal segments count in any letter case, any version is served, and
 * whatever stands before `incontactapi` (or before the path of a root route) is ignored, so that one port can play all
 * hosts of the vendor.
 */
export function matchRoute(routes: readonly Route[], method: string, pathname: string): Match | undefined {
  const segments = pathname.split('/').filter((segment) => segment !== '')
  const api = segments.findIndex((segment) => segment.toLowerCase() === 'incontactapi')
  const version = segments[api + 2]
  const isAcd = api >= 0 && segments[api + 1]?.toLowerCase() === 'services' && version !== undefined && /^v\d+(\.\d+)?$/i.test(version)
  const rest = isAcd ? segments.slice(api + 3) : segments
  const matches = routes
    .filter((route) => route.base === (isAcd ? 'acd' : 'root'))
    .flatMap((route) => {
      const path = matchTemplate(route, method, rest)
      return path === undefined ? [] : [{ route, path, ...(isAcd && { version }) }]
    })
  // `agents/states` before `agents/{agentId}`: the fewer parameters the better.
  return matches.sort((a, b) => Object.keys(a.path).length - Object.keys(b.path).length)[0]
}

function matchTemplate(route: Route, method: string, segments: readonly string[]): Record<string, string> | undefined {
  const [wanted, template] = route.operation.split(' ') as [string, string]
  const parts = template.split('/').filter((part) => part !== '')
  if (wanted !== method || (route.base === 'acd' ? segments.length !== parts.length : segments.length < parts.length)) return undefined
  const tail = segments.slice(segments.length - parts.length)
  const path: Record<string, string> = {}
  for (const [at, part] of parts.entries()) {
    const segment = tail[at]!
    if (part.startsWith('{')) path[part.slice(1, -1)] = decode(segment)
    else if (part.toLowerCase() !== segment.toLowerCase()) return undefined
  }
  return path
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
