import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'

/** Headers that every answer carries, as helmet makes them. They are the same for all requests, so helmet is asked once. */
export function securityHeaders(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  const collector = {
    setHeader: (name: string, value: string) => void (headers[name] = value),
    removeHeader: () => undefined,
  }
  helmet({
    contentSecurityPolicy: {
      directives: { 'img-src': ["'self'", 'data:'], 'style-src': ["'self'", "'unsafe-inline'"], 'upgrade-insecure-requests': null },
    },
  })({} as IncomingMessage, collector as unknown as ServerResponse, (error?: unknown) => {
    if (error instanceof Error) throw error
  })
  return headers
}
