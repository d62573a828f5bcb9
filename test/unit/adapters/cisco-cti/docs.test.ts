import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ged188Docs } from '../../../../scripts/ged188-docs-text.js'
import { MESSAGE_NAMES, TAGS } from '../../../../src/adapters/cisco-cti/codec/index.js'
import { options } from '../../../../src/adapters/cisco-cti/options.js'
import { sessionDiagram } from '../../../../src/adapters/cisco-cti/session/machine.js'

const page = (path: string): string => readFileSync(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8')

describe('documentation', () => {
  it('docs/ged188.md is what the field tables give; else run `npx tsx scripts/ged188-docs.ts`', () => {
    expect(page('ged188.md')).toBe(ged188Docs())
    for (const name of [...MESSAGE_NAMES, ...Object.keys(TAGS)]) expect(ged188Docs()).toContain(name)
  })

  it('docs/platforms/cisco-cti.md has the drawing of the session’s transition table', () => {
    expect(page('platforms/cisco-cti.md')).toContain(`\`\`\`mermaid\n${sessionDiagram()}\n\`\`\``)
  })

  it('docs/platforms/cisco-cti.md names only settings that exist', () => {
    const names = new Set<string>(Object.keys(options.shape))
    const text = page('platforms/cisco-cti.md')
    for (const name of ['sides', 'peripheralId', 'versions', 'reasons', 'useForcedFlag', 'logoutPassword', 'mrdId']) {
      expect(names).toContain(name)
      expect(text).toContain(`\`${name}`)
    }
  })
})
