import { Command } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { encodeWords } from '../../../../src/core/store/redis-script-call.js'

describe('the words of a command', () => {
  it.each([
    ['letters and numbers', ['key', 'READY', 17, -1, 0.5, '']],
    ['other scripts, and characters of two halves', ['key', 'Müller', '班长', '👩‍💻', 'plain', 7]],
    ['line breaks', ['key', 'a\r\n$3\r\nb']],
    ['half a character', ['key', '\ud83d', 'x']],
  ] as const)('are written as ioredis writes them: %s', (_name, words) => {
    const command = new Command('evalsha', ['0123', 1, ...words])
    expect(encodeWords(['evalsha', '0123', 1, ...words])).toBe(command.toWritable({}))
  })
})
