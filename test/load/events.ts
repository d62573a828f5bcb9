import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { percentile } from '../../bench/stats.js'
import { SECRETS } from '../support/api.js'
import type { Crowd } from '../support/event-crowd.js'
import { runEventLoad, type EventLoadResult, type RemoteCrowd } from './event-load.js'

const { values } = parseArgs({
  options: {
    readers: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    agents: { type: 'string', default: '200' },
  },
})

/** The readers in a process of their own. */
function startCrowd(): { readonly crowd: RemoteCrowd; stop(): void } {
  const child = fork(new URL('crowd-process.ts', import.meta.url), [SECRETS.supervisor], { execArgv: ['--import', 'tsx'] })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let last = 0
  child.on('message', ([id, value, error]: [number, unknown, string?]) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) asked?.resolve(value as never)
    else asked?.reject(new Error(error))
  })
  child.once('exit', () => waiting.forEach(({ reject }) => reject(new Error('the readers are gone'))))
  const ask =
    <K extends keyof Crowd>(method: K): RemoteCrowd[K] =>
    (...given: unknown[]) =>
      new Promise<never>((resolve, reject) => {
        waiting.set((last += 1), { resolve, reject })
        child.send([last, method, given])
      })
  return {
    crowd: { join: ask('join'), pause: ask('pause'), report: ask('report'), close: ask('close') },
    stop: () => void child.disconnect(),
  }
}

function textOf({ report, events, perSecond, accepted, untold, toldTwice, late, memory, kills }: EventLoadResult): string {
  const sorted = Float64Array.from(late).sort()
  const rows: readonly (readonly [string, string | number])[] = [
    ['readers', report.readers],
    ['events of the site', `${events} (${perSecond.toFixed(0)} a second)`],
    ['events told', report.delivered],
    ['kill -9 of a gateway', kills],
    ['readers that came back with their last id', report.resumed],
    ['cursors jumped over', report.skipped],
    ['events told twice', report.doubled],
    ['gaps', JSON.stringify(report.gaps)],
    ['ended by the gateway', JSON.stringify(report.ended)],
    ['readers behind at the end', report.slowest === report.newest ? 0 : 'some'],
    ['commands accepted', accepted],
    ['of those, end not told', untold.length],
    ['of those, end told twice', toldTwice.length],
    ['from event to reader, p50 / p99, ms', sorted.length === 0 ? '-' : `${percentile(sorted, 0.5)} / ${percentile(sorted, 0.99)}`],
    ['memory of a gateway, early / at the end, MiB', `${memory.early.toFixed(0)} / ${memory.end.toFixed(0)}`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(46)}${value}\n`).join('')
}

const isRight = ({ report, untold, toldTwice }: EventLoadResult): boolean =>
  report.skipped + report.doubled + untold.length + toldTwice.length === 0 &&
  Object.keys(report.gaps).length === 0 &&
  report.slowest === report.newest

const { crowd, stop } = startCrowd()
try {
  const result = await runEventLoad({
    readers: Number(values.readers),
    perSecond: Number(values.rate),
    seconds: Number(values.seconds),
    agents: Number(values.agents),
    crowd,
    say: (text) => void process.stderr.write(`· ${text}\n`),
  })
  process.stdout.write(textOf(result))
  process.exitCode = isRight(result) ? 0 : 1
} finally {
  stop()
}
