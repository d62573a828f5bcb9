/** Writes docs/ged188.md from the codec's field tables. `npx tsx scripts/ged188-docs.ts` */
import { writeFileSync } from 'node:fs'
import { ged188Docs } from './ged188-docs-text.js'

writeFileSync(new URL('../docs/ged188.md', import.meta.url), ged188Docs())
