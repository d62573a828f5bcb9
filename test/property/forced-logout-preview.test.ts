import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENTS, claimOf, factOf, forcedLogoutRig, outcomeOfFact, type ForcedLogoutRig } from '../support/forced-logout.js'

/** Somebody who comes into a conversation after its first agent. */
interface Joiner {
  readonly event: 'consult-start' | 'conference-start' | 'supervisor-join'
  readonly who: number
  readonly mode: 'silent-monitor' | 'whisper' | 'barge-in'
}

interface Graph {
  readonly mrd: 'CHAT' | 'CX_VOICE'
  readonly queue: string
  readonly first: number
  readonly joiners: readonly Joiner[]
}

const agent = fc.integer({ min: 1, max: AGENTS })
const mode = fc.constantFrom<Joiner['mode'][]>('silent-monitor', 'whisper', 'barge-in')
const joiner: fc.Arbitrary<Joiner> = fc.oneof(
  fc.record({ event: fc.constantFrom<Joiner['event'][]>('consult-start', 'conference-start'), who: agent, mode }),
  fc.record({ event: fc.constant<Joiner['event']>('supervisor-join'), who: fc.integer({ min: 2, max: 4 }), mode }),
)
const queue = fc.constantFrom('Support', 'Billing', 'Sales')
const mrd = fc.constantFrom<Graph['mrd'][]>('CHAT', 'CHAT', 'CHAT', 'CX_VOICE')
const any: fc.Arbitrary<Graph> = fc.record({ mrd, queue, first: agent, joiners: fc.array(joiner, { maxLength: 3 }) })
/** At most one more: a situation that the seed describes. */
const asInTheSeed: fc.Arbitrary<Graph> = fc.record({
  mrd: fc.constant<Graph['mrd']>('CHAT'),
  queue,
  first: agent,
  joiners: fc.array(joiner, { maxLength: 1 }),
})
/** Who is forced out: the first agent of the first conversation, or the one who joined it. */
const site = fc.record({ seed: asInTheSeed, more: fc.array(any, { maxLength: 4 }), second: fc.boolean() })

let rig: ForcedLogoutRig
beforeAll(async () => {
  rig = await forcedLogoutRig()
})
afterAll(() => rig.stop())

function build(graph: Graph): void {
  const { id } = rig.cause('start-conversation', { agentId: `agent${graph.first}`, mrd: graph.mrd, queue: graph.queue })
  for (const { event, who, mode: how } of graph.joiners) {
    const name = event === 'supervisor-join' ? `supervisor${who}` : `agent${who}`
    // The one who leads it does not join it.
    if (name === `agent${graph.first}`) continue
    rig.cause(event, { conversationId: id, with: name, ...(event === 'supervisor-join' && { mode: how }) })
  }
}

const RUNS = 60

describe('generated conversations of several agents and supervisors', () => {
  it('what the preview says is what the platform then does', { timeout: 300_000 }, async () => {
    const counted = { graphs: 0, conversations: 0, claimed: 0, silent: 0 }
    await fc.assert(
      fc.asyncProperty(site, async ({ seed, more, second }) => {
        rig.sim.simulator.reset()
        rig.sim.journal.clear()
        for (const graph of [seed, ...more]) build(graph)
        const guest = seed.joiners.find(({ event, who }) => event !== 'supervisor-join' && who !== seed.first)
        const target = second && guest !== undefined ? guest.who : seed.first
        const preview = await rig.preview(target)
        const foretold = rig.foretold(preview)
        const answer = await rig.force(target, preview.headers.get('etag') ?? '')
        expect(answer.body).toMatchObject({ status: 'confirmed' })
        const happened = rig.happened(target)
        expect(foretold.map(({ conversationId }) => conversationId).sort()).toEqual(
          happened.map(({ conversationId }) => conversationId).sort(),
        )
        for (const one of foretold) {
          const fact = happened.find(({ conversationId }) => conversationId === one.conversationId)
          if (fact === undefined) throw new Error('the journal has no such conversation')
          if (one.outcome === 'UNKNOWN') {
            expect(one.certainty).toBe('unknown')
            if (one.possibleOutcomes.length > 0) expect(one.possibleOutcomes).toContain(outcomeOfFact(fact))
            counted.silent += 1
          } else {
            expect(claimOf(one)).toEqual(factOf(fact))
            counted.claimed += 1
          }
        }
        counted.graphs += 1
        counted.conversations += foretold.length
      }),
      { numRuns: RUNS, endOnFailure: true },
    )
    // Silence proves nothing: every site has one conversation at least of which something is claimed.
    expect(counted.graphs).toBe(RUNS)
    expect(counted.claimed).toBeGreaterThanOrEqual(RUNS)
  })
})
