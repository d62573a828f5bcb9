import { Router } from 'express'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ERROR_CATALOGUE, ERROR_CODES } from '../../core/model/error.js'
import type { components } from '../../generated/gateway.js'
import { principalOf, type HttpParts } from '../context.js'
import { needScope } from '../principal.js'

/** Health: the only routes without a key. */
export function healthRoutes(parts: HttpParts): Router {
  const router = Router()
  router.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))
  router.get('/readyz', async (_request, response) => {
    const readiness = await readinessOf(parts)
    response.status(readiness.status === 'ready' ? 200 : 503)
    if (readiness.status !== 'ready') response.set('Retry-After', '1')
    response.json(readiness)
  })
  return router
}

async function readinessOf(parts: HttpParts): Promise<components['schemas']['Readiness']> {
  const platforms = parts.platforms.all().map(({ id, adapter }) => ({ id, status: adapter.health().status }))
  const engine = parts.engine()
  if (engine === undefined) return { status: 'starting', engine: 'opening', platforms }
  if (parts.stopping()) return { status: 'stopping', engine: engine.name, platforms }
  try {
    await engine.ping({ deadline: parts.clock.now() + parts.storeTimeoutMs })
    return { status: 'ready', engine: engine.name, platforms }
  } catch {
    return { status: 'not-ready', engine: engine.name, detail: 'the store does not answer', platforms }
  }
}

/** For Prometheus, with a key: how busy a site is, is not everybody's business. Answers while the store is away too. */
export function metricsRoutes(parts: HttpParts): Router {
  const router = Router()
  router.get('/metrics', async (_request, response) => {
    needScope(principalOf(response), 'ops')
    const { contentType, body } = await parts.metrics()
    response.set('Content-Type', contentType).send(body)
  })
  return router
}

/** The API's own description, for machines and for people. */
export function docsRoutes(parts: HttpParts): Router {
  const router = Router()
  const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  router.get('/openapi.yaml', (_request, response) => void response.type('application/yaml').send(parts.openapi.yaml))
  router.get('/docs', (_request, response) => void response.type('html').send(PAGE))
  router.get('/docs/start.js', (_request, response) => void response.type('text/javascript').send(START))
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
    router.get(`/docs/${file}`, (_request, response) => response.sendFile(join(swagger, file), { maxAge: '1h' }))
  }
  return router
}

const ERROR_ROWS = ERROR_CODES.map((code) => {
  const { status, title, retry, effect, hint } = ERROR_CATALOGUE[code]
  return `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td><td>${effect}</td><td>${retry}</td><td>${hint}</td></tr>`
}).join('\n')

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>CTI Gateway API</title>
<link rel="icon" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<section class="swagger-ui" style="max-width:1460px;margin:0 auto;padding:0 20px 60px">
<h2>Errors</h2>
<table><thead><tr><th>code</th><th>status</th><th>title</th><th>effect at the platform</th><th>retry</th><th>what to do</th></tr></thead><tbody>
${ERROR_ROWS}
</tbody></table>
</section>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>
</body>
</html>
`

const START = `window.ui = SwaggerUIBundle({ url: '/openapi.yaml', dom_id: '#api', deepLinking: true })
`
