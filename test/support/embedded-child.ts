/**
 * A gateway process in miniature: opens the embedded engine in the given folder and appends without end. One line per
 * event: `open`, the id of every command whose append was acknowledged, or `refused <reason>`. Meant to be killed.
 */
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import { draft, soon, unique } from './drafts.js'

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(dataDir: string): Promise<void> {
  const engine = await openEngine('embedded', { dataDir, log: quiet, clock: systemClock, owner: 'child' })
  say('open')
  for (;;) {
    const batch = Array.from({ length: 5 }, () => draft({ agentId: unique('agent') }))
    await Promise.all(
      batch.map(async (one) => {
        const result = await engine.log.append(one, soon(20_000))
        await engine.wakeUps.wake(`p/${one.command.agentId}`, { delayMs: 600_000, priority: 5 }).catch(() => undefined)
        if (result.kind === 'accepted') say(one.command.id)
      }),
    )
  }
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  say(`refused ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
})
