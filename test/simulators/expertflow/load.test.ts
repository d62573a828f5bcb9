import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agent, openDesk, rest, start, until, type Desk, type Presence, type Started } from './desk.js'

const AGENTS = 1000
const SOCKETS = 320
/** Against hanging only: how quick it is depends on the machine. */
const LONG_MS = 90_000

let sim: Started
let desks: Desk[] = []
beforeAll(async () => void (sim = await start({ agents: String(AGENTS) })))
afterAll(async () => {
  for (const desk of desks) desk.close()
  await sim.stop()
})

describe('size', () => {
  it(`${SOCKETS} desks of ${AGENTS} agents go through their day; every command is journaled once, and one read tells of every agent`, async () => {
    desks = Array.from({ length: SOCKETS }, (_none, at) => openDesk(sim, { id: agent(at + 1), username: `agent${at + 1}` }))
    await Promise.all(
      desks.map((desk) =>
        until('NOT_READY', () => desk.presences.some((event) => event.agentPresence.state.name === 'NOT_READY'), LONG_MS),
      ),
    )
    for (const state of ['READY', 'NOT_READY', 'READY', 'LOGOUT']) for (const desk of desks) desk.global(state)
    await Promise.all(desks.map((desk) => until('the end', desk.ended, LONG_MS)))
    const commands = sim.journal.list({ operation: 'changeAgentState' })
    expect(commands).toHaveLength(SOCKETS * 4)
    expect(commands.every((entry) => entry.effect === 'applied')).toBe(true)
    for (const desk of desks) {
      const seen = desk.presences.map((event) => event.agentPresence.state.name)
      expect(seen).toEqual(['LOGIN', 'NOT_READY', 'READY', 'NOT_READY', 'READY', 'LOGOUT'])
    }
    const all = await rest<Presence[]>(sim, '/routing-engine/agents/states')
    expect(new Set(all.body.map((one) => one.agent.id)).size).toBe(AGENTS)
    expect(all.body).toHaveLength(AGENTS)
  }, 200_000)
})
