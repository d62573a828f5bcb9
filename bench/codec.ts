/**
 * How many GED-188 frames one core decodes per second of processor time. `npx tsx bench/codec.ts [seconds]`
 *
 * Prints one line per case: AGENT_STATE_EVENT alone, through the framer in 16 KiB and in one-byte chunks, and encoding.
 */
import { codecOf, createFramer, type KnownMessage } from '../src/adapters/cisco-cti/codec/index.js'

const seconds = Number(process.argv[2] ?? 2)

/** An event as CTI Server sends it to a bridge: four texts, one skill group in the fixed part. */
const EVENT = {
  message: 'AGENT_STATE_EVENT',
  MonitorID: 0,
  PeripheralID: 5000,
  SessionID: 0,
  PeripheralType: 17,
  SkillGroupState: 2,
  StateDuration: 0,
  SkillGroupNumber: 29808,
  SkillGroupID: 5101,
  SkillGroupPriority: 0,
  AgentState: 2,
  EventReasonCode: 50004,
  MRDID: 1,
  NumTasks: 0,
  AgentMode: 0,
  MaxTaskLimit: 1,
  ICMAgentID: 5007,
  AgentAvailabilityStatus: 0,
  NumFltSkillGroups: 0,
  DepartmentID: 0,
  ClientSignature: 'Finesse',
  AgentID: '1042',
  AgentExtension: '2042',
  AgentInstrument: '2042',
} as const satisfies KnownMessage

function measure(title: string, unitsPerRun: number, run: () => void): void {
  for (let index = 0; index < 20; index += 1) run()
  const started = performance.now()
  const used = process.cpuUsage()
  let runs = 0
  while (performance.now() - started < seconds * 1000) {
    run()
    runs += 1
  }
  // Per second of processor time, so that other work on the machine does not count.
  const { user, system } = process.cpuUsage(used)
  const rate = (runs * unitsPerRun) / ((user + system) / 1e6)
  process.stdout.write(`${title.padEnd(52)} ${Math.round(rate).toLocaleString('en').padStart(12)} frames/s\n`)
}

const FRAMES = 1000
for (const version of [15, 20, 25]) {
  const codec = codecOf(version)
  const frame = codec.encode(EVENT)
  const stream = Buffer.concat(Array.from({ length: FRAMES }, () => frame))
  let sum = 0
  measure(`AGENT_STATE_EVENT, version ${version}, decode`, FRAMES, () => {
    for (let at = 0; at < stream.length; at += frame.length) {
      const decoded = codec.decode(stream, at, at + frame.length)
      if (decoded.message === 'AGENT_STATE_EVENT') sum += decoded.AgentState
    }
  })
  for (const size of [16_384, 1]) {
    measure(`AGENT_STATE_EVENT, version ${version}, chunks of ${size}, decode`, FRAMES, () => {
      const framer = createFramer()
      for (let at = 0; at < stream.length; at += size) {
        framer.push(stream.subarray(at, at + size), (bytes, start, end) => {
          const decoded = codec.decode(bytes, start, end)
          if (decoded.message === 'AGENT_STATE_EVENT') sum += decoded.AgentState
        })
      }
    })
  }
  measure(`AGENT_STATE_EVENT, version ${version}, encode`, 100, () => {
    for (let index = 0; index < 100; index += 1) sum += codec.encode(EVENT).length
  })
  if (sum === 0) throw new Error('nothing was decoded')
}
