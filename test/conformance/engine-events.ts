import { describe, expect, it } from 'vitest'
import type { EventLog, StreamDraft, StreamEvent, StreamView } from '../../src/core/events/event-log.js'
import type { Command, CommandStatus } from '../../src/core/model/command.js'
import { soon, unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'

const VIEW: StreamView = { agentId: 'a', state: 'READY', routable: true, channels: [], source: 'event', stale: false }

const agent = (platform: string, agentId: string, more: Partial<StreamView> = {}): Extract<StreamDraft, { type: 'agent' }> => ({
  type: 'agent',
  platform,
  agentId,
  at: 1_700_000_000_123,
  view: { ...VIEW, agentId, ...more },
})

const command = (platform: string, agentId: string, seq: number, status: CommandStatus): Extract<StreamDraft, { type: 'command' }> => ({
  type: 'command',
  platform,
  agentId,
  at: 1_700_000_000_456,
  command: {
    id: `${agentId}/${seq}`,
    platform,
    agentId,
    action: { kind: 'LOGOUT', reason: '昼 "x"\n\u0000' },
    origin: { principal: 'crm', requestId: 'r' },
    status,
    seq,
    attempts: 1,
    acceptedAt: 1,
    expiresAt: 2,
  } satisfies Command,
})

const link = (platform: string, status: 'up' | 'down' | 'connecting', detail?: string): Extract<StreamDraft, { type: 'link' }> => ({
  type: 'link',
  platform,
  at: 1_700_000_000_789,
  status,
  ...(detail !== undefined && { detail }),
})

async function newestOf(log: EventLog): Promise<number> {
  return (await log.after(Number.MAX_SAFE_INTEGER - 1, 1, soon())).newest
}

async function allAfter(log: EventLog, cursor: number): Promise<readonly StreamEvent[]> {
  return (await log.after(cursor, 100_000, soon(20_000))).events
}

/** The stream of events. Each test has platforms of its own; the cursor is the engine's, so that tests look behind where they began. */
export function eventConformance(current: Pick<Current, 'engine' | 'reopen'>): void {
  describe('events', () => {
    it('gives back what was appended, unchanged, in its order, with the next cursors and the agent’s next numbers', async () => {
      const { events: log } = current.engine()
      const p = unique('p')
      const from = await newestOf(log)
      const full: StreamView = {
        ...VIEW,
        agentId: 'ägent "one"/\\',
        pendingState: 'LOGGED_OUT',
        reason: { code: 9, name: '=Déjeuner 昼\nsecond', key: 'BREAK.LUNCH' },
        cause: 'agent',
        channels: [{ id: 'c', state: 'BUSY', routable: false, vendorState: '\u0000', since: 5 }],
        vendorState: 'x',
        since: 1_699_999_999_999.5,
        source: 'read',
      }
      const drafts: readonly StreamDraft[] = [
        link(p, 'down', 'connection refused, "reset"'),
        { ...agent(p, full.agentId, full), from: 'LOGGING_IN' },
        command(p, 'b', 1, 'accepted'),
        agent(p, 'b'),
        { type: 'gap', at: 7, dropped: 3 },
        command(p, full.agentId, 4, 'confirmed'),
      ]
      await log.append(drafts.slice(0, 2), soon())
      await log.append(drafts.slice(2), soon())
      const seqs = [undefined, 1, 1, 2, undefined, 2]
      const wanted = drafts.map((draft, i) => ({ ...draft, cursor: from + 1 + i, ...(seqs[i] !== undefined && { seq: seqs[i] }) }))
      const page = await log.after(from, 100, soon())
      expect(page.events).toStrictEqual(wanted)
      expect(page).toMatchObject({ newest: from + 6 })
      expect(page.oldest).toBeLessThanOrEqual(from + 1)
      expect(page.oldest).toBeGreaterThan(0)
      expect(page.epoch).not.toBe('')
      expect((await log.after(from + 2, 2, soon())).events).toStrictEqual(wanted.slice(2, 4))
      const nothing = await log.after(from + 6, 2, soon())
      expect(nothing).toStrictEqual({ ...page, events: [] })
    })

    it('leaves out a view that says nothing new, however it was learned, unless the link was lost meanwhile', async () => {
      const { events: log } = current.engine()
      const [p, other] = [unique('p'), unique('p')]
      const from = await newestOf(log)
      await log.append([agent(p, 'a'), agent(p, 'a', { source: 'read' }), agent(other, 'a')], soon())
      await log.append([{ ...agent(p, 'a'), at: 5 }, link(other, 'down'), agent(p, 'a')], soon())
      await log.append([link(p, 'down'), agent(p, 'a'), agent(p, 'a'), agent(p, 'b')], soon())
      await log.append([link(p, 'up'), agent(p, 'a'), agent(p, 'a', { state: 'BUSY' }), agent(p, 'a')], soon())
      const told = (await allAfter(log, from)).map((event) => (event.type === 'agent' ? `${event.agentId}${event.seq}` : event.type))
      expect(told).toEqual(['a1', 'a1', 'link', 'link', 'a2', 'b1', 'link', 'a3', 'a4'])
    })

    it('leaves out a link event that says nothing new', async () => {
      const { events: log } = current.engine()
      const [p, other] = [unique('p'), unique('p')]
      const from = await newestOf(log)
      await log.append([link(p, 'up'), { ...link(p, 'up'), at: 1 }, link(other, 'up'), link(p, 'down', 'x'), link(p, 'down', 'x')], soon())
      await log.append([link(p, 'down', 'y'), link(p, 'up'), link(other, 'up')], soon())
      const told = (await allAfter(log, from)).map((event) => event.type === 'link' && `${event.status} ${event.detail ?? ''}`)
      expect(told).toEqual(['up ', 'up ', 'down x', 'down y', 'up '])
      const links = (await log.links(soon())).filter(({ platform }) => platform === p || platform === other)
      expect(links.map(({ platform, status }) => [platform, status])).toEqual(
        [
          [p, 'up'],
          [other, 'up'],
        ].sort(),
      )
    })

    it('never tells of a command less than was told before, and its end once', async () => {
      const { events: log } = current.engine()
      const p = unique('p')
      const from = await newestOf(log)
      const tell = (seq: number, ...statuses: readonly CommandStatus[]) => statuses.map((status) => command(p, 'a', seq, status))
      await log.append(tell(1, 'accepted', 'accepted', 'sent', 'retrying', 'accepted', 'sent', 'confirmed', 'confirmed', 'sent'), soon())
      await log.append([...tell(12, 'confirmed'), ...tell(2, 'accepted'), ...tell(1, 'retrying', 'dead')], soon())
      await log.append([...tell(2, 'dead', 'accepted'), command(p, 'b', 1, 'accepted'), ...tell(12, 'accepted')], soon())
      const told = (await allAfter(log, from)).map(
        (event) => event.type === 'command' && `${event.agentId}${event.command.seq} ${event.command.status}`,
      )
      const [one, rest] = [
        ['a1 accepted', 'a1 sent', 'a1 retrying', 'a1 sent', 'a1 confirmed'],
        ['a12 confirmed', 'a2 accepted', 'a2 dead'],
      ]
      expect(told).toEqual([...one, ...rest, 'b1 accepted'])
    })

    const places = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at)
    const told = async (log: EventLog, from: number): Promise<readonly string[]> =>
      (await allAfter(log, from)).map((event) => (event.type === 'command' ? `${event.command.seq} ${event.command.status}` : event.type))

    it('remembers that of all commands of an agent, however many they were', async () => {
      const { events: log } = current.engine()
      const p = unique('p')
      const all = places(1, 100)
      const ends = all.map((seq) => command(p, 'a', seq, 'confirmed'))
      await log.append(ends, soon())
      const from = await newestOf(log)
      await log.append([...ends, ...all.map((seq) => command(p, 'a', seq, 'accepted'))].reverse(), soon())
      expect(await told(log, from)).toEqual([])
    })

    it('tells an end that comes after the ends of many later commands, once', async () => {
      const { events: log } = current.engine()
      const p = unique('p')
      const later = places(3, 60).filter((seq) => seq !== 31)
      await log.append([command(p, 'a', 1, 'accepted'), ...later.map((seq) => command(p, 'a', seq, 'superseded'))], soon())
      const from = await newestOf(log)
      const twice = [command(p, 'a', 1, 'confirmed'), command(p, 'a', 31, 'dead')]
      await log.append([...twice, ...twice], soon())
      await log.append(
        later.map((seq) => command(p, 'a', seq, 'superseded')),
        soon(),
      )
      expect(await told(log, from)).toEqual(['1 confirmed', '31 dead'])
    })

    it('takes a command that was never told for told when 32 later ones have ended, so that its memory has a bound', async () => {
      const { events: log } = current.engine()
      const p = unique('p')
      await log.append(
        places(2, 34).map((seq) => command(p, 'a', seq, 'confirmed')),
        soon(),
      )
      const from = await newestOf(log)
      await log.append([command(p, 'a', 1, 'confirmed'), command(p, 'a', 40, 'accepted')], soon())
      expect(await told(log, from)).toEqual(['40 accepted'])
    })

    it('may hear of an agent’s commands in the middle: of the eight before it can still be told', async () => {
      const { events: log } = current.engine()
      const p = unique('p')
      const from = await newestOf(log)
      await log.append([command(p, 'a', 500, 'accepted'), command(p, 'a', 492, 'confirmed'), command(p, 'a', 491, 'confirmed')], soon())
      await log.append([agent(p, 'b'), command(p, 'b', 500, 'accepted'), command(p, 'b', 491, 'confirmed')], soon())
      expect(await told(log, from)).toEqual(['500 accepted', '492 confirmed', 'agent', '500 accepted'])
    })

    it('forgets agents that were not heard of, and the links of platforms that are gone', async () => {
      const { events: log } = current.engine()
      const [p, gone] = [unique('p'), unique('p')]
      const DAY = 86_400_000
      const now = 1_800_000_000_000
      const at = (days: number, draft: StreamDraft): StreamDraft => ({ ...draft, at: now - days * DAY })
      const from = await newestOf(log)
      const many = Array.from({ length: 600 }, (_, i) => `old${i}`)
      await log.append(
        many.map((id) => at(40, agent(p, id))),
        soon(20_000),
      )
      await log.append([at(40, link(p, 'up')), at(40, agent(p, 'heard')), at(40, agent(p, 'asked')), at(1, agent(p, 'new'))], soon())
      await log.append([at(40, link(gone, 'up')), at(40, agent(gone, 'a')), at(40, command(p, 'old0', 7, 'confirmed'))], soon())
      // Heard of again, although there was no news; and asked for something.
      await log.append([at(2, agent(p, 'heard')), at(2, command(p, 'asked', 1, 'confirmed'))], soon())
      const events = await allAfter(log, from)
      await log.forget(now - 50 * DAY, [p], soon(20_000)) // what other tests have left
      expect(await log.forget(now - 50 * DAY, [p], soon(20_000))).toBe(0)
      expect(await log.forget(now - 30 * DAY, [p], soon(20_000))).toBe(601)
      expect(await log.forget(now - 30 * DAY, [p], soon(20_000))).toBe(0)
      const heads = await log.heads(p, undefined, 1_000, soon())
      expect(heads.map(({ agentId }) => agentId)).toEqual(['asked', 'heard', 'new'])
      expect(await log.heads(gone, undefined, 1_000, soon())).toEqual([])
      const links = (await log.links(soon())).map(({ platform }) => platform)
      expect([links.includes(p), links.includes(gone)]).toEqual([true, false])
      // What was told stays told; who is heard of again is a new one.
      expect(await allAfter(log, from)).toStrictEqual(events)
      await log.append([at(0, agent(p, 'heard')), at(0, agent(p, 'old0')), at(0, agent(gone, 'a')), at(0, link(gone, 'up'))], soon())
      const again = (await allAfter(log, from + events.length)).map((event) => [
        event.type,
        event.type === 'agent' && event.agentId,
        event.seq,
      ])
      expect(again).toEqual([
        ['agent', 'old0', 1],
        ['agent', 'a', 1],
        ['link', false, undefined],
      ])
      await expect(log.forget(0, [p], { deadline: Date.now() - 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }, 60_000)

    it('has the newest view of every agent, in portions, and knows which are stale', async () => {
      const { events: log } = current.engine()
      const p = unique('p')
      const names = ['a', 'Z', 'ä', '昼', '\u{1f600}', '\uff21', 'a/b', '10', '9']
      const from = await newestOf(log)
      await log.append([command(p, 'only commands', 1, 'accepted'), ...names.map((name) => agent(p, name, { state: 'BUSY' }))], soon())
      await log.append([...names.map((name) => agent(p, name)), link(p, 'down')], soon())
      await log.append([link(p, 'up'), agent(p, 'ä'), command(p, 'Z', 1, 'accepted')], soon())
      const heads = await log.heads(p, undefined, 100, soon())
      const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(heads.map(({ agentId }) => agentId)).toEqual(sorted)
      expect(heads.filter(({ stale }) => !stale).map(({ agentId }) => agentId)).toEqual(['ä'])
      const events = await allAfter(log, from)
      for (const { agentId, event } of heads) {
        expect(event).toStrictEqual(events.filter((one) => one.type === 'agent' && one.agentId === agentId).at(-1))
      }
      const paged = []
      for (;;) {
        const page = await log.heads(p, paged.at(-1)?.agentId, 4, soon())
        paged.push(...page)
        if (page.length < 4) break
      }
      expect(paged).toStrictEqual(heads)
      expect(await log.heads(unique('p'), undefined, 10, soon())).toEqual([])
    })

    it('gives writers at the same time one order without holes, and each batch stays together', async () => {
      const { events: log } = current.engine()
      const p = unique('p')
      const from = await newestOf(log)
      const batches = Array.from({ length: 20 }, (_, b) => Array.from({ length: 10 }, (_unused, i) => agent(p, `b${b}`, { since: i })))
      await Promise.all(batches.map((batch) => log.append(batch, soon(20_000))))
      const events = await allAfter(log, from)
      expect(events.map(({ cursor }) => cursor)).toEqual(Array.from({ length: 200 }, (_, i) => from + 1 + i))
      for (let at = 0; at < 200; at += 10) {
        const batch = events.slice(at, at + 10).map((event) => event.type === 'agent' && [event.agentId, event.seq, event.view.since])
        const [name] = batch[0] as [string]
        expect(batch).toEqual(Array.from({ length: 10 }, (_, i) => [name, i + 1, i]))
      }
    })

    it('does nothing after its deadline', async () => {
      const { events: log } = current.engine()
      const p = unique('p')
      const from = await newestOf(log)
      const late = { deadline: Date.now() - 1 }
      const error = { code: 'STORE_UNAVAILABLE', effect: 'none' }
      await expect(log.append([agent(p, 'a')], late)).rejects.toMatchObject(error)
      await expect(log.after(0, 1, late)).rejects.toMatchObject(error)
      await expect(log.heads(p, undefined, 1, late)).rejects.toMatchObject(error)
      await expect(log.links(late)).rejects.toMatchObject(error)
      expect(await newestOf(log)).toBe(from)
    })

    it('survives closing and opening again', async () => {
      const p = unique('p')
      const from = await newestOf(current.engine().events)
      await current.engine().events.append([agent(p, 'a'), command(p, 'a', 1, 'confirmed')], soon())
      const before = await current.engine().events.after(from, 10, soon())
      await current.reopen()
      const { events: log } = current.engine()
      expect(await log.after(from, 10, soon())).toStrictEqual(before)
      await log.append([agent(p, 'a'), command(p, 'a', 1, 'confirmed'), agent(p, 'a', { state: 'BUSY' })], soon())
      const events = await allAfter(log, from + 2)
      expect(events).toMatchObject([{ cursor: from + 3, seq: 3, view: { state: 'BUSY' } }])
    }, 30_000)
  })
}
