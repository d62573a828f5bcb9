import { expect } from 'vitest'
import { secretOf } from './authority-kinds.js'
import type { AuthoritySite } from './authority-site.js'
import { readEvents, type EventReader, type Told } from './event-reader.js'

/** Something about authority that takes more than one request. */
export interface Probe {
  readonly title: string
  /** What is wrong, one line each. */
  faults(site: AuthoritySite): Promise<readonly string[]>
}

const PATIENT = { timeout: 10_000, interval: 20 }

/** Keys, those that see most first, with an agent that each may see, and what it may see at all. */
const READERS: readonly (readonly [kind: string, marker: string, sees: (platform: string, agentId: string | undefined) => boolean])[] = [
  ['all scopes', 'there/agent1', () => true],
  ['all scopes, this platform', 'here/agent2', (platform) => platform === 'here'],
  ['all scopes, another platform', 'there/agent1', (platform) => platform === 'there'],
  ['this agent', 'here/agent1', (platform, agent) => platform === 'here' && (agent === undefined || agent === 'agent1')],
  ['another agent', 'here/agent2', (platform, agent) => platform === 'here' && (agent === undefined || agent === 'agent2')],
  [
    'an agent of that name on another platform',
    'there/agent1',
    (platform, agent) => platform === 'there' && (agent === undefined || agent === 'agent1'),
  ],
]

interface Named {
  readonly platform: string
  /** Missing: a link. */
  readonly agentId?: string
}

/** All that an event tells of: agents, commands and links, those of a snapshot one by one. */
function subjects({ event, data }: Told): readonly Named[] {
  if (event !== 'snapshot') return 'platform' in data ? [data as unknown as Named] : []
  const { agents, links } = data as unknown as Readonly<Record<'agents' | 'links', readonly Named[]>>
  return [...agents, ...links]
}

function secretsSeen(reader: EventReader, sees: (platform: string, agentId: string | undefined) => boolean): readonly string[] {
  const all = reader.told.flatMap(subjects).filter(({ platform, agentId }) => !sees(platform, agentId))
  return [...new Set(all.map(({ platform, agentId = 'link' }) => `${platform}/${agentId}`))]
}

async function ask(site: AuthoritySite, agent: string): Promise<string> {
  const [platform, agentId] = agent.split('/')
  const response = await fetch(`${site.url}/v1/platforms/${platform}/agents/${agentId}/commands`, {
    method: 'POST',
    headers: { 'x-api-key': secretOf('all scopes'), 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'LOGIN' }),
  })
  return String(((await response.json()) as { id?: unknown }).id)
}

/** Readers of all kinds at once, then one command for each agent; what each was told and may not know. */
async function leaks(site: AuthoritySite, cursor: string): Promise<readonly string[]> {
  const open = async ([kind, marker, sees]: (typeof READERS)[number]) => ({
    ...{ kind, marker, sees },
    reader: await readEvents(site.url, { key: secretOf(kind), query: cursor }),
  })
  const readers = []
  for (const row of READERS) readers.push(await open(row))
  try {
    // What nobody but the greatest may see comes first, what each waits for afterwards.
    const ids = new Map<string, string>()
    for (const agent of ['here/agent3', 'there/agent2', 'here/agent1', 'here/agent2', 'there/agent1'])
      ids.set(agent, await ask(site, agent))
    for (const { reader, marker } of readers)
      await reader.until(({ event, data }) => event === 'command' && JSON.stringify(data).includes(ids.get(marker) ?? '?'), 10_000)
    return readers.flatMap(({ kind, reader, sees }) => secretsSeen(reader, sees).map((what) => `${kind} is told of ${what}`))
  } finally {
    for (const { reader } of readers) reader.close()
  }
}

/** Where the stream began. */
async function beginning(site: AuthoritySite): Promise<string> {
  const reader = await readEvents(site.url, { key: secretOf('all scopes') })
  const end = await reader.until(({ event }) => event === 'snapshot-end', 10_000)
  reader.close()
  return `${String(end.id).split('.')[0]}.0`
}

/** Does the stream of this key end when the keys change in this way? */
async function outlives(site: AuthoritySite, change: readonly string[]): Promise<readonly string[]> {
  const key = await site.keys('create', 'streaming', '--scopes', 'agent:read')
  try {
    const status = async (): Promise<number> => (await fetch(`${site.url}/v1/me`, { headers: { 'x-api-key': key } })).status
    await expect.poll(status, PATIENT).toBe(200)
    const reader = await readEvents(site.url, { key })
    await reader.until(({ event }) => event === 'snapshot-end', 10_000)
    await site.keys(...change)
    await expect.poll(status, PATIENT).toBe(401)
    await expect
      .poll(() => reader.ended, { timeout: 3_000 })
      .toBe(true)
      .catch(() => undefined)
    const reason = reader.of('end')[0]?.data['reason']
    const { ended } = reader
    reader.close()
    return ended && String(reason) === 'revoked'
      ? []
      : [`the stream of a revoked key goes on, or ends without its reason (${String(reason)})`]
  } finally {
    await site.keys('revoke', 'streaming').catch(() => undefined)
  }
}

export const streamProbes: readonly Probe[] = [
  { title: 'a stream that begins tells each key what it may know', faults: (site) => leaks(site, '') },
  {
    title: 'a stream that goes on tells each key what it may know',
    faults: async (site) => leaks(site, `?cursor=${await beginning(site)}`),
  },
  { title: 'the stream of a revoked key ends', faults: (site) => outlives(site, ['revoke', 'streaming']) },
  {
    title: 'a password that a browser remembers does nothing for pages of other sites',
    async faults({ url }) {
      const authorization = `Basic ${Buffer.from(`me:${secretOf('all scopes')}`).toString('base64')}`
      const status = async (origin: string): Promise<number> => (await fetch(`${url}/v1/me`, { headers: { authorization, origin } })).status
      const got = [await status('https://elsewhere.example'), await status('null'), await status(url)]
      return got.join() === '401,401,200' ? [] : [`statuses ${got.join()}`]
    },
  },
]
