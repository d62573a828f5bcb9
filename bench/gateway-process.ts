import { createHttpVendor } from './http-vendor-adapter.js'
import { serve } from './lab/child.js'
import { onSchedule } from './lab/schedule.js'
import { product } from './product.js'

/**
 * The gateway as `cti-gateway start` runs it, from the build and from the configuration named by CTI_CONFIG, with one more
 * adapter kind: `bench-http`.
 */
const [kit, { loadConfig }, { startGateway }, { createLogger }] = await Promise.all([
  product.kit(),
  product.config(),
  product.gateway(),
  product.logger(),
])
const vendor = createHttpVendor(kit)
const config = loadConfig(process.env)
const gateway = await startGateway({
  config,
  keys: config.keys,
  logger: createLogger(config.logLevel),
  adapters: { 'bench-http': () => Promise.resolve(vendor.definition) },
})

const api = {
  url: (): string => gateway.url,
  hanging: (): number => vendor.hanging(),
  /** The vendor tells so many changes of agents a second. */
  emit: ({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<number> =>
    onSchedule(perSecond, seconds, (n) => vendor.tell(n)),
}

export type GatewayApi = typeof api
serve(api)
