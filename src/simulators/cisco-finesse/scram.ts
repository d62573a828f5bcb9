import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

const ITERATIONS = 4096
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha1', key).update(text).digest()

/** What the server sends first, and how it checks what comes back. */
export interface ScramExchange {
  readonly username: string
  readonly challenge: string
  /** The server's signature if the client knows the password, else undefined. */
  verify(clientFinal: string, password: string): string | undefined
}

/**
 * The server's half of SCRAM-SHA-1 (RFC 5802), so that stock clients can sign in on a plain socket, where they refuse PLAIN.
 * Fails: returns undefined for a first message that is not one.
 */
export function startScram(clientFirst: string): ScramExchange | undefined {
  const bare = clientFirst.replace(/^[^,]*,[^,]*,/, '')
  const username = /(?:^|,)n=([^,]*)/.exec(bare)?.[1]
  const clientNonce = /(?:^|,)r=([^,]*)/.exec(bare)?.[1]
  if (username === undefined || clientNonce === undefined) return undefined
  const nonce = clientNonce + randomBytes(12).toString('hex')
  const salt = randomBytes(16)
  const challenge = `r=${nonce},s=${salt.toString('base64')},i=${ITERATIONS}`
  return {
    username: username.replaceAll('=2C', ',').replaceAll('=3D', '='),
    challenge,
    verify(clientFinal, password) {
      const [withoutProof = '', proof = ''] = clientFinal.split(',p=')
      if (!withoutProof.endsWith(`r=${nonce}`)) return undefined
      const salted = pbkdf2Sync(password, salt, ITERATIONS, 20, 'sha1')
      const clientKey = hmac(salted, 'Client Key')
      const stored = createHash('sha1').update(clientKey).digest()
      const message = `${bare},${challenge},${withoutProof}`
      const signature = hmac(stored, message)
      const expected = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)))
      const given = Buffer.from(proof, 'base64')
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
      return `v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`
    },
  }
}
