import { readFileSync } from 'node:fs'
import type { middleware } from 'express-openapi-validator'

/** The API description twice: as it is published, and as the validators read it. */
export interface ApiDescription {
  readonly yaml: string
  readonly document: Exclude<Parameters<typeof middleware>[0]['apiSpec'], string>
}

/**
 * Reads both files of the build. `gateway.json` is `gateway.yaml` put in words that are parsed in a hundredth of the time, which every start
 * pays; `npm run generate` writes it, and CI compares the two.
 */
export function readApiDescription(): ApiDescription {
  const text = (name: string): string => readFileSync(new URL(`../../openapi/${name}`, import.meta.url), 'utf8')
  return { yaml: text('gateway.yaml'), document: JSON.parse(text('gateway.json')) as ApiDescription['document'] }
}
