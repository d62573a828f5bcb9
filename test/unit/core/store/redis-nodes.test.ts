import { describe, expect, it } from 'vitest'
import { readClusterNodes, readSentinelMaster, SLOT } from '../../../../src/core/store/redis-nodes.js'

const line = (address: string, flags: string, epoch: number, ...slots: string[]): string =>
  [`id-${address}`, address, flags, '-', '0', '1700000000000', String(epoch), 'connected', ...slots].join(' ')

describe('what a node of a cluster says', () => {
  it('names the master of our slot, all masters and all nodes', () => {
    const text = [
      line('10.0.0.1:7000@17000,one.example', 'master', 3, '0-5460'),
      line('10.0.0.2:7001@17001,', 'myself,master', 9, '5461', '10923-16383', `[${SLOT}->-id3]`),
      line(':7002@17002', 'slave', 9),
      line('::1:7003@17003', 'master,fail?', 4, '5462-10922'),
      '',
    ].join('\n')
    expect(readClusterNodes(text, 'asked', false)).toEqual({
      master: { host: '10.0.0.2', port: 7001 },
      epoch: 9,
      masters: [
        { host: '10.0.0.1', port: 7000 },
        { host: '10.0.0.2', port: 7001 },
        { host: '::1', port: 7003 },
      ],
      nodes: [
        { host: '10.0.0.1', port: 7000 },
        { host: '10.0.0.2', port: 7001 },
        { host: 'asked', port: 7002 },
        { host: '::1', port: 7003 },
      ],
    })
    expect(readClusterNodes(text, 'asked', true).masters[0]).toEqual({ host: 'one.example', port: 7000 })
  })

  it.each([
    ['it has failed', line('10.0.0.1:7000@17000', 'master,fail', 3, '0-16383')],
    ['it is a replica', line('10.0.0.1:7000@17000', 'slave', 3, '0-16383')],
    ['nobody can reach it', line(':0@0', 'master,noaddr', 3, '0-16383')],
    ['our slot is not its own', line('10.0.0.1:7000@17000', 'master', 3, '0-15144', '15146-16383')],
    ['the answer is no list', 'OK'],
  ])('names no master when %s', (_why, text) => {
    expect(readClusterNodes(text, 'asked', false).master).toBeUndefined()
  })
})

describe('what a sentinel says', () => {
  it('names the master and the epoch of its promotion', () => {
    const answer = ['name', 'm', 'ip', '10.0.0.1', 'port', '6379', 'flags', 'master', 'config-epoch', '7']
    const master = { host: '10.0.0.1', port: 6379 }
    expect(readSentinelMaster(answer)).toEqual({ master, epoch: 7, masters: [master], nodes: [] })
  })

  it.each([[null], ['OK'], [[]], [['ip', '', 'port', '6379']], [['ip', '10.0.0.1', 'port', '0']]])('%j names no master', (answer) => {
    expect(readSentinelMaster(answer).master).toBeUndefined()
  })
})
