import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What a simulator process says of itself on its first line. */
export interface SimulatorAnnouncement {
  readonly platform: string
  readonly endpoints: Readonly<Record<string, string>>
  readonly control: string
}

export interface SimulatorProcess extends SimulatorAnnouncement {
  readonly pid: number
  stop(): Promise<void>
}

export interface SimulatorSpec {
  readonly platform: string
  readonly port: number
  readonly controlPort: number
  readonly options: Readonly<Record<string, string>>
}

const COMMAND = fileURLToPath(new URL('../../bin/cti-gateway.js', import.meta.url))
/** Four of them start at once; a busy or small machine takes its time. */
const START_TIMEOUT_MS = 60_000

/** Starts one simulator in a process of its own and waits until it listens. A taken port is replaced by a free one. */
export async function startSimulatorProcess(spec: SimulatorSpec, onExit: (text: string) => void): Promise<SimulatorProcess> {
  try {
    return await launch(spec, onExit)
  } catch (error) {
    if (spec.port === 0 || !String((error as Error).message).includes('EADDRINUSE')) throw error
    return launch({ ...spec, port: 0, controlPort: 0 }, onExit)
  }
}

async function launch(spec: SimulatorSpec, onExit: (text: string) => void): Promise<SimulatorProcess> {
  const settings = Object.entries(spec.options).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const child = spawn(
    process.execPath,
    [
      COMMAND,
      'sandbox',
      '--platform',
      spec.platform,
      '--port',
      String(spec.port),
      '--control-port',
      String(spec.controlPort),
      '--json',
      ...settings,
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const said = await announcement(child, spec.platform)
  let stopping = false
  child.on('exit', (code, signal) => {
    if (!stopping) onExit(`the simulator ${spec.platform} ended (${signal ?? `exit ${code}`})`)
  })
  return {
    ...said,
    pid: child.pid ?? 0,
    stop() {
      stopping = true
      return endOf(child)
    },
  }
}

function announcement(child: ChildProcess, platform: string): Promise<SimulatorAnnouncement> {
  return new Promise((resolve, reject) => {
    let complaint = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2000)
    })
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the simulator ${platform} did not start within ${START_TIMEOUT_MS / 1000} s`))
    }, START_TIMEOUT_MS)
    lines.once('line', (line) => {
      clearTimeout(timer)
      try {
        resolve(JSON.parse(line) as SimulatorAnnouncement)
      } catch {
        reject(new Error(`the simulator ${platform} said: ${line}`))
      }
    })
    child.once('error', reject)
    child.once('exit', () => {
      clearTimeout(timer)
      reject(new Error(`the simulator ${platform} did not start: ${complaint.trim()}`))
    })
  })
}

/** Closing its stdin ends a simulator; one that does not listen is killed. */
function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.stdin?.end()
  })
}
