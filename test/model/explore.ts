import { brokenBy, isQuiet } from './invariants.js'
import type { Rules } from './rules.js'
import { initial, keyOf, type Scenario, type State } from './state.js'
import { stepsFrom } from './steps.js'

export interface Found {
  readonly states: number
  readonly steps: number
  readonly quiet: number
  /** The first broken rule and the shortest way to it. */
  readonly violation: { readonly rule: string; readonly trace: readonly string[] } | undefined
}

/** What breadth-first search has seen; states by number, in the order of their distance from the first. */
interface Seen {
  readonly numbers: Map<string, number>
  readonly states: State[]
  readonly parents: number[]
  readonly labels: string[]
  /** Steps without a fault, as pairs from, to. */
  readonly fair: number[]
  steps: number
}

/**
 * Goes through every state that can be reached, by all interleavings, and stops at the first broken rule. After that: can every
 * state still come to rest when nothing goes wrong any more (I5)?
 */
export function explore(scenario: Scenario, rules: Rules, limit = 3_000_000): Found {
  const first = initial(scenario)
  const seen: Seen = { numbers: new Map([[keyOf(first), 0]]), states: [first], parents: [-1], labels: [''], fair: [], steps: 0 }
  for (let at = 0; at < seen.states.length; at += 1) {
    const broken = expand(seen, at, rules)
    if (broken !== undefined) return found(seen, { rule: broken.rule, trace: [...traceTo(seen, at), broken.what] })
    if (seen.states.length > limit) throw new Error(`more than ${limit} states: ${JSON.stringify(scenario)}`)
  }
  const stuck = firstWithoutRest(seen)
  if (stuck === undefined) return found(seen, undefined)
  return found(seen, { rule: 'I5: from here the commands cannot come to an end', trace: traceTo(seen, stuck) })
}

function expand(seen: Seen, at: number, rules: Rules): { readonly rule: string; readonly what: string } | undefined {
  const state = seen.states[at] as State
  for (const step of stepsFrom(state, rules)) {
    seen.steps += 1
    const rule = brokenBy(state, step)
    if (rule !== undefined) return { rule, what: step.what }
    const key = keyOf(step.to)
    let number = seen.numbers.get(key)
    if (number === undefined) {
      number = seen.states.length
      seen.numbers.set(key, number)
      seen.states.push(step.to)
      seen.parents.push(at)
      seen.labels.push(step.what)
    }
    if (!step.fault && number !== at) seen.fair.push(at, number)
  }
  return undefined
}

function traceTo(seen: Seen, number: number): string[] {
  const trace: string[] = []
  for (let at = number; at > 0; at = seen.parents[at] as number) trace.unshift(seen.labels[at] as string)
  return trace
}

/** Backwards from the states at rest over steps without faults: whatever is not met cannot come to rest. */
function firstWithoutRest({ states, fair }: Seen): number | undefined {
  const heads = new Int32Array(states.length).fill(-1)
  const links = new Int32Array(fair.length / 2)
  for (let edge = 0; edge < links.length; edge += 1) {
    const to = fair[edge * 2 + 1] as number
    links[edge] = heads[to] as number
    heads[to] = edge
  }
  const rests = new Uint8Array(states.length)
  const waiting: number[] = []
  states.forEach((state, number) => {
    if (!isQuiet(state)) return
    rests[number] = 1
    waiting.push(number)
  })
  for (let to = waiting.pop(); to !== undefined; to = waiting.pop()) {
    for (let edge = heads[to] as number; edge >= 0; edge = links[edge] as number) {
      const from = fair[edge * 2] as number
      if (rests[from] === 1) continue
      rests[from] = 1
      waiting.push(from)
    }
  }
  const stuck = rests.indexOf(0)
  return stuck < 0 ? undefined : stuck
}

function found(seen: Seen, violation: Found['violation']): Found {
  return { states: seen.states.length, steps: seen.steps, quiet: seen.states.filter((state) => isQuiet(state)).length, violation }
}

/** For people: the rule, then the way to it. */
export function story(scenario: Scenario, { violation }: Found): string {
  if (violation === undefined) return ''
  const begin = `${violation.rule}\n  the agent is ${scenario.vendor}; commands: ${scenario.kinds.join(', ')}`
  return [begin, ...violation.trace.map((what, at) => `  ${at + 1}. ${what}`)].join('\n')
}
