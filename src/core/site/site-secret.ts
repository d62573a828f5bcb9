import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/**
 * Seals what processes of one site tell each other through a server that must not read it (product rule 7).
 *
 * AES-256-GCM, a random 96-bit nonce for each message, the key by HKDF-SHA-256 from the site's secret. `context` is authenticated, not
 * hidden: a text that was sealed for one command opens for no other.
 */
export interface Sealer {
  seal(text: string, context: string): string
  /** Undefined: another secret, another context, or not whole. */
  open(sealed: string, context: string): string | undefined
}

/** A site secret has at least this many characters. */
export const MIN_SECRET_LENGTH = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16

export function createSealer(siteSecret: string): Sealer {
  const key = Buffer.from(hkdfSync('sha256', siteSecret, 'cti-gateway', 'bus secrets, version 1', 32))
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
    },
    open(sealed, context) {
      try {
        const bytes = Buffer.from(sealed, 'base64')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        decipher.setAAD(Buffer.from(context))
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}
