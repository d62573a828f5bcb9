import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { cxoneOptions } from '../../../../src/adapters/cxone/options.js'

interface Schema {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
}

/** Path, default and description of every setting, as the schema has them. */
function settingsOf(schema: Schema, prefix = ''): [string, string, string][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    if (part.properties !== undefined) return settingsOf(part, `${prefix}${name}.`)
    const standard =
      part.default === undefined ? '' : `\`${typeof part.default === 'string' ? part.default : JSON.stringify(part.default)}\``
    return [[`\`${prefix}${name}\``, standard, part.description ?? '']]
  })
}

it('the table of settings says what the schema says', () => {
  const page = readFileSync('docs/platforms/cxone.md', 'utf8')
  const section = page.slice(page.indexOf('\n## Settings'))
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
  expect(rows).toEqual(settingsOf(z.toJSONSchema(cxoneOptions, { io: 'input' }) as Schema))
})
