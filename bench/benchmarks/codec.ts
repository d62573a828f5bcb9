import type { CodecApi } from '../codec.js'
import { interleave } from '../stats.js'
import type { Benchmark } from '../types.js'
import { rounds } from './shared.js'

/** P16: GED-188 frames, encoded and decoded. */
export const codec: Benchmark = {
  name: 'codec',
  title: 'GED-188 codec (P16)',
  async run({ lab, size, say }) {
    const child = await lab.start<CodecApi>('codec.ts', { core: 'measured' })
    const run = () => child.call('measure', { seconds: size.codecSeconds })
    const { ours } = await interleave(size.rounds, { ours: run }, (round) => say(`round ${round + 1} of ${size.rounds}`))
    const names = Object.keys(ours[0]?.perSecond ?? {})
    return {
      rows: [
        { goal: 'P16 frames', rounds: rounds(ours.map(({ bothPerSecond }) => bothPerSecond)) },
        { goal: 'P16 chunks', rounds: rounds(ours.map(({ chunksMs }) => chunksMs)) },
      ],
      raw: Object.fromEntries(names.map((name) => [`${name}, frames/s`, ours.map(({ perSecond }) => perSecond[name] ?? 0)])),
      notes: [
        'P16: AGENT_STATE_EVENT as CTI Server sends it to a bridge; one frame is one encoding and one decoding, the slowest of the protocol versions 15, 20 and 25. Per second of processor time.',
      ],
      faults: [],
    }
  },
}
