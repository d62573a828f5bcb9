import { expect, it } from 'vitest'
import { runEventLoad, type RemoteCrowd } from '../load/event-load.js'
import { SECRETS } from '../support/api.js'
import { createCrowd } from '../support/event-crowd.js'

/** The readers in this process: a hundred are few. */
function crowdHere(): RemoteCrowd {
  const crowd = createCrowd(SECRETS.supervisor)
  return {
    join: (...given) => crowd.join(...given),
    pause: (...given) => Promise.resolve(crowd.pause(...given)),
    report: () => Promise.resolve(crowd.report()),
    close: () => Promise.resolve(crowd.close()),
  }
}

/** The whole of it, with 1,000 readers: `npm run load`. */
it('a hundred readers of two gateways, each of which is killed once: every event is told to every reader, once, and nothing is lost', async () => {
  const { report, events, accepted, untold, toldTwice, kills } = await runEventLoad({
    readers: 100,
    perSecond: 60,
    seconds: 15,
    agents: 100,
    crowd: crowdHere(),
    say: () => undefined,
  })
  expect(kills).toBe(2)
  expect(accepted).toBeGreaterThan(20)
  expect({ untold, toldTwice }).toEqual({ untold: [], toldTwice: [] })
  const { slowest, newest, skipped, doubled, gaps, resumed, connected } = report
  expect({ behind: newest - slowest, skipped, doubled, gaps, connected }).toEqual({
    behind: 0,
    skipped: 0,
    doubled: 0,
    gaps: {},
    connected: 100,
  })
  expect(resumed).toBeGreaterThan(50)
  // A reader that is cut off gets some of it from another process: told again is what it had, and that was found above.
  expect(report.delivered).toBeGreaterThanOrEqual(events * 100)
}, 240_000)
