/**
 * A client in a process of its own, so that what it does and what is done to others' requests do not mix. It gets its orders and what to do
 * with them over the process channel, and answers with what it was told. See `client-process.ts`.
 */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { readAnswer, PATIENCE_MS, type Order } from './client.js'
import type { ClientWork, ClientReport } from './client-process.js'
import type { Told } from './model.js'
import { KEY } from './site.js'

let serial = 0
let turn = 0

/** Agents in turn, so that no two commands of one agent meet; each time round the next of their orders. */
function nextOrder(orders: readonly (readonly Order[])[]): Order {
  const mine = orders[turn % orders.length] ?? []
  const order = mine[Math.floor(turn / orders.length) % mine.length] as Order
  turn += 1
  serial += 1
  return { ...order, key: `${order.platform}-${process.pid}-${serial}` }
}

/** As `ask`, without what `fetch` costs. */
function ask(url: URL, agent: Agent, order: Order): Promise<Told> {
  const { platform, agentId, action, waitMs, key } = order
  const began = performance.now()
  const base = { token: key, key, platform, agentId, action, waitMs, gateway: 0 }
  const body = JSON.stringify({ action, ...order.body })
  return new Promise((resolve) => {
    const end = (status: number, text: string): void => {
      const timing = { at: Date.now(), tookMs: performance.now() - began }
      try {
        resolve({ ...base, ...timing, status, ...readAnswer(text) })
      } catch {
        resolve({ ...base, ...timing, status: 0 })
      }
    }
    const sent = request(
      {
        host: url.hostname,
        port: url.port,
        agent,
        method: 'POST',
        path: `/v1/platforms/${platform}/agents/${agentId}/commands`,
        timeout: waitMs + PATIENCE_MS,
        headers: {
          authorization: `Bearer ${KEY}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'idempotency-key': key,
          'x-on-behalf-of': key,
          prefer: `wait=${waitMs / 1000}`,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (text += part))
        response.on('end', () => end(response.statusCode ?? 0, text))
        response.on('error', () => end(0, ''))
      },
    )
    sent.on('timeout', () => sent.destroy())
    sent.on('error', () => end(0, ''))
    sent.end(body)
  })
}

/** So often a second for so long, whether or not earlier ones have been answered. Of the time before `leadSeconds` nothing is told. */
async function pace(work: Extract<ClientWork, { kind: 'pace' }>, send: () => Promise<Told>): Promise<Told[]> {
  const began = performance.now()
  const running: Promise<Told>[] = []
  for (let index = 0; index < work.perSecond * (work.leadSeconds + work.seconds); index += 1) {
    const wait = began + (index * 1000) / work.perSecond - performance.now()
    if (wait > 0) await sleep(wait)
    running.push(send())
  }
  return (await Promise.all(running)).slice(Math.round(work.perSecond * work.leadSeconds))
}

/** So many, some at a time, as fast as they are answered. */
async function drive(work: Extract<ClientWork, { kind: 'drive' }>, send: () => Promise<Told>): Promise<Told[]> {
  const told: Told[] = []
  const until = performance.now() + work.limitMs
  let left = work.count
  const lane = async (): Promise<void> => {
    while (left-- > 0 && performance.now() < until) told.push(await send())
  }
  await Promise.all(Array.from({ length: work.atOnce }, lane))
  return told
}

let orders: readonly (readonly Order[])[] = []

async function perform(work: ClientWork): Promise<void> {
  if (work.kind === 'orders') {
    orders = work.orders
    return
  }
  const url = new URL(work.url)
  const agent = new Agent({ keepAlive: true })
  const send = (): Promise<Told> => ask(url, agent, nextOrder(orders))
  const told = await (work.kind === 'pace' ? pace(work, send) : drive(work, send))
  agent.destroy()
  process.send?.({ told } satisfies ClientReport)
}

process.on('message', (work: ClientWork) => void perform(work))
process.once('disconnect', () => process.exit(0))
