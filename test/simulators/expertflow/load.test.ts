import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agent, openDesk, rest, start, until, type Desk, type Started } from './desk.js'

const AGENTS = 1000
const SOCKETS = 320

let sim: Started
let desks: Desk[] = []
beforeAll(async () => void (sim = await start({ agents: String(AGENTS) })))
afterAll(async () => {
  for (const desk of desks) desk.close()
  await sim.stop()
})

describe('size', () => {
  it(`${SOCKETS} desks of ${AGENTS} agents go through their day; every command is journaled once and the reads stay quick`, async () => {
    desks = Array.from({ length: SOCKETS }, (_none, at) => openDesk(sim, { id: agent(at + 1), username: `agent${at + 1}` }))
    await Promise.all(
      desks.map((desk) => until('NOT_READY', () => desk.presences.some((event) => event.agentPresence.state.name === 'NOT_READY'), 20_000)),
    )
    for (const state of ['READY', 'NOT_READY', 'READY', 'LOGOUT']) for (const desk of desks) desk.global(state)
    await Promise.all(desks.map((desk) => until('the end', desk.ended, 20_000)))
    const commands = sim.journal.list({ operation: 'changeAgentState' })
    expect(commands).toHaveLength(SOCKETS * 4)
    expect(commands.every((entry) => entry.effect === 'applied')).toBe(true)
    for (const desk of desks) {
      const seen = desk.presences.map((event) => event.agentPresence.state.name)
      expect(seen).toEqual(['LOGIN', 'NOT_READY', 'READY', 'NOT_READY', 'READY', 'LOGOUT'])
    }
    const begun = Date.now()
    const all = await rest<unknown[]>(sim, '/routing-engine/agents/states')
    expect(all.body).toHaveLength(AGENTS)
    expect(Date.now() - begun).toBeLessThan(2000)
  })
})
