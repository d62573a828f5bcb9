import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gone } from '../support/redis-server.js'
import type { Trap } from './crash-points.js'

const BIN = fileURLToPath(new URL('../../bin/cti-gateway.js', import.meta.url))
const WATCHED = fileURLToPath(new URL('./gateway-child.ts', import.meta.url))

export interface SimulatorHandle {
  readonly endpoints: Readonly<Record<string, string>>
  readonly control: string
  stop(): Promise<void>
}

/** A simulator in a process of its own, which outlives every gateway. */
export async function spawnSimulator(platform: string, options: Readonly<Record<string, string>>, seed = 1): Promise<SimulatorHandle> {
  const settings = Object.entries(options).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const child = spawn(process.execPath, [BIN, 'sandbox', '--platform', platform, '--json', '--seed', String(seed), ...settings], {
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
  /** Missing while it lives; the exit code, or null when a signal ended it. */
  exitCode(): number | null | undefined
  kill(signal: NodeJS.Signals): void
  /** Makes a watched process die at this point. */
  arm(trap: Trap): void
  /** The last lines that it wrote, for a failing run. */
  output(): string
}

/** `watched`: with crash points. Otherwise `cti-gateway start` itself. */
export function spawnGateway(environment: Readonly<Record<string, string>>, watched = false): GatewayProcess {
  const program = watched ? ['--import', 'tsx', WATCHED] : [BIN, 'start']
  const child: ChildProcess = spawn(process.execPath, program, {
    stdio: ['ignore', 'pipe', 'pipe', ...(watched ? (['ipc'] as const) : [])],
    env: { ...process.env, ...environment },
  })
  let output = ''
  let ended = false
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const exited = gone(child).then(() => {
    ended = true
  })
  return {
    pid: child.pid ?? 0,
    exited,
    exitCode: () => (ended ? child.exitCode : undefined),
    kill: (signal) => void child.kill(signal),
    arm: (trap) => {
      if (child.connected) child.send(trap, () => undefined)
    },
    output: () => output,
  }
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
    if (took > limitMs) throw new Error(`the gateway at ${url} is not ready after ${limitMs} ms`)
    await sleep(30)
  }
}
