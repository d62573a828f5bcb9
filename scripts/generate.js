// Types from the OpenAPI files. `--check` compares instead of writing: CI fails when a committed file is not what the sources give.
import openapiTS, { astToString } from 'openapi-typescript'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const check = process.argv.includes('--check')
const jobs = [
  { from: 'openapi/gateway.yaml', to: 'src/generated/gateway.d.ts' },
  ...readdirSync('openapi/vendors')
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ from: `openapi/vendors/${name}`, to: `src/generated/vendors/${name.replace('.yaml', '.d.ts')}` })),
]
let stale = 0
for (const { from, to } of jobs) {
  const text = `// Generated from ${from} by \`npm run generate\`. Do not edit.\n${astToString(await openapiTS(pathToFileURL(from)))}`
  if (!check) writeFileSync(to, text)
  else if (!existsSync(to) || readFileSync(to, 'utf8') !== text) {
    stale += 1
    console.error(`${to} is not what ${from} gives; run \`npm run generate\` and commit`)
  }
}
process.exit(stale === 0 ? 0 : 1)
