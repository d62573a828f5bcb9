import { expect, onTestFinished, vi } from 'vitest'
import type { BusMessage } from '../../src/core/site/bus.js'
import { systemClock } from '../../src/core/clock.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { draft, soon, unique } from '../support/drafts.js'
import type { FailoverServers } from '../support/failover-servers.js'
import type { TestServer } from '../support/redis-server.js'

/** What the product promises after the master is gone. */
const BACK_WITHIN_MS = 10_000
const SOON_MS = 10_000
const CALL_MS = 400

interface Call {
  readonly id: string
  readonly accepted: boolean
  readonly at: number
  /** How much later than its deadline it was answered. */
  readonly lateMs: number
}

interface Writer {
  readonly calls: readonly Call[]
  stop(): Promise<void>
}

/** Appends for ever new agents every few ms, each with its deadline. */
function startWriter({ log }: Engine): Writer {
  const calls: Call[] = []
  const running = new Set<Promise<void>>()
  async function append(): Promise<void> {
    const given = draft({ agentId: unique('failover') })
    const deadline = Date.now() + CALL_MS
    // How late a bare timer is now: on a busy machine that is not the engine's fault.
    const control = systemClock.sleep(CALL_MS).then(() => Math.max(0, Date.now() - deadline))
    const accepted = await log.append(given, { deadline }).then(
      ({ kind }) => kind === 'accepted',
      () => false,
    )
    const at = Date.now()
    calls.push({ id: given.command.id, accepted, at, lateMs: at - deadline - (await control) })
  }
  const stopTimer = systemClock.every(15, () => {
    const one = append().finally(() => running.delete(one))
    running.add(one)
  })
  return {
    calls,
    async stop() {
      stopTimer()
      await Promise.all(running)
    },
  }
}

/** What ends the master's service, and what brings the server back afterwards. */
export interface Blow {
  readonly name: string
  /** The old master takes nothing any more when the new one is chosen; otherwise what it takes then may reach only a replica that was not chosen. */
  readonly silences: boolean
  strike(servers: FailoverServers, master: TestServer): Promise<void>
  undo(master: TestServer): Promise<void>
}

export const BLOWS: readonly Blow[] = [
  { name: 'killed', silences: true, strike: (_servers, master) => master.kill(), undo: (master) => master.restart() },
  {
    name: 'frozen',
    silences: true,
    strike: (_servers, master) => Promise.resolve(master.freeze()),
    undo: (master) => Promise.resolve(master.thaw()),
  },
  { name: 'demoted', silences: false, strike: (servers) => servers.handOver(), undo: () => Promise.resolve() },
]

/** Wakes one agent after the other until one arrives. */
async function expectWokenAgain(engine: Engine, woken: readonly string[], end: number): Promise<void> {
  const keys: string[] = []
  while (!keys.some((key) => woken.includes(key))) {
    expect(Date.now(), 'a wake-up arrives in time').toBeLessThan(end)
    const key = unique('p/again')
    keys.push(key)
    await engine.wakeUps.wake(key, { delayMs: 0, priority: 1 }).catch(() => undefined)
    await systemClock.sleep(100)
  }
}

async function expectHeardAgain(here: Engine, there: Engine, end: number): Promise<void> {
  const heard: BusMessage[] = []
  const stop = there.bus.subscribe((message) => heard.push(message))
  while (heard.length === 0) {
    expect(Date.now(), 'news arrive in time').toBeLessThan(end)
    here.bus.publish({ kind: 'settled', id: unique('news') })
    await systemClock.sleep(50)
  }
  stop()
}

/**
 * The master ends under writes: what was accepted stays (without `confirmed`, what was replicated of it), every call is answered within its bound, and within 10 s
 * commands are accepted, wake-ups delivered and news heard again. Then the old master comes back and is not obeyed any more.
 */
export async function expectFailsOver(
  here: Engine,
  there: Engine,
  servers: FailoverServers,
  blow: Blow,
  confirmed: boolean,
): Promise<void> {
  await servers.settled()
  const master = await servers.master()
  const woken: string[] = []
  await here.wakeUps.start((key) => {
    woken.push(key)
    return Promise.resolve()
  })
  await expectWokenAgain(here, woken, Date.now() + SOON_MS)
  const lost = unique('p/delayed')
  await here.wakeUps.wake(lost, { delayMs: 3000, priority: 1 })
  const writer = startWriter(here)
  await vi.waitFor(() => expect(writer.calls.filter(({ accepted }) => accepted).length).toBeGreaterThan(20), 10_000)
  const kept = writer.calls.filter(({ accepted }) => accepted)
  await servers.replicated()

  const struckAt = Date.now()
  let down = true
  const undo = async (): Promise<void> => {
    if (down) await blow.undo(master)
    down = false
  }
  // The tests behind this one get whole servers, whatever became of it.
  onTestFinished(undo)
  onTestFinished(() => writer.stop())
  await blow.strike(servers, master)
  const end = struckAt + BACK_WITHIN_MS
  const isNew = async (): Promise<void> => expect((await servers.master()).url).not.toBe(master.url)
  await vi.waitFor(isNew, { timeout: SOON_MS, interval: 50 })
  const movedAt = Date.now()
  const acceptedSince = (): number => writer.calls.filter(({ accepted, at }) => accepted && at > movedAt).length
  await vi.waitFor(() => expect(acceptedSince()).toBeGreaterThan(20), { timeout: Math.max(1, end - Date.now()), interval: 50 })
  await expectWokenAgain(here, woken, end)
  await expectHeardAgain(here, there, end)
  await vi.waitFor(() => expect(woken).toContain(lost), 10_000)

  await undo()
  await servers.settled()
  const before = writer.calls.length
  await vi.waitFor(() => expect(writer.calls.slice(before).filter(({ accepted }) => accepted).length).toBeGreaterThan(20), 10_000)
  await writer.stop()
  expect(Math.max(...writer.calls.map(({ lateMs }) => lateMs))).toBeLessThanOrEqual(100)
  const promised = confirmed && blow.silences ? writer.calls.filter(({ accepted }) => accepted) : kept
  for (const { id } of promised) expect(await here.log.get(id, soon())).toMatchObject({ id })
  // Whoever was told no must find no open command, also when the old master had taken it.
  const refused = writer.calls.filter(({ accepted }) => !accepted)
  await vi.waitFor(async () => {
    for (const { id } of refused) expect((await there.log.get(id, soon()))?.status ?? 'cancelled').toBe('cancelled')
  }, 10_000)
}
