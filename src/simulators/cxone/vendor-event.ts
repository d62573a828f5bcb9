import type { Site } from './site.js'

/** Something that happens at the vendor, caused over the control API. */
export interface VendorEvent {
  readonly text: string
  run(site: Site, body: Readonly<Record<string, unknown>>): unknown
}
