import type { CommandLog, Lease, StatusChange } from '../../src/core/command-log.js'
import type { Action, Command, CommandClass } from '../../src/core/model/command.js'
import { isFinal, LIFE_CYCLE, type Operation } from '../../src/core/model/life-cycle.js'
import { draft, soon, unique } from '../support/drafts.js'
import { ALL_RULES } from './rules.js'
import { initial, type Scenario, type State, type WorkerId } from './state.js'
import type { Step, StoreCall } from './step.js'
import { stepsFrom } from './steps.js'

/** One way through the model, chosen at random; `random` answers [0, 1). */
export function randomWay(scenario: Scenario, random: () => number, length: number): { readonly step: Step; readonly from: State }[] {
  const way: { step: Step; from: State }[] = []
  let state = initial(scenario)
  while (way.length < length) {
    const steps = stepsFrom(state, ALL_RULES)
    const step = steps[Math.floor(random() * steps.length)]
    if (step === undefined) break
    way.push({ step, from: state })
    state = step.to
  }
  return way
}

const actionOf = (kind: CommandClass): Action => (kind === 'LOGOUT!' ? { kind: 'LOGOUT', force: true } : { kind })
const TTL_MS = 60_000
const RETRY_MS = 3_600_000

function changeOf(operation: Operation): StatusChange {
  const status = LIFE_CYCLE[operation].to
  if (status === 'same') throw new Error(`${operation} is no settle`)
  if (isFinal(status)) return { status, settledAt: Date.now(), pending: false }
  return status === 'retrying' ? { status, nextAttemptAt: Date.now() + RETRY_MS } : { status, pending: true }
}

/** Does on a real command log what the model did on its own, and tells where the two differ. */
export function createReplay(log: CommandLog, scenario: Scenario) {
  const agentId = unique('trace')
  const key = `p/${agentId}`
  const ids = scenario.kinds.map(() => unique('c'))
  const owners = [unique('one'), unique('two')]
  const leases: (Lease | undefined)[] = [undefined, undefined]
  let newest: Lease | undefined

  const idOf = (c: number): string => ids[c] as string
  /** A worker that never had a lease holds none: a made-up one must be refused all the same. */
  const leaseOf = (by: WorkerId): Lease => leases[by] ?? { key, owner: owners[by] as string, token: 1_000_000 }
  const grant = (by: WorkerId, lease: Lease | undefined): void => {
    if (lease === undefined) return
    leases[by] = lease
    newest = lease
  }

  async function append({ c, by, begin }: Extract<StoreCall, { call: 'append' }>): Promise<unknown> {
    const made = draft({ id: idOf(c), agentId, action: actionOf(scenario.kinds[c] as CommandClass) })
    const asked = begin ? { begin: { owner: owners[by] as string, ttlMs: TTL_MS } } : {}
    const answer = await log.append(made, { ...soon(), ...asked })
    if (answer.kind !== 'accepted') return answer.kind
    grant(by, answer.lease)
    return answer.lease === undefined ? 'accepted' : 'begun'
  }

  async function take(by: WorkerId): Promise<unknown> {
    const answer = await log.take(key, owners[by] as string, TTL_MS, soon())
    if (answer.kind !== 'taken') return { kind: answer.kind }
    grant(by, answer.lease)
    return { kind: 'taken', head: ids.indexOf(answer.head.id) }
  }

  async function retake({ c, by }: Extract<StoreCall, { call: 'retake' }>): Promise<boolean> {
    const again = await log.retake(leaseOf(by), idOf(c), TTL_MS, Date.now(), soon())
    grant(by, again?.lease)
    return again !== undefined
  }

  async function finish({ c, by, operation }: Extract<StoreCall, { call: 'finish' }>): Promise<unknown> {
    const { settled, next } = await log.finish(idOf(c), changeOf(operation), leaseOf(by), Date.now(), soon())
    return { settled, next: next === undefined ? undefined : ids.indexOf(next.id) }
  }

  /** The only way to let a lease of a minute run out at once that every engine offers. */
  async function expire(): Promise<void> {
    if (newest === undefined || !(await log.renew(newest, 1, soon()))) throw new Error('the lease that is to run out is not held')
    await new Promise((resolve) => setTimeout(resolve, 4))
  }

  async function call(made: StoreCall): Promise<unknown> {
    switch (made.call) {
      case 'append':
        return append(made)
      case 'take':
        return take(made.by)
      case 'release':
        return log.release(leaseOf(made.by), soon())
      case 'claimSend':
        return (await log.claimSend(idOf(made.c), leaseOf(made.by), Date.now(), soon())) !== undefined
      case 'retake':
        return retake(made)
      case 'settle':
        return log.settle(idOf(made.c), changeOf(made.operation), made.by === undefined ? undefined : leaseOf(made.by), soon())
      case 'finish':
        return finish(made)
      case 'expire':
        return expire()
      case 'restart':
        owners[made.by] = unique('again')
        leases[made.by] = undefined
    }
  }

  async function stored(): Promise<unknown[]> {
    const commands = await Promise.all(ids.map((id) => log.get(id, soon())))
    return commands.map(seen)
  }

  return { call, stored }
}

/** The part of a stored command that the model has too. */
function seen(command: Command | undefined): unknown {
  if (command === undefined) return undefined
  return { status: command.status, attempts: command.attempts, crashes: command.crashes ?? 0, pending: command.pending ?? false }
}

export function expected(state: State): unknown[] {
  return state.commands.map(({ status, attempts, crashes, pending }) =>
    status === 'none' ? undefined : { status, attempts, crashes, pending },
  )
}
