/**
 * A gateway over a CXone tenant (base URL in the first argument) that measures its own memory while it serves refusals. Over IPC: `{ url }`
 * when it listens; on `begin` it starts measuring, on `end` it answers with what was added at most, bytes.
 */
import { startGateway } from '../../src/gateway.js'
import { cxonePlatform } from '../../src/sandbox/platforms.js'
import { KEYS, testConfig } from './api.js'
import { createMemoryEngine } from './memory-engine.js'
import { silentLogger } from './storm.js'

interface Usage {
  /** What the operating system gave. */
  readonly rss: number
  /** What is in use: objects and buffers. */
  readonly used: number
}

function usage(): Usage {
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, used: heapUsed + external }
}

async function main(base: string): Promise<void> {
  const gateway = await startGateway({
    config: testConfig({ platforms: [cxonePlatform({ api: base })] }),
    keys: KEYS,
    logger: silentLogger,
    engine: createMemoryEngine(),
  })
  let before = usage()
  let peak = before
  let sampler: NodeJS.Timeout | undefined
  process.on('message', (message) => {
    if (message === 'begin') {
      globalThis.gc?.()
      before = peak = usage()
      sampler = setInterval(() => {
        const now = usage()
        peak = { rss: Math.max(peak.rss, now.rss), used: Math.max(peak.used, now.used) }
      }, 10)
      process.send?.('measuring')
      return
    }
    clearInterval(sampler)
    process.send?.({ rss: peak.rss - before.rss, used: peak.used - before.used })
  })
  process.once('disconnect', () => void gateway.stop().finally(() => process.exit(0)))
  process.send?.({ url: gateway.url })
}

void main(process.argv[2] ?? '')
