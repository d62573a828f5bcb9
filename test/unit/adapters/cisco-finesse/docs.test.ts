import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { STATE_OF } from '../../../../src/adapters/cisco-finesse/mapping.js'
import { commandOptions, options } from '../../../../src/adapters/cisco-finesse/options.js'

const page = readFileSync(new URL('../../../../docs/platforms/cisco-finesse.md', import.meta.url), 'utf8')

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly default?: unknown
}

/** Names and defaults of all settings, with dots; maps and accounts by their own name only. */
function settings(schema: Schema, prefix = ''): { name: string; fallback: unknown }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const name = `${prefix}${key}`
    if (inner.properties === undefined || key === 'supervisor') return [{ name, fallback: inner.default }]
    return settings(inner, `${name}.`)
  })
}

describe('docs/platforms/cisco-finesse.md', () => {
  const all = settings(z.toJSONSchema(options, { io: 'input' }) as Schema)

  it('names every setting', () => {
    expect(all.length).toBeGreaterThan(25)
    expect(all.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })

  it('tells the default of every setting with a plain one', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'))
    const wrong = all.filter(({ name, fallback }) => {
      if (typeof fallback !== 'number' && typeof fallback !== 'boolean' && typeof fallback !== 'string') return false
      return rows.some((row) => row.includes(`\`${name}\``) && row.includes(String(fallback))) === false
    })
    expect(wrong).toEqual([])
  })

  it('names every option of a command and every state', () => {
    const names = [...Object.keys(commandOptions.shape), ...Object.keys(STATE_OF)]
    expect(names.filter((name) => !page.includes(name))).toEqual([])
  })
})
