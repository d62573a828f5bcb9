import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Order } from './client.js'
import type { Told } from './model.js'

const PROGRAM = fileURLToPath(new URL('./client-child.ts', import.meta.url))

export type ClientWork =
  /** Of each agent the orders that it gets in turn. */
  | { readonly kind: 'orders'; readonly orders: readonly (readonly Order[])[] }
  | { readonly kind: 'pace'; readonly url: string; readonly perSecond: number; readonly leadSeconds: number; readonly seconds: number }
  | { readonly kind: 'drive'; readonly url: string; readonly count: number; readonly atOnce: number; readonly limitMs: number }

export interface ClientReport {
  readonly told: readonly Told[]
}

/** A client of one platform's agents in a process of its own. */
export interface ClientProcess {
  /** Commands at a steady pace; what was told of those after the lead-in. */
  pace(url: string, perSecond: number, leadSeconds: number, seconds: number): Promise<readonly Told[]>
  /** Commands as fast as they are answered, for so long at most. */
  drive(url: string, count: number, atOnce: number, limitMs: number): Promise<readonly Told[]>
  stop(): void
}

/** `name` is for those who look at the processes. */
export function startClient(name: string, orders: readonly (readonly Order[])[]): ClientProcess {
  const child = fork(PROGRAM, [name], { execArgv: ['--import', 'tsx'], serialization: 'advanced' })
  child.send({ kind: 'orders', orders } satisfies ClientWork)
  const perform = (work: ClientWork): Promise<readonly Told[]> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`the client of ${name} has ended`))
      child.once('exit', ended)
      child.once('message', ({ told }: ClientReport) => {
        child.off('exit', ended)
        resolve(told)
      })
      child.send(work)
    })
  return {
    pace: (url, perSecond, leadSeconds, seconds) => perform({ kind: 'pace', url, perSecond, leadSeconds, seconds }),
    drive: (url, count, atOnce, limitMs) => perform({ kind: 'drive', url, count, atOnce, limitMs }),
    stop() {
      if (child.connected) child.disconnect()
    },
  }
}
