import { createStream } from './stream.js'
import { epoch } from './time.js'

/** @typedef {import('../generated/gateway.js').components['schemas']} Schemas */
/** @typedef {import('./types.js').Command} Command */
/** @typedef {import('./types.js').Platform} Platform */

const OPEN_COMMANDS = 200

/**
 * Brings what the gateway's stream tells into the store: the snapshot in portions, then every change.
 *
 * @param {object} parts
 * @param {import('./types.js').Api} parts.api
 * @param {import('./agents-store.js').AgentStore} parts.store
 * @param {() => number} parts.now
 * @param {(status: import('./stream.js').StreamStatus, text: string) => void} parts.onStatus
 * @param {(command: Command) => void} parts.onCommand
 * @param {() => void} parts.onReload what was known may be out of date: a new snapshot has come
 * @param {boolean} parts.mayListOpen the key may ask for the commands that were on their way before the stream began
 */
export function createFeed({ api, store, now, onStatus, onCommand, onReload, mayListOpen }) {
  /** @type {Map<string, Platform>} */
  const platforms = new Map()
  /** @type {{ stop(): void } | undefined} */
  let stream
  let tellPlatforms = () => {}

  /** @type {Readonly<Record<string, (data: any) => void>>} */
  const on = {
    snapshot: (/** @type {Schemas['StreamSnapshot']} */ { agents }) =>
      store.load(agents.map(({ state, at }) => ({ state, at: epoch(at) ?? now() }))),
    'snapshot-end': () => {
      store.loaded()
      onReload()
      if (mayListOpen) void loadOpen()
    },
    agent: (/** @type {Schemas['AgentStreamEvent']} */ { state, at }) => store.put(state, epoch(at) ?? now()),
    command: (/** @type {Schemas['CommandStreamEvent']} */ { command }) => {
      store.command(command)
      onCommand(command)
    },
    link: (/** @type {Schemas['LinkStreamEvent']} */ { platform, status, at }) => {
      if (status === 'down') store.platformStale(platform, epoch(at) ?? now())
    },
    // Commands were not told of, or a snapshot follows.
    gap: () => onReload(),
  }

  /** A snapshot tells no commands. Without them only the list's last column has less to say: a failure is not worth a word. */
  async function loadOpen() {
    try {
      const reply = /** @type {{ commands: Command[] }} */ (await api.get(`/v1/operations/commands?limit=${OPEN_COMMANDS}`))
      for (const command of reply.commands) store.command(command)
    } catch {
      // The next snapshot asks again.
    }
  }

  return {
    async start() {
      stream = createStream({ api, onEvent: (event, data) => on[event]?.(data), onStatus })
      const reply = /** @type {{ platforms: Platform[] }} */ (await api.get('/v1/platforms'))
      for (const platform of reply.platforms) platforms.set(platform.id, platform)
      tellPlatforms()
      store.touch()
    },
    platformIds: () => [...platforms.keys()],
    platform: (/** @type {string} */ id) => platforms.get(id),
    /** @param {() => void} listener */
    onPlatforms(listener) {
      tellPlatforms = listener
    },
    stop: () => stream?.stop(),
  }
}
