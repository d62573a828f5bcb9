import pc from 'picocolors'
import type { Config } from '../config.js'
import type { DevKeysResult } from '../keys/dev-keys.js'
import type { Sandbox } from '../sandbox/sandbox.js'
import { SAMPLE } from '../sandbox/platforms.js'

interface BannerInput {
  readonly gateway: { readonly url: string; readonly engine: { readonly name: string; readonly description: string } }
  readonly config: Config
  readonly dev: DevKeysResult | undefined
  readonly simulated: Sandbox | undefined
  readonly startedInMs: number
  /** Processes that share the port; missing: one. */
  readonly workers?: number
}

/** What a person sees when the gateway has started: what runs where, and the next thing to try. */
export function banner({ gateway, config, dev, simulated, startedInMs, workers }: BannerInput): string {
  const lines: string[] = ['']
  lines.push(
    `${pc.green('✔')} ${pc.bold('CTI Gateway')} is ready at ${pc.cyan(gateway.url)} ${pc.dim(`(${(startedInMs / 1000).toFixed(1)} s)`)}`,
  )
  lines.push(`  ${label('engine')}${gateway.engine.name} ${pc.dim(`– ${gateway.engine.description}`)}`)
  if (workers !== undefined)
    lines.push(`  ${label('workers')}${workers} ${pc.dim(`– SIGHUP to process ${process.pid} replaces one after the other`)}`)
  lines.push(`  ${label('console')}${pc.cyan(`${gateway.url}/console`)} ${pc.dim('(sign in with a key)')}`)
  lines.push(`  ${label('API docs')}${pc.cyan(`${gateway.url}/docs`)} ${pc.dim('(browser: any name, a key as password)')}`)
  lines.push(`  ${label('queue board')}${pc.cyan(`${gateway.url}/queues`)} ${pc.dim('(browser: the same, a key with the scope ops)')}`)
  for (const { id, adapter } of config.platforms) {
    const simulator = simulated?.simulators.find(({ platform }) => platform === id)
    const where = simulator === undefined ? '' : `${Object.values(simulator.endpoints)[0] ?? ''} ${pc.dim(`control ${simulator.control}`)}`
    lines.push(`  ${label(id)}${simulator === undefined ? adapter : 'simulated'} ${pc.cyan(where)}`)
  }
  if (dev !== undefined) lines.push(`  ${label('keys')}${dev.path} ${pc.dim('(crm, supervisor, admin; for development)')}`)
  if (dev !== undefined && simulated !== undefined) {
    const journal = simulated.simulators.find(({ platform }) => platform === SAMPLE.platform)?.control
    lines.push('', pc.bold('  Log a sandbox agent out:'), '', `  ${sampleLine(gateway.url, dev)}`, '')
    lines.push(`  ${pc.dim('and see what really reached the platform:')}`, '', `  curl -s '${journal}/journal?agentId=${SAMPLE.agentId}'`)
  }
  return `${lines.join('\n')}\n\n`
}

function label(text: string): string {
  return pc.bold(text.padEnd(15))
}

/** The curl line that logs a sandbox agent out. */
function sampleLine(url: string, dev: DevKeysResult): string {
  const body = JSON.stringify({ action: 'LOGOUT', reason: SAMPLE.reason })
  return `curl -sS -X POST '${url}/v1/platforms/${SAMPLE.platform}/agents/${SAMPLE.agentId}/commands' -H 'Authorization: Bearer ${dev.secrets.crm}' -H 'Content-Type: application/json' -H 'Prefer: wait=10' -d '${body}'`
}
