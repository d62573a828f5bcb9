#!/usr/bin/env node
import { existsSync } from 'node:fs'

const cli = new URL('../dist/cli.js', import.meta.url)
if (!existsSync(cli)) {
  process.stderr.write('cti-gateway is not built yet; run `npm run build` in its folder, or `npm start`\n')
  process.exit(1)
}
const { main } = await import(cli.href)
await main(process.argv.slice(2), process.env)
