import { hash } from 'node:crypto'
import { packFingerprint, packId, unpackId } from './redis-codec.js'

/** Letters of a key: 132 bits of the hash that it is. */
const LETTERS = 22
const DIGEST = /^[\w-]{43}$/
/** Parts of one step, and of one call: all of them within eight calls. */
const SWEEP_PARTS = 16
const SWEEP_STEPS = 8
const SCAN_KEYS = 1000
/** An older record without a time of its own; there should be none, ms. */
const UNTIMED_MS = 24 * 3_600_000

/** An idempotency key as the scripts name it. */
export function packClaim(key: string): string {
  const digest = DIGEST.test(key) ? key : hash('sha256', key, 'base64url')
  return digest.slice(0, LETTERS)
}

/** Runs a script: the engine's deadline, then its arguments. */
type Run = (script: 'ctiOldClaims' | 'ctiMoveClaim', deadline: number, ...args: readonly (string | number)[]) => Promise<unknown>

/** Deletes records whose time is over, some parts at a time. */
export async function sweepClaims(run: (script: 'ctiSweepClaims', parts: number) => Promise<unknown>): Promise<void> {
  for (let step = 0; step < SWEEP_STEPS; step += 1) await run('ctiSweepClaims', SWEEP_PARTS)
}

/** Brings the records of older layouts to this one. Answers how many. */
export async function moveClaims(run: Run, deadline: number): Promise<number> {
  let moved = 0
  let from = '0'
  do {
    const [next = '0', ...flat] = (await run('ctiOldClaims', deadline, from, SCAN_KEYS)) as readonly (string | number)[]
    for (let i = 0; i + 4 < flat.length; i += 5) {
      const [key = '', left = 0, id = '', print = '', response = ''] = flat.slice(i, i + 5)
      const ttl = Number(left) > 0 ? left : UNTIMED_MS
      // Layout 1 named the UUID itself.
      const packed = id === '' ? '' : packId(unpackId(String(id)))
      const args = [key, packClaim(String(key)), ttl, packed, packFingerprint(String(print)), response] as const
      moved += Number(await run('ctiMoveClaim', deadline, ...args))
    }
    from = String(next)
  } while (from !== '0')
  return moved
}
