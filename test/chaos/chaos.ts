/**
 * `npm run chaos -- --engine embedded --kills 20 [--seed N] [--agents N] [--json]`: kills the gateway under load and compares
 * what clients were told, the command log and the simulator's journal. Exit code 1 when anything is wrong; a failing run
 * prints its seed and the story of the first offending agents.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { hashKey } from '../../src/dev-keys.js'
import { SCOPES } from '../../src/http/principal.js'
import { expertflowId, expertflowPlatform } from '../../src/sandbox/platforms.js'
import { mulberry32 } from '../../src/simulators/kit/faults.js'
import type { JournalEntry } from '../../src/simulators/kit/journal.js'
import { freePort, startRedisServer, type TestServer } from '../support/redis-server.js'
import { startPostgresServer } from '../support/postgres-server.js'
import { startLoad, type Load } from './load.js'
import { spawnGateway, spawnSimulator, untilReady, type GatewayProcess, type SimulatorHandle } from './processes.js'
import { story, verdict, type Logged, type Witnesses } from './verdict.js'

const KEY = 'chaos-key-of-one-run'
const PLATFORM = 'expertflow'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'embedded' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string' },
    agents: { type: 'string', default: '60' },
    clients: { type: 'string', default: '12' },
    faults: { type: 'string', default: '0.1' },
    json: { type: 'boolean', default: false },
  },
})
const kills = Number(values.kills)
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed)
const random = mulberry32(seed)
const agents = Array.from({ length: Number(values.agents) }, (_, at) => expertflowId(at + 1))
const say = (text: string): void => void process.stderr.write(`${text}\n`)

async function openEngine(): Promise<{ url: string; server?: TestServer }> {
  switch (values.engine) {
    case 'embedded':
      return { url: 'embedded' }
    case 'redis': {
      const server = await startRedisServer()
      return { url: server.url, server }
    }
    case 'postgres': {
      const server = await startPostgresServer()
      return { url: server.url, server }
    }
    default:
      throw new Error(`--engine: "${values.engine}" is not embedded, redis or postgres`)
  }
}

async function playFaults(control: string): Promise<void> {
  const probability = Number(values.faults)
  if (probability === 0) return
  for (const fault of [
    { kind: 'errors-event', operation: 'changeAgentState', probability: probability / 2 },
    { kind: 'errors-after-effect', operation: 'changeAgentState', probability: probability / 2 },
    { kind: 'duplicate-event', operation: 'changeAgentState', probability },
    { kind: 'http-status', operation: 'GET /routing-engine/agents/{id}/states', status: 503, probability },
  ]) {
    const response = await fetch(`${control}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    })
    if (!response.ok) throw new Error(await response.text())
  }
}

async function history(url: string, agentId: string): Promise<Logged[]> {
  const commands: Logged[] = []
  for (let before: number | undefined; ;) {
    const response = await fetch(
      `${url}/v1/platforms/${PLATFORM}/agents/${agentId}/commands?limit=200${before === undefined ? '' : `&before=${before}`}`,
      {
        headers: { authorization: `Bearer ${KEY}` },
      },
    )
    if (!response.ok) throw new Error(`history: ${response.status} ${await response.text()}`)
    const page = ((await response.json()) as { commands: (Record<string, string> & { attempts: number; seq: number })[] }).commands
    for (const command of page) {
      commands.push({
        id: String(command['id']),
        agentId,
        action: String(command['action']),
        status: String(command['status']),
        attempts: command.attempts,
        seq: command.seq,
        acceptedAt: Date.parse(String(command['acceptedAt'])),
        ...(command['settledAt'] !== undefined && { settledAt: Date.parse(command['settledAt']) }),
        ...(command['supersededBy'] !== undefined && { supersededBy: command['supersededBy'] }),
        ...(command['onBehalfOf'] !== undefined && { token: command['onBehalfOf'] }),
      })
    }
    if (page.length < 200) return commands
    before = page.at(-1)?.seq
  }
}

/** Waits until every command has ended, then asks all three witnesses. */
async function witnesses(url: string, load: Load, simulator: SimulatorHandle): Promise<Witnesses> {
  const limit = Date.now() + 120_000
  let logged: Logged[] = []
  const open = new Set(['accepted', 'sent', 'retrying'])
  for (;;) {
    logged = (await Promise.all(agents.map((agentId) => history(url, agentId)))).flat()
    if (!logged.some((command) => open.has(command.status)) || Date.now() > limit) break
    await sleep(500)
  }
  const journal = (await (await fetch(`${simulator.control}/journal`)).json()) as JournalEntry[]
  const states = (await (await fetch(`${simulator.control}/agents`)).json()) as { id?: string; agentId?: string; state: unknown }[]
  return {
    told: load.told,
    logged,
    journal,
    states: new Map(states.map((agent) => [String(agent.agentId ?? agent.id), stateName(agent.state)])),
  }
}

function stateName(state: unknown): string {
  return typeof state === 'object' && state !== null ? String((state as { name: unknown }).name) : String(state)
}

/** A kill counts when there is work to lose: some commands have been accepted since the gateway is back. */
async function underLoad(load: Load): Promise<void> {
  const before = load.told.length
  for (let waited = 0; waited < 15_000; waited += 50) {
    if (load.told.slice(before).filter((told) => told.commandId !== undefined).length >= 15) return
    await sleep(50)
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cti-chaos-'))
  const engine = await openEngine()
  const simulator = await spawnSimulator('expertflow', {
    agents: String(agents.length),
    disconnectMs: '3600000',
    supervisorStates: 'READY,LOGOUT,NOT_READY,MRD',
  })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = join(folder, 'gateway.yaml')
  await writeFile(
    config,
    stringify({
      port,
      engine: engine.url,
      dataDir: join(folder, 'data'),
      logLevel: 'warn',
      keys: [{ name: 'chaos', sha256: hashKey(KEY), scopes: [...SCOPES] }],
      platforms: [expertflowPlatform(simulator.endpoints, agents.length, { supervisorNotReady: true })],
    }),
  )
  const environment = { CTI_CONFIG: config, CTI_PORT: String(port), CTI_ENGINE: engine.url, CTI_DATA_DIR: join(folder, 'data') }
  let gateway: GatewayProcess = spawnGateway(environment)
  const restarts: number[] = []
  let done = 0
  try {
    await untilReady(url, 60_000)
    await playFaults(simulator.control)
    const load = startLoad({ url, key: KEY, platform: PLATFORM, agents, random }, Number(values.clients))
    for (; done < kills; done += 1) {
      await underLoad(load)
      await sleep(random() * 800)
      gateway.kill('SIGKILL')
      await gateway.exited
      gateway = spawnGateway(environment)
      restarts.push(await untilReady(url, 60_000))
      if ((done + 1) % 5 === 0)
        say(`${done + 1} of ${kills} kills, ${load.told.length} requests, last restart ${Math.round(restarts.at(-1) ?? 0)} ms`)
    }
    await sleep(500)
    await load.stop()
    await fetch(`${simulator.control}/faults`, { method: 'DELETE' })
    const seen = await witnesses(url, load, simulator)
    report(seen, restarts)
  } catch (error) {
    say(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n${gateway.output()}`)
    process.exitCode = 1
  } finally {
    gateway.kill('SIGTERM')
    await Promise.race([gateway.exited, sleep(12_000)])
    gateway.kill('SIGKILL')
    await simulator.stop()
    await engine.server?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function report(seen: Witnesses, restarts: readonly number[]): void {
  const { findings, ...counts } = verdict(seen)
  const statuses: Record<string, number> = {}
  for (const { status } of seen.logged) statuses[status] = (statuses[status] ?? 0) + 1
  const failed = counts.lost + counts.stale + counts.duplicated + counts.wrongFinal + counts.toldFailedButRan + counts.hung
  const sorted = [...restarts].sort((a, b) => a - b)
  say(
    `engine ${values.engine}, ${kills} kills, seed ${seed}: ${counts.commands} commands, ${seen.told.length} requests, statuses ${JSON.stringify(statuses)}`,
  )
  say(`restart to ready: median ${Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)} ms, worst ${Math.round(sorted.at(-1) ?? 0)} ms`)
  for (const { agentId, text } of findings.slice(0, 20)) say(`  ${agentId}  ${text}`)
  for (const agentId of [...new Set(findings.map((finding) => finding.agentId))].slice(0, 2)) say(story(agentId, seen))
  if (values.json)
    process.stdout.write(
      `${JSON.stringify({ ...counts, kills, seed, engine: values.engine, restartMsMedian: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0) })}\n`,
    )
  else
    say(
      failed === 0
        ? 'nothing lost, nothing stale, nothing duplicated, every final state right'
        : `${failed} findings; repeat with --seed ${seed}`,
    )
  if (failed > 0) process.exitCode = 1
}

await main()
