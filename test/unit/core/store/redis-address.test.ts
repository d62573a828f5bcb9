import { describe, expect, it } from 'vitest'
import { configSchema } from '../../../../src/config.js'
import { parseRedisAddress } from '../../../../src/core/store/redis-address.js'

const local = (port: number): object => ({ host: '127.0.0.1', port })

describe('the address of a Redis', () => {
  it.each([
    ['redis://127.0.0.1', { kind: 'single', where: '127.0.0.1:6379' }],
    ['rediss://user:p%40ss@redis.example:7000/3', { kind: 'single', where: 'redis.example:7000/3' }],
    [
      'redis+sentinel://127.0.0.1:26380,127.0.0.1/mymaster',
      { kind: 'sentinel', sentinels: [local(26380), local(26379)], master: 'mymaster', db: 0, tls: false, sentinelLogin: {} },
    ],
    [
      'rediss+sentinel://:p%2F%40%3A@[::1]:1,b.example/my%20master?db=5&sentinelUsername=s&sentinelPassword=q%26',
      {
        kind: 'sentinel',
        sentinels: [
          { host: '::1', port: 1 },
          { host: 'b.example', port: 26379 },
        ],
        master: 'my master',
        db: 5,
        tls: true,
        password: 'p/@:',
        sentinelLogin: { username: 's', password: 'q&' },
        where: 'my master of Sentinel [::1]:1, b.example:26379',
      },
    ],
    ['redis+sentinel://a/m', { kind: 'sentinel', replicas: 1 }],
    ['redis+sentinel://a/m?replicas=0&db=1', { kind: 'sentinel', replicas: 0, db: 1 }],
    ['redis+cluster://a', { kind: 'cluster', replicas: 0 }],
    ['redis+cluster://a,b?replicas=2', { kind: 'cluster', replicas: 2 }],
    ['redis+cluster://127.0.0.1,127.0.0.1:7001', { kind: 'cluster', nodes: [local(6379), local(7001)], tls: false }],
    [
      'rediss+cluster://me:a@b@127.0.0.1:7001',
      { kind: 'cluster', nodes: [local(7001)], tls: true, username: 'me', password: 'a@b', where: 'cluster 127.0.0.1:7001' },
    ],
  ])('%s is understood', (text, expected) => {
    expect(parseRedisAddress(text)).toMatchObject(expected)
    expect(configSchema.safeParse({ engine: text }).success).toBe(true)
  })

  it.each([
    ['redis://', 'host is missing'],
    ['redis://:hunter2@host:99999', 'cannot be read'],
    ['redis://user:hunter2@host/hunter2', 'database is not a number'],
    ['redis+sentinel://:hunter2@a:1,b:2', 'name of Sentinel'],
    ['redis+sentinel://:hunter2@a:1,b:2/', 'name of Sentinel'],
    ['redis+sentinel://:hunter2@a:1,,b/m', 'address 2 of the list'],
    ['redis+sentinel://:hunter2@a:70000/m', 'address 1 of the list'],
    ['redis+sentinel://:hunter2@a/m?db=x', 'database is not a number'],
    ['redis+sentinel://:hunter2@a/m?hunter2=1', 'known options are db'],
    ['redis+sentinel://:%zz@a/m', '%-encoding is broken'],
    ['redis+cluster://:hunter/2@a:7000', 'no databases'],
    ['redis+cluster://:hunter2@a:7000/0', 'no databases'],
    ['redis+cluster://', 'address 1 of the list'],
    ['redis+sentinel://:hunter2@a/m?replicas=two', 'not a number from 0 to 9'],
    ['redis+cluster://:hunter2@a?replicas=10', 'not a number from 0 to 9'],
    ['redis+cluster://:hunter2@a?db=1', 'known options are replicas'],
    ['redis+proxy://:hunter2@a', 'cannot be read'],
  ])('%s is refused without a word of it', (text, expected) => {
    const told = (): unknown => {
      try {
        return parseRedisAddress(text)
      } catch (error) {
        return error
      }
    }
    const error = told() as Error
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toContain(expected)
    expect(`${error.message} ${JSON.stringify(error)} ${JSON.stringify(Object.getOwnPropertyDescriptors(error))}`).not.toMatch(/hunter/)
  })

  it('is nothing that the configuration lets through when it is of another kind', () => {
    expect(configSchema.safeParse({ engine: 'redis+proxy://a' }).success).toBe(false)
  })
})
