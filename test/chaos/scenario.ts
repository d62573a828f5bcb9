import type { Options } from './options.js'
import type { Outcome } from './report.js'

export interface Scenario {
  /** One line for the usage. */
  readonly text: string
  run(options: Options, say: (text: string) => void): Promise<Outcome>
}
