import express, { Router, type Response } from 'express'
import { fileURLToPath } from 'node:url'
import type { HttpParts } from '../context.js'

/** Nothing from another origin, nothing inline, no way to make program text out of a text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const SERVED = /\.(html|js|css|svg)$/

/**
 * The console page: files as they stand in `src/console`, without a key, because they hold no data; whatever the page shows it asks the API
 * for, with the key of the person in front of it.
 */
export function consoleRoutes(parts: Pick<HttpParts, 'console'>): Router {
  const router = Router()
  const root = fileURLToPath(parts.console)
  router.use('/console', (request, response, next) => {
    response.set('Content-Security-Policy', POLICY)
    // Only what a browser is to get: what belongs to the page's development is not there.
    if (request.path !== '/' && !SERVED.test(request.path)) next('router')
    else next()
  })
  router.get('/console', (_request, response) => response.sendFile('index.html', { root, cacheControl: false, headers: CACHED }))
  router.use('/console', express.static(root, { index: false, redirect: false, cacheControl: false, setHeaders: cached }))
  return router
}

/** Kept, and asked again each time: after an upgrade page and API are of the same version. */
const CACHED = { 'Cache-Control': 'no-cache' }

function cached(response: Response): void {
  response.set(CACHED)
}
