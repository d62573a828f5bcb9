import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { gone } from '../support/redis-server.js'

const BIN = 'bin/cti-gateway.js'

export interface SimulatorHandle {
  readonly endpoints: Readonly<Record<string, string>>
  readonly control: string
  stop(): Promise<void>
}

/** A simulator in a process of its own, which outlives every gateway. */
export async function spawnSimulator(platform: string, options: Readonly<Record<string, string>>): Promise<SimulatorHandle> {
  const settings = Object.entries(options).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const child = spawn(process.execPath, [BIN, 'sandbox', '--platform', platform, '--json', ...settings], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', () => reject(new Error(`the simulator ${platform} did not start`)))
  })
  const { endpoints, control } = JSON.parse(line) as { endpoints: Record<string, string>; control: string }
  return {
    endpoints,
    control,
    async stop() {
      child.stdin.end()
      await Promise.race([gone(child), sleep(3000)])
      child.kill('SIGKILL')
    },
  }
}

export interface GatewayProcess {
  readonly pid: number
  readonly exited: Promise<void>
  kill(signal: NodeJS.Signals): void
  /** The last lines that it wrote, for a failing run. */
  output(): string
}

export function spawnGateway(environment: Readonly<Record<string, string>>): GatewayProcess {
  const child: ChildProcess = spawn(process.execPath, [BIN, 'start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return { pid: child.pid ?? 0, exited: gone(child), kill: (signal) => void child.kill(signal), output: () => output }
}

/** Resolves with the ms it took until the gateway is ready to work. */
export async function untilReady(url: string, limitMs: number): Promise<number> {
  const began = performance.now()
  for (;;) {
    const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).then(
      (response) => response.ok,
      () => false,
    )
    const took = performance.now() - began
    if (ready) return took
    if (took > limitMs) throw new Error(`the gateway is not ready after ${limitMs} ms`)
    await sleep(30)
  }
}
