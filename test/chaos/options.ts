import { parseArgs } from 'node:util'
import { ENGINES, type EngineKind, type Fsync } from './engines.js'
import { PLATFORMS } from './platforms.js'

/** What may be done to the site in a storm. */
export const DISTURBANCES = ['kill', 'point', 'faults', 'net', 'engine'] as const
export type Disturbance = (typeof DISTURBANCES)[number]

export interface Options {
  readonly scenario: string
  readonly engine: EngineKind
  /** How often: kills, freezes, restarts, fail-overs, rounds, storms, as the scenario has it. */
  readonly kills: number | undefined
  readonly seed: number
  /** Agents of each platform. */
  readonly agents: number | undefined
  readonly clients: number
  readonly processes: number
  /** Probability of the simulators' faults. */
  readonly faults: number
  readonly disturb: ReadonlySet<Disturbance>
  readonly platforms: readonly string[]
  /** Bound of 99 of 100 API calls beyond the wait that was asked for, ms. */
  readonly boundMs: number
  /** How long the storm's commands may take to end when the storm is over, ms. */
  readonly settleMs: number
  readonly seconds: number | undefined
  readonly rate: number | undefined
  /** Of Redis; missing: as the scenario has it. */
  readonly fsync: Fsync | undefined
  readonly json: boolean
}

export const USAGE = `npm run chaos -- [--scenario NAME] [--engine embedded|redis|postgres] [--kills N] [--seed N] [--json]

  --scenario        what is tried (default kills):
%SCENARIOS%
  --kills N         how many times (kills, freezes, restarts, fail-overs, rounds)
  --agents N        agents of each platform          --clients N     clients that send commands
  --processes N     gateways (default 2; embedded 1) --faults P      probability of the simulated vendors' faults
  --only-platforms  of ${PLATFORMS.map(({ id }) => id).join(',')}
  --disturb         of ${DISTURBANCES.join(',')} (scenario kills)
  --bound-ms N      99 of 100 API calls must be over by then, beyond the wait that the client asked for
  --settle-ms N     all commands must have ended so long after the storm
  --seconds N       length of the timed parts        --rate N        commands or calls a second of the timed parts
  --fsync           always (each write of Redis; isolation does without unless told to) or everysec
`

export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      scenario: { type: 'string', default: 'kills' },
      engine: { type: 'string', default: 'embedded' },
      kills: { type: 'string' },
      seed: { type: 'string' },
      agents: { type: 'string' },
      clients: { type: 'string', default: '16' },
      processes: { type: 'string' },
      faults: { type: 'string', default: '0.1' },
      disturb: { type: 'string', default: DISTURBANCES.join(',') },
      'only-platforms': { type: 'string', default: PLATFORMS.map(({ id }) => id).join(',') },
      'bound-ms': { type: 'string', default: '3000' },
      'settle-ms': { type: 'string', default: '180000' },
      seconds: { type: 'string' },
      rate: { type: 'string' },
      fsync: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const engine = oneOf('--engine', values.engine, ENGINES)
  const processes = numberOf('--processes', values.processes) ?? (engine === 'embedded' ? 1 : 2)
  if (engine === 'embedded' && processes !== 1) throw new Error('--processes: the embedded engine takes one process')
  return {
    scenario: values.scenario,
    engine,
    kills: numberOf('--kills', values.kills),
    seed: numberOf('--seed', values.seed) ?? Math.floor(Math.random() * 1e9),
    agents: numberOf('--agents', values.agents),
    clients: numberOf('--clients', values.clients) ?? 1,
    processes,
    faults: numberOf('--faults', values.faults) ?? 0,
    disturb: new Set(listOf('--disturb', values.disturb, DISTURBANCES)),
    platforms: listOf(
      '--only-platforms',
      values['only-platforms'],
      PLATFORMS.map(({ id }) => id),
    ),
    boundMs: numberOf('--bound-ms', values['bound-ms']) ?? 0,
    settleMs: numberOf('--settle-ms', values['settle-ms']) ?? 0,
    seconds: numberOf('--seconds', values.seconds),
    rate: numberOf('--rate', values.rate),
    fsync: values.fsync === undefined ? undefined : oneOf('--fsync', values.fsync, ['always', 'everysec'] as const),
    json: values.json,
  }
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name}: "${text}" is not a number`)
  return value
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text)
  if (found === undefined) throw new Error(`${name}: "${text}" is not one of ${allowed.join(', ')}`)
  return found
}

function listOf<T extends string>(name: string, text: string, allowed: readonly T[]): T[] {
  return text
    .split(',')
    .filter((each) => each !== '')
    .map((each) => oneOf(name, each, allowed))
}
