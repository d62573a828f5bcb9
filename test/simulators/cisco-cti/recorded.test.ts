/** Every message of vendors/cisco.md section 7 against the simulator: what clients send is sent, what servers send is compared. */
import { afterEach, describe, expect, it } from 'vitest'
import { ciscoCtiSimulator } from '../../../src/simulators/cisco-cti/index.js'
import { decode, encode, floatNumber, floatText } from '../../../src/simulators/cisco-cti/wire.js'
import { runSimulator, type RunningSimulator } from '../../../src/simulators/kit/run.js'
import { message, rawClient, text, u32, type RawClient } from './client.js'

let site: RunningSimulator | undefined
let client: RawClient | undefined

async function start(options: Record<string, string>): Promise<RawClient> {
  site = await runSimulator(ciscoCtiSimulator, { options })
  client = await rawClient(site.simulator.endpoints['side-a']!)
  return client
}

afterEach(async () => {
  client?.end()
  await site?.stop()
  site = undefined
})

const squeeze = (hex: string): string => hex.replaceAll(' ', '')
const NAME = text('CTIOSServer')
const OPEN_V15 = `00000056 00000003 00000001 0000000f 7fffffff 00001388 001c0296 0fffffff 000003ff 00000003 00000000 00000000 00000000 010c${NAME} 020c${NAME} 030c${NAME}`
/** The recorded session: peripheral 5000 on line, 5003 off line. */
const RECORDED = { profile: 'recorded-v15' }

describe('the recorded version-15 session (section 7.1)', () => {
  it('answers OPEN_REQ, then tells peripherals and team, byte for byte', async () => {
    const raw = await start(RECORDED)
    raw.send(OPEN_V15)
    const conf = await raw.next(4)
    const time = conf.body.subarray(16, 20).toString('hex')
    expect(conf.hex).toBe(
      squeeze(`00000028 00000004 00000001 001c0296 00000000 00000004 ${time} 0000 0011 0009 e4020001 d00400001388 e0020000`),
    )
    const online = await raw.next(31)
    const clock = online.body.subarray(4, 8).toString('hex')
    expect(online.hex).toBe(squeeze(`0000001a 0000001f 00000004 ${clock} 00000003 00001388 00000000 00000000 ffff`))
    expect((await raw.next(31)).hex).toBe(squeeze(`0000001a 0000001f 00000004 ${clock} 00000004 0000138b 00000000 00000000 ffff`))
    const team = await raw.next(128)
    expect(team.hex.slice(0, -8)).toBe(squeeze('0000001e 00000080 00001388 00001388 0001 0001 5602 3100 5702 0001 5802 0001 5904'))
    expect(Math.abs(team.body.readUInt32BE(team.body.length - 4) - 0x1b8a05)).toBeLessThan(5)
  })

  it('understands the messages of the client and answers them', async () => {
    const raw = await start(RECORDED)
    raw.send(OPEN_V15)
    await raw.next(4)
    raw.send('0000000a 000000e6 00001388 830400000000')
    expect((await raw.next(231)).body.readUInt32BE(0)).toBe(0)
    raw.send('0000000e 000000e8 00000006 00001388 830400000000')
    expect((await raw.next(233)).body.toString('hex').slice(0, 12)).toBe('000100000006')
    expect((await raw.next(236)).body.readUInt16BE(0)).toBe(3)
    expect((await raw.next(237)).body.readUInt16BE(0)).toBe(2)
    expect((await raw.next(234)).hex).toBe(squeeze('00000004 000000ea 00000000'))
    raw.send(`0000001e 00000020 0000000b 0000 0702 3100 4212${text('CTIOS_NUM_CLIENTS')}`)
    expect((await raw.next(33)).hex).toBe(squeeze('00000004 00000021 0000000b'))
    raw.send('0000001b 00000024 0000000c 00001388 00000000 00000000 0502 3200 0605 3130303000')
    const query = await raw.next(37)
    expect(query.hex.slice(0, 2 * (8 + 48))).toBe(
      squeeze(
        '0000006c 00000025 0000000c 0001 0003 00000001 00000000 0000 00000000 0000138f 00000000 0502 3200 0405 3130303000 0605 3130303000',
      ),
    )
    expect(query.body.subarray(48, 56).toString('hex')).toMatch(/^3e04........3f04$/)
    raw.send(message(131, `${u32(13)}00001388 0502 3200`))
    expect((await raw.next(132)).hex).toBe(
      squeeze(
        `00000043 00000084 0000000d 00001388 00000200 00000001 00000001 ffffffff ffffffff ffffffff ${'00000000'.repeat(6)} 00001c20 00000000 5d01 00`,
      ),
    )
  })
})

describe('the version-20 samples (section 7.3)', () => {
  const OPEN_V20 =
    '000000030403020100000014ffffffff020304050000001000006000000002080000000000000000000000000000000000010009436c69656e744944000002000000030010436c69656e745369676e6174757265000004000533303031000005000535313031000006000533303031000061000403040506'

  it('understands what a client sends', async () => {
    const raw = await start({ peripheralId: String(0x02030405) })
    const sized = (hex: string) => u32(hex.length / 2 - 4) + hex
    raw.send(sized(OPEN_V20))
    const conf = await raw.next(4)
    expect([conf.body.readUInt32BE(0), conf.body.readUInt32BE(4)]).toEqual([0x04030201, 0x10])
    expect(conf.body.subarray(30).toString('hex')).toBe('00e40002000100d000040203040500e000020000')
    raw.send(sized('000000200304050300010042000b4f626a6563744e616d6500000700055465787400'))
    expect((await raw.next(33)).body.readUInt32BE(0)).toBe(0x03040503)
    raw.send(sized('0000000502030405'))
    expect((await raw.next(6)).hex).toBe('000000040000000602030405')
    raw.send(sized('000000070405060700000062'))
    expect((await raw.next(8)).hex).toBe('000000040000000804050607')
    await expect.poll(() => raw.closed).toBe(true)
  })

  it.each([
    ['OPEN_REQ', OPEN_V20, 2],
    [
      'OPEN_CONF',
      '0000000401020304000000100203040500000013040506070001001100030506070800040005333030310000050005313030310000060005333030310000e40002050600e000020000',
      0,
    ],
    [
      'AGENT_STATE_EVENT',
      '0000001e0102030402030405030405060011000704050607060708090708090a0809000a090a090a0b0c0a0b0c0d000009080706080706050000000107060b0c0d0e00030010436c69656e745369676e6174757265000005000531303031000004000533303031000006000533303031000096000406050403007b0002000400f4000400000001003e00040708090a003f000408090a0b00400002090a004100020007',
      0,
    ],
    [
      'SYSTEM_EVENT',
      '0000001f00000003010203040000000502030405030405060405060700460007001053797374656d4576656e74546578740000ce000e4576656e74446576696365494400',
      0,
    ],
    ['FAILURE_CONF', '000000010102030400000061', 0],
    ['FAILURE_EVENT', '0000000200000011', 0],
    ['CLOSE_CONF', '0000000803040506', 0],
  ])('reads %s and writes it again byte for byte', (_name, hex) => {
    const bytes = Buffer.from(hex, 'hex')
    const type = bytes.readUInt32BE(0)
    const read = decode(type, bytes.subarray(4), 20)
    const floats = read.floats.map(({ tag, data }) => [tag, data] as const)
    expect(encode(type, read.fields, floats, 20).subarray(4).toString('hex')).toBe(hex)
  })

  it('reads the stated values of AGENT_STATE_EVENT', () => {
    const hex =
      '0102030402030405030405060011000704050607060708090708090a0809000a090a090a0b0c0a0b0c0d000009080706080706050000000107060b0c0d0e00030010436c69656e745369676e6174757265000005000531303031000004000533303031000006000533303031000096000406050403007b0002000400f4000400000001003e00040708090a003f000408090a0b00400002090a004100020007'
    const read = decode(30, Buffer.from(hex, 'hex'), 20)
    expect(read.fields).toEqual({
      MonitorID: 0x01020304,
      PeripheralID: 0x02030405,
      SessionID: 0x03040506,
      PeripheralType: 17,
      SkillGroupState: 7,
      StateDuration: 0x04050607,
      SkillGroupNumber: 0x06070809,
      SkillGroupID: 0x0708090a,
      SkillGroupPriority: 0x0809,
      AgentState: 10,
      EventReasonCode: 0x090a,
      MRDID: 0x090a0b0c,
      NumTasks: 0x0a0b0c0d,
      AgentMode: 0,
      MaxTaskLimit: 0x09080706,
      ICMAgentID: 0x08070605,
      AgentAvailabilityStatus: 1,
      NumFltSkillGroups: 0x0706,
      DepartmentID: 0x0b0c0d0e,
    })
    expect([floatText(read, 5), floatText(read, 6), floatNumber(read, 123), floatNumber(read, 244)]).toEqual(['1001', '3001', 4, 1])
  })
})
