import { setTimeout as sleep } from 'node:timers/promises'
import { freezeEngine, oneRound, playFaults, restartEngine, underLoad } from '../disturbances.js'
import { pick } from '../load.js'
import { runStorm } from '../storm-run.js'
import type { Scenario } from '../scenario.js'

/** Everything at once: kills at named points and at random, the network, the vendors' faults, the engine now and then. */
export const kills: Scenario = {
  text: 'gateways killed N times (20), at named points and at random; vendors, network and engine misbehave too',
  run: (options, say) =>
    runStorm(options, say, {
      rounds: options.kills ?? 20,
      site: { watched: true },
      async round(site, round, load, random) {
        await underLoad(load)
        await oneRound(site, round, options.disturb, options.faults, random)
      },
    }),
}

export const freeze: Scenario = {
  text: 'the engine frozen N times (50) for 0.3 to 3 s under load',
  run: (options, say) =>
    runStorm(options, say, {
      rounds: options.kills ?? 50,
      async round(site, _round, load, random) {
        await underLoad(load)
        await freezeEngine(site, 300 + random() * 2700)
      },
    }),
}

export const restart: Scenario = {
  text: 'the engine killed and started N times (50) under load',
  run: (options, say) =>
    runStorm(options, say, {
      rounds: options.kills ?? 50,
      async round(site, _round, load, random) {
        await underLoad(load)
        await restartEngine(site, random() * 1000)
        await Promise.all(site.slots.map((slot) => slot.ready()))
      },
    }),
}

/** How long a graceful stop may take: `limits.stopMs`, and the closing of links and engine. */
const STOP_BOUND_MS = 12_000

/** `cti-gateway start` itself, one after the other, as a deployment does. */
export const rolling: Scenario = {
  text: 'rolling restart: SIGTERM to one gateway after the other, N times (10), under load',
  async run(options, say) {
    const stops: number[] = []
    const codes: (number | null)[] = []
    const outcome = await runStorm(options, say, {
      rounds: options.kills ?? 10,
      prepare: (site, random) => playFaults(site, options.faults / 4, random),
      async round(site, round, load) {
        await underLoad(load)
        const slot = site.slots[round % site.slots.length]
        if (slot === undefined) return
        await slot.ready()
        site.diary.note(`SIGTERM of gateway ${slot.number}`)
        const began = performance.now()
        const ended = slot.ended()
        slot.signal('SIGTERM')
        codes.push(await ended)
        stops.push(performance.now() - began)
        await slot.ready()
        await sleep(300)
      },
    })
    return {
      ...outcome,
      counts: {
        ...outcome.counts,
        stoppedLate: stops.filter((ms) => ms > STOP_BOUND_MS).length,
        badExit: codes.filter((code) => code !== 0).length,
      },
      figures: { ...outcome.figures, stopMsWorst: Math.round(Math.max(...stops)), exitCodes: [...new Set(codes)].join(',') },
    }
  },
}

/** The network alone, on every platform in turn. */
export const network: Scenario = {
  text: 'vendor sockets cut, reset, delayed, sliced, half open and refused, N times (50)',
  run: (options, say) =>
    runStorm(options, say, {
      rounds: options.kills ?? 50,
      async round(site, round, load, random) {
        await underLoad(load)
        await oneRound(site, round, new Set(['net', 'faults']), options.faults, random)
        await sleep(pick([0, 200, 1000], random))
      },
    }),
}
