import { hash } from 'node:crypto'
import type { Platform } from '../core/platforms.js'
import type { Consequence } from '../core/model/consequence.js'
import type { AgentView } from '../core/model/agent-state.js'
import type { components } from '../generated/gateway.js'
import type { HttpParts } from './context.js'

type Schemas = components['schemas']

/** Begins every tag of a preview, so that it is never taken for the tag of a state. */
const TAG_PREFIX = '"preview-'

export const isPreviewTag = (tag: string): boolean => tag.startsWith(TAG_PREFIX)

/** What a forced logout would do now, as it is answered; `etag` is also the header. Fails as `Views.preview`. */
export async function readLogoutPreview(parts: HttpParts, platform: Platform, agentId: string): Promise<Schemas['LogoutPreview']> {
  const { view, consequences } = await parts.views().preview(platform, agentId)
  return {
    platform: platform.id,
    agentId,
    state: view.state,
    ...(view.vendorState !== undefined && { vendorState: view.vendorState }),
    logoutWhileBusy: platform.adapter.manifest.logoutWhileBusy,
    etag: previewTag(view, consequences),
    consequences: consequences.map(presentConsequence),
  }
}

/**
 * Changes with what a supervisor decides on: the state, what comes next, each conversation with everybody in it and its outcome. Stays the
 * same while only time goes by, and when the platform lists its conversations in another order.
 */
function previewTag(view: AgentView, consequences: readonly Consequence[]): string {
  const each = consequences.map((one) => JSON.stringify(one)).sort()
  const seen = JSON.stringify([view.state, view.vendorState ?? '', view.pendingState ?? '', ...each])
  return `${TAG_PREFIX}${hash('sha256', seen, 'base64url').slice(0, 22)}"`
}

function presentConsequence(one: Consequence): Schemas['LogoutConsequence'] {
  const { possibleOutcomes, told, removed, inheritedBy, othersAffected, before, after, ...rest } = one
  return {
    ...rest,
    possibleOutcomes: [...possibleOutcomes],
    told: [...told],
    removed: [...removed],
    inheritedBy: [...inheritedBy],
    othersAffected: [...othersAffected],
    before: [...before],
    after: [...after],
  }
}
