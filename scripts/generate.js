// Types from the OpenAPI files, and the gateway's own as JSON, which a start reads faster. `--check` compares instead of writing: CI fails when a committed file is not what the sources give.
import openapiTS, { astToString } from 'openapi-typescript'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parse } from 'yaml'

const check = process.argv.includes('--check')
const jobs = [
  { from: 'openapi/gateway.yaml', to: 'src/generated/gateway.d.ts' },
  ...readdirSync('openapi/vendors')
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ from: `openapi/vendors/${name}`, to: `src/generated/vendors/${name.replace('.yaml', '.d.ts')}` })),
]
const files = [
  {
    from: 'openapi/gateway.yaml',
    to: 'openapi/gateway.json',
    text: `${JSON.stringify(parse(readFileSync('openapi/gateway.yaml', 'utf8')), null, 1)}\n`,
  },
]
for (const { from, to } of jobs) {
  const types = astToString(await openapiTS(pathToFileURL(from)))
  files.push({ from, to, text: `// Generated from ${from} by \`npm run generate\`. Do not edit.\n${types}` })
}
let stale = 0
for (const { from, to, text } of files) {
  if (!check) writeFileSync(to, text)
  else if (!existsSync(to) || readFileSync(to, 'utf8') !== text) {
    stale += 1
    console.error(`${to} is not what ${from} gives; run \`npm run generate\` and commit`)
  }
}
process.exit(stale === 0 ? 0 : 1)
