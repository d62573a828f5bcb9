import type { KnownMessage } from '../src/adapters/cisco-cti/codec/index.js'
import { serve } from './lab/child.js'
import { product } from './product.js'

/** How many GED-188 frames one core encodes and decodes per second of processor time. `npm run bench -- --only codec` */

const { codecOf, createFramer } = await product.codec()

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

const VERSIONS = [15, 20, 25]
const FRAMES = 1000
const CHUNKED_BYTES = 60_000

/** Seconds of processor time, so that other work on the machine does not count. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Runs for so many seconds, after half as long to warm up; units done per second of processor time. */
function rate(seconds: number, unitsPerRun: number, run: () => void): number {
  const warm = performance.now() + seconds * 500
  do run()
  while (performance.now() < warm)
  const ends = performance.now() + seconds * 1000
  const used = cpuSeconds()
  let runs = 0
  for (; performance.now() < ends; runs += 1) run()
  return (runs * unitsPerRun) / (cpuSeconds() - used)
}

interface CodecResult {
  /** Frames per second by case. */
  readonly perSecond: Readonly<Record<string, number>>
  /** One frame is one encoding and one decoding; the slowest version. */
  readonly bothPerSecond: number
  /** 60 kB of frames, decoded from one-byte chunks, ms. */
  readonly chunksMs: number
}

function measure({ seconds }: { seconds: number }): CodecResult {
  const perSecond: Record<string, number> = {}
  const both: number[] = []
  const chunks: number[] = []
  let sum = 0
  for (const version of VERSIONS) {
    const codec = codecOf(version)
    const frame = codec.encode(EVENT)
    const stream = Buffer.concat(Array.from({ length: FRAMES }, () => frame))
    const take = (bytes: Buffer, start: number, end: number): void => {
      const decoded = codec.decode(bytes, start, end)
      if (decoded.message === 'AGENT_STATE_EVENT') sum += decoded.AgentState
    }
    const decode = rate(seconds, FRAMES, () => {
      for (let at = 0; at < stream.length; at += frame.length) take(stream, at, at + frame.length)
    })
    const inChunks = (size: number): number =>
      rate(seconds, FRAMES, () => {
        const framer = createFramer()
        for (let at = 0; at < stream.length; at += size) framer.push(stream.subarray(at, at + size), take)
      })
    const [wide, narrow] = [inChunks(16_384), inChunks(1)]
    const encode = rate(seconds, 100, () => {
      for (let index = 0; index < 100; index += 1) sum += codec.encode(EVENT).length
    })
    perSecond[`version ${version}, decode`] = decode
    perSecond[`version ${version}, decode from chunks of 16384`] = wide
    perSecond[`version ${version}, decode from chunks of 1`] = narrow
    perSecond[`version ${version}, encode`] = encode
    both.push(1 / (1 / decode + 1 / encode))
    chunks.push((CHUNKED_BYTES / frame.length / narrow) * 1000)
  }
  if (sum === 0) throw new Error('nothing was decoded')
  return { perSecond, bothPerSecond: Math.min(...both), chunksMs: Math.max(...chunks) }
}

const api = { measure }

export type CodecApi = typeof api
serve(api)
