import type { BenchmarkName } from '../goals.js'
import type { Benchmark } from '../types.js'
import { accept } from './accept.js'
import { bytes } from './bytes.js'
import { codec } from './codec.js'
import { dispatch } from './dispatch.js'
import { fanout } from './fanout.js'
import { handoff } from './handoff.js'
import { http } from './http.js'
import { retry } from './retry.js'
import { scale } from './scale.js'

export const BENCHMARK_OF: Readonly<Record<BenchmarkName, Benchmark>> = {
  http,
  accept,
  dispatch,
  retry,
  handoff,
  scale,
  bytes,
  fanout,
  codec,
}
