import { FaultBook } from './faults.js'
import { Journal } from './journal.js'
import { startControl, type ControlServer } from './control.js'
import type { Simulator, SimulatorDefinition } from './simulator.js'

export interface RunningSimulator {
  readonly platform: string
  readonly simulator: Simulator
  readonly control: ControlServer
  readonly journal: Journal
  readonly faults: FaultBook
  stop(): Promise<void>
}

/** Starts a simulator with its control API in this process. Port 0 picks free ports. */
export async function runSimulator(
  definition: SimulatorDefinition,
  settings: { host?: string; port?: number; controlPort?: number; seed?: number; options?: Readonly<Record<string, string>> } = {},
): Promise<RunningSimulator> {
  const host = settings.host ?? '127.0.0.1'
  const journal = new Journal()
  const faults = new FaultBook(settings.seed)
  const simulator = await definition.start({ host, port: settings.port ?? 0, journal, faults, options: settings.options ?? {} })
  const control = await startControl(definition, simulator, { journal, faults }, { host, port: settings.controlPort ?? 0 })
  return {
    platform: definition.platform,
    simulator,
    control,
    journal,
    faults,
    async stop() {
      await control.close()
      await simulator.stop()
    },
  }
}
