import { afterEach, describe, expect, it } from 'vitest'
import { SECRETS, startApi, type Api } from '../support/api.js'
import { readEvents, type EventReader, type ReaderOptions } from '../support/event-reader.js'

let api: Api
const readers: EventReader[] = []

async function read(options: Partial<ReaderOptions> = {}): Promise<EventReader> {
  const reader = await readEvents(api.url, { key: SECRETS.reader, ...options })
  readers.push(reader)
  return reader
}

const command = (agentId: string, action: string) =>
  api.call('POST', `/v1/platforms/loopback/agents/${agentId}/commands`, { body: { action }, headers: { prefer: 'wait=5' } })

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close()
  await api.stop()
})

describe('GET /v1/events', () => {
  it('begins with every agent, then tells what happens', async () => {
    api = await startApi()
    await command('agent1', 'LOGIN')
    const reader = await read()
    expect(reader.status).toBe(200)
    expect(reader.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const end = await reader.until(({ event }) => event === 'snapshot-end')
    expect(end.id).toBe(end.data['cursor'])
    const done = await command('agent1', 'READY')
    await reader.until(
      ({ event, data }) => event === 'command' && (data['command'] as unknown as { status: string }).status === 'confirmed',
    )
    expect(done.status).toBe(200)
  })
})
