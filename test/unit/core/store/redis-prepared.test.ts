import { describe, expect, it } from 'vitest'
import { ruledChange } from '../../../../src/core/store/changes.js'
import { readAgentText } from '../../../../src/core/store/redis-agent-text.js'
import { foreseesFinish } from '../../../../src/core/store/redis-prepared.js'

const AT = 1_700_000_000_000
const PROBLEM = '{"code":"VENDOR_BUSY","detail":"a  line "}'

function finish(text: string) {
  const agent = readAgentText(text)
  if (agent === undefined) throw new Error('no text of an agent')
  const change = ruledChange({ status: 'confirmed', settledAt: AT + 30, confirmedBy: 'event' }, AT, true)
  return foreseesFinish(agent, 'id40', change, { key: 'p:a', owner: 'me', token: 9 })
}

/** That random histories hardly ever come by; as `archive` in redis-script-parts.ts does it. */
describe('an end that is worked out', () => {
  it('keeps what is known of the problem, and moves the lowest chunk down for one that was open very long', () => {
    const foreseen = finish(`41 9 3 85 ${AT + 9} me\n40 id40 sent 2 ${AT} READY =voice e1 ${AT + 7}  p 1 8 ${PROBLEM}\n["R"]`)
    const record = `40 id40 c 2 ${AT + 30} 30 7 e   ${PROBLEM}\n["R"]`
    expect(foreseen?.args.slice(3)).toEqual(['41 9 1 ', '1:p:a', record, String(AT + 30), 'idle'])
    expect(foreseen?.after(86).text).toBe('41 9 1 86')
  })
  it('is not, when the lease is another one or somebody else has ended it', () => {
    const open = `40 id40 sent 2 ${AT} READY =voice e1 ${AT + 7}    8 \n["R"]`
    expect(finish(`41 9 3 85 ${AT + 9} me\n${open}`)).toBeDefined()
    for (const line of [`41 9 3 85 ${AT + 9} you`, `41 8 3 85 ${AT + 9} me`, '41 9 3 85'])
      expect(finish(`${line}\n${open}`)).toBeUndefined()
    expect(finish('41 9 3 85')).toBeUndefined()
  })
})
