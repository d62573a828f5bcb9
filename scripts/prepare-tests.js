// What the tests need beside npm packages: a Redis server, a PostgreSQL server, a browser. Present: nothing happens. Missing: they are
// installed with apt-get where that is allowed; otherwise one line says what to install.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

const onPath = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
const hasPostgres = () =>
  onPath('initdb') ||
  (existsSync('/usr/lib/postgresql') && readdirSync('/usr/lib/postgresql').some((v) => existsSync(`/usr/lib/postgresql/${v}/bin/initdb`)))

const NEEDS = [
  { name: 'redis-server', present: () => onPath('redis-server') },
  { name: 'postgresql', present: hasPostgres },
  { name: 'chromium', present: () => ['chromium', 'chromium-browser', 'google-chrome'].some(onPath) },
]

const missing = NEEDS.filter((need) => !need.present()).map((need) => need.name)
if (missing.length > 0) {
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  const root = process.getuid?.() === 0
  const sudo = !root && spawnSync('sudo', ['-n', 'true']).status === 0
  if (!onPath('apt-get') || (!root && !sudo)) {
    console.error(`The tests need ${missing.join(', ')}. Install them, for example: sudo ${line}`)
    process.exit(1)
  }
  console.log(`installing ${missing.join(', ')} for the tests`)
  const run = (args) =>
    execFileSync(root ? args[0] : 'sudo', root ? args.slice(1) : args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  run(['apt-get', 'update'])
  run(line.split(' '))
}
