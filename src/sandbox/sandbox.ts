import type { Config } from '../config.js'
import { startSimulatorProcess, type SimulatorProcess } from './child.js'
import { SANDBOX_PLATFORMS } from './platforms.js'

/** The simulated vendors in their processes, and the platforms that point to them. */
export interface Sandbox {
  readonly simulators: readonly SimulatorProcess[]
  readonly platforms: Config['platforms']
  stop(): Promise<void>
}

/** Fails when a simulator does not start; those that did are stopped. */
export async function startSandbox(onExit: (text: string) => void): Promise<Sandbox> {
  const started = await Promise.allSettled(SANDBOX_PLATFORMS.map(({ simulator }) => startSimulatorProcess(simulator, onExit)))
  const simulators = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = async (): Promise<void> => void (await Promise.allSettled(simulators.map((simulator) => simulator.stop())))
  const failed = started.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason as Error
  }
  const platforms = SANDBOX_PLATFORMS.map(({ platform, simulator }) => {
    const running = simulators.find((candidate) => candidate.platform === simulator.platform)
    return platform(running?.endpoints ?? {})
  })
  return { simulators, platforms: [...platforms, { id: 'loopback', adapter: 'loopback', options: {} }], stop }
}
