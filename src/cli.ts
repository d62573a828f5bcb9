import closeWithGrace from 'close-with-grace'
import pc from 'picocolors'
import { parseArgs } from 'node:util'
import { ConfigError, loadConfig, type Config } from './config.js'
import type { Logger } from './core/adapter.js'
import { developmentKeys, hashKey, keysAtStart, newKey, type DevKeysResult } from './keys/dev-keys.js'
import { startGateway, type Gateway } from './gateway.js'
import { keysCommand, type KeysOutput } from './keys/keys-command.js'
import { createLogger } from './ops/logger.js'
import { banner } from './ops/banner.js'
import { createSandboxButtons, type SteeredSimulator } from './sandbox/buttons/index.js'
import { startSandbox, type Sandbox } from './sandbox/sandbox.js'
import { SIMULATORS } from './simulators/index.js'
import { runSimulator } from './simulators/kit/run.js'
import {
  isWorker,
  newSiteSecret,
  startWorkers,
  WORKER_DEV_KEYS,
  WORKER_PLATFORMS,
  WORKER_SIMULATORS,
  type WorkerReady,
  type Workers,
} from './workers.js'

type Environment = Readonly<Record<string, string | undefined>>

const USAGE = `cti-gateway: make an agent's desired state true at the contact-center platform, and prove it

  cti-gateway start [--workers N]      the gateway, as N processes that share the port; without configured platforms, with the sandbox
  cti-gateway sandbox                  all simulated platforms, each in a process of its own
  cti-gateway sandbox --platform expertflow --port 9101 --control-port 9201 [--set agents=100]
                                       one simulated platform
  cti-gateway keys create|list|rotate|revoke
                                       the API keys; without more, it tells how
  cti-gateway hash-key [KEY]           a key (or a new random one) and its SHA-256 for the configuration

Settings: CTI_CONFIG (file), CTI_HOST, CTI_PORT, CTI_DATA_DIR, CTI_ENGINE, CTI_LOG_LEVEL, CTI_SITE_SECRET, CTI_KEYS_FILE; see docs/configuration.md
`

/** The command line. Every failure ends with a text for people and exit code 1. */
export async function main(argv: readonly string[], environment: Environment): Promise<void> {
  const [command, ...rest] = argv
  try {
    switch (command) {
      case 'start':
        return await start(rest, environment)
      case 'sandbox':
        return await sandbox(rest)
      case 'keys':
        return await keysCommand(rest, environment, KEYS_OUTPUT)
      case 'hash-key':
        return printKey(rest)
      case 'help':
      case '--help':
      case '-h':
      case undefined:
        process.stdout.write(USAGE)
        return
      default:
        throw new Error(`there is no command "${command}"\n\n${USAGE}`)
    }
  } catch (error) {
    const text = error instanceof ConfigError || error instanceof Error ? error.message : String(error)
    process.stderr.write(`${pc.red('cti-gateway:')} ${text}\n`)
    process.exit(1)
  }
}

const KEYS_OUTPUT: KeysOutput = { out: (text) => void process.stdout.write(text), err: (text) => void process.stderr.write(text) }

const say = (text: string): void => void process.stdout.write(`${pc.dim('·')} ${text}\n`)

async function start(args: readonly string[], environment: Environment): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { workers: { type: 'string', default: '1' } }, strict: true })
  const workers = Number(values.workers)
  if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS)
    throw new Error(`--workers: "${values.workers}" is not a number from 1 to ${MAX_WORKERS}`)
  let config = loadConfig(environment)
  if (isWorker()) return startWorker(config, environment)
  if (workers > 1 && config.engine === 'embedded') {
    throw new Error(
      `--workers ${workers}: the embedded engine can be opened by one process only; set CTI_ENGINE to redis://… or postgres://…, or leave --workers out`,
    )
  }
  const began = performance.now()
  const { keys, dev } = keysAtStart(config)
  const logger = loggerOf(config, config.platforms.length === 0)
  let simulated: Sandbox | undefined
  if (config.platforms.length === 0) {
    say('starting the simulated platforms')
    simulated = await startSandbox((text) => logger.error({}, text))
    // The loopback platform lives in the memory of one process: several would have several of it.
    config = { ...config, platforms: simulated.platforms.filter(({ adapter }) => workers === 1 || adapter !== 'loopback') }
  }
  try {
    if (workers > 1) return await startPrimary({ config, count: workers, dev, simulated, began })
    const buttons = simulated === undefined ? undefined : createSandboxButtons(simulated.simulators)
    const gateway = await startGateway({ config, keys, logger, onProgress: say, sandbox: buttons })
    process.stdout.write(banner({ gateway, config, dev, simulated, startedInMs: performance.now() - began }))
    stopWithGrace(gateway, config, logger, [], () => simulated?.stop() ?? Promise.resolve())
  } catch (error) {
    await simulated?.stop()
    throw error
  }
}

const MAX_WORKERS = 64

function loggerOf(config: Config, sandboxed: boolean): Logger {
  return createLogger(config.logLevel === 'info' && sandboxed ? 'warn' : config.logLevel)
}

interface PrimaryInput {
  readonly config: Config
  readonly count: number
  readonly dev: DevKeysResult | undefined
  readonly simulated: Sandbox | undefined
  readonly began: number
}

/** The process that starts the workers, and the simulated platforms. It takes no requests itself. */
async function startPrimary({ config, count, dev, simulated, began }: PrimaryInput): Promise<void> {
  let workers: Workers | undefined
  // Before the first worker is there: a stop in the middle of the start must not leave any behind.
  process.on('SIGHUP', () => void workers?.reload())
  const closing = closeWithGrace({ delay: config.limits.stopMs + 12_000, skip: ['SIGHUP'] }, async () => {
    await workers?.stop()
    await simulated?.stop()
  })
  try {
    workers = await startWorkers({
      count,
      environment: {
        CTI_SITE_SECRET: config.siteSecret ?? newSiteSecret(),
        ...(dev !== undefined && { [WORKER_DEV_KEYS]: '1' }),
        ...(simulated !== undefined && {
          [WORKER_PLATFORMS]: JSON.stringify(config.platforms),
          [WORKER_SIMULATORS]: JSON.stringify(simulated.simulators.map(({ platform, control }) => ({ platform, control }))),
        }),
      },
      stopMs: config.limits.stopMs + 8_000,
      say,
    })
  } catch (error) {
    closing.uninstall()
    throw error
  }
  const { url, engine } = workers.first
  process.stdout.write(banner({ gateway: { url, engine }, config, dev, simulated, startedInMs: performance.now() - began, workers: count }))
}

/** One of the processes that share the port. The primary says what there is to say, and when to stop. */
async function startWorker(given: Config, environment: Environment): Promise<void> {
  const platforms = environment[WORKER_PLATFORMS]
  const sandboxed = platforms !== undefined
  const config = sandboxed ? { ...given, platforms: JSON.parse(platforms) as Config['platforms'] } : given
  const logger = loggerOf(config, sandboxed)
  // A terminal sends these to every process of the group; the primary decides what they mean.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
  // As the primary found it, also for a worker that is started later, when there is a keys file.
  const keys = environment[WORKER_DEV_KEYS] === undefined ? config.keys : developmentKeys(config.dataDir).keys
  const simulators = JSON.parse(environment[WORKER_SIMULATORS] ?? '[]') as readonly SteeredSimulator[]
  const sandbox = sandboxed ? createSandboxButtons(simulators) : undefined
  const gateway = await startGateway({ config, keys, logger, listenWhenReady: true, sandbox })
  stopWithGrace(gateway, config, logger, ['SIGINT', 'SIGHUP'])
  const { name, description } = gateway.engine
  const ready: WorkerReady = { kind: 'ready', url: gateway.url, engine: { name, description } }
  process.send?.(ready)
}

function stopWithGrace(gateway: Gateway, config: Config, logger: Logger, skip: ('SIGINT' | 'SIGHUP')[], after?: () => Promise<void>): void {
  closeWithGrace({ delay: config.limits.stopMs + 8000, skip }, async ({ err }) => {
    if (err !== undefined) logger.error({ err: err.stack ?? err.message }, 'stopping after a failure')
    await gateway.stop()
    await after?.()
  })
}

async function sandbox(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      platform: { type: 'string' },
      port: { type: 'string', default: '0' },
      'control-port': { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      seed: { type: 'string', default: '1' },
      set: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.platform === undefined) return allSimulators()
  const load = Object.hasOwn(SIMULATORS, values.platform) ? SIMULATORS[values.platform] : undefined
  if (load === undefined)
    throw new Error(`--platform: there is no simulator "${values.platform}"; there are ${Object.keys(SIMULATORS).join(', ')}`)
  const running = await runSimulator(await load(), {
    host: values.host,
    port: portOf('--port', values.port),
    controlPort: portOf('--control-port', values['control-port']),
    seed: Number(values.seed),
    options: optionsOf(values.set),
  })
  const { endpoints } = running.simulator
  if (values.json) process.stdout.write(`${JSON.stringify({ platform: running.platform, endpoints, control: running.control.url })}\n`)
  else {
    process.stdout.write(`${pc.green('●')} ${pc.bold(running.platform)} simulator\n`)
    for (const [name, url] of Object.entries(endpoints)) process.stdout.write(`  ${name.padEnd(18)} ${pc.cyan(url)}\n`)
    process.stdout.write(`  ${'control'.padEnd(18)} ${pc.cyan(running.control.url)}   ${pc.dim('(GET / tells what it can do)')}\n`)
  }
  closeWithGrace({ delay: 3000 }, () => running.stop())
  if (values.json) {
    // Started by the gateway: end with it, however it ends.
    process.stdin.resume()
    process.stdin.on('end', () => void running.stop().finally(() => process.exit(0)))
  }
}

async function allSimulators(): Promise<void> {
  const simulated = await startSandbox((text) => process.stderr.write(`${pc.red(text)}\n`))
  for (const { platform, endpoints, control } of simulated.simulators) {
    process.stdout.write(
      `${pc.green('●')} ${pc.bold(platform.padEnd(14))} ${Object.entries(endpoints)
        .map(([name, url]) => `${name} ${pc.cyan(url)}`)
        .join('  ')}  control ${pc.cyan(control)}\n`,
    )
  }
  closeWithGrace({ delay: 5000 }, () => simulated.stop())
}

function printKey(args: readonly string[]): void {
  const key = args[0] ?? newKey('key')
  process.stdout.write(`key:    ${key}\nsha256: ${hashKey(key)}\n`)
}

function portOf(name: string, text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${name}: "${text}" is not a port; give a number from 0 to 65535`)
  return port
}

function optionsOf(settings: readonly string[]): Record<string, string> {
  const options: Record<string, string> = {}
  for (const setting of settings) {
    const at = setting.indexOf('=')
    if (at < 1) throw new Error(`--set: "${setting}" is not NAME=VALUE`)
    options[setting.slice(0, at)] = setting.slice(at + 1)
  }
  return options
}
