import type * as AdapterKit from '../src/adapter-kit.js'
import type * as Config from '../src/config.js'
import type * as Gateway from '../src/gateway.js'
import type * as OpsLogger from '../src/ops/logger.js'
import type * as CoreAlarms from '../src/core/run/alarms.js'
import type * as CoreCore from '../src/core/core.js'
import type * as CoreModelCommand from '../src/core/model/command.js'
import type * as CorePlatforms from '../src/core/platforms.js'
import type * as CorePresence from '../src/core/agents/presence.js'
import type * as CoreStoreOpen from '../src/core/store/open.js'
import type * as AdaptersCiscoCtiCodec from '../src/adapters/cisco-cti/codec/index.js'

/**
 * The product as it is built in `dist/`, typed from its sources, which are there before the build. What is measured is what
 * is shipped. Imported when called: `npm run bench` builds first.
 */
const load = (path: string): Promise<unknown> => import(new URL(`../dist/${path}`, import.meta.url).href)

export const product = {
  kit: () => load('adapter-kit.js') as Promise<typeof AdapterKit>,
  config: () => load('config.js') as Promise<typeof Config>,
  gateway: () => load('gateway.js') as Promise<typeof Gateway>,
  logger: () => load('ops/logger.js') as Promise<typeof OpsLogger>,
  alarms: () => load('core/run/alarms.js') as Promise<typeof CoreAlarms>,
  core: () => load('core/core.js') as Promise<typeof CoreCore>,
  command: () => load('core/model/command.js') as Promise<typeof CoreModelCommand>,
  platforms: () => load('core/platforms.js') as Promise<typeof CorePlatforms>,
  presence: () => load('core/agents/presence.js') as Promise<typeof CorePresence>,
  open: () => load('core/store/open.js') as Promise<typeof CoreStoreOpen>,
  codec: () => load('adapters/cisco-cti/codec/index.js') as Promise<typeof AdaptersCiscoCtiCodec>,
}
