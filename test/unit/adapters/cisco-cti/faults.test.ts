import { describe, expect, it } from 'vitest'
import { CF, E_CTI, PERERR } from '../../../../src/adapters/cisco-cti/codec/index.js'
import {
  CONTROL_FAULTS,
  faultOf,
  isAlreadyOut,
  PERIPHERAL_FAULTS,
  stateRefusal,
  STATUS_FAULTS,
  type Asked,
} from '../../../../src/adapters/cisco-cti/faults.js'

const control = (FailureCode: number, PeripheralErrorCode = 0) =>
  ({ message: 'CONTROL_FAILURE_CONF', InvokeID: 9, FailureCode, PeripheralErrorCode }) as const
const failure = (Status: number) => ({ message: 'FAILURE_CONF', InvokeID: 9, Status }) as const

/** Section 6.3 of the vendor notes, written out once more: number → our code. */
const EXPECTED: readonly [kind: 'CF' | 'E' | 'PERERR', numbers: readonly number[], asked: Asked, code: string][] = [
  ['CF', [256, 257, 258], 'login', 'CREDENTIALS_INVALID'],
  ['CF', [259], 'login', 'ALREADY_LOGGED_IN'],
  ['PERERR', [10102], 'login', 'ALREADY_LOGGED_IN'],
  ['CF', [260, 261, 287, 288, 12], 'login', 'DEVICE_INVALID'],
  ['CF', [283, 293], 'login', 'DEVICE_IN_USE'],
  ['PERERR', [10004, 10125], 'login', 'DEVICE_INVALID'],
  ['E', [32], 'login', 'DEVICE_INVALID'],
  ['CF', [21, 22, 265, 2], 'change', 'INVALID_TRANSITION'],
  ['PERERR', [10108, 10111, 10112, 10103], 'change', 'INVALID_TRANSITION'],
  ['CF', [281], 'change', 'REASON_REQUIRED'],
  ['CF', [266], 'change', 'REASON_INVALID'],
  ['CF', [280], 'change', 'INVALID_TRANSITION'],
  ['CF', [262, 263, 264], 'login', 'VENDOR_REJECTED'],
  ['E', [39], 'login', 'VENDOR_REJECTED'],
  ['CF', [8, 9, 10, 19], 'change', 'VENDOR_FORBIDDEN'],
  ['E', [12], 'change', 'VENDOR_FORBIDDEN'],
  ['CF', [289], 'login', 'ACCOUNT_LOCKED'],
  ['E', [9], 'change', 'NOT_LOGGED_IN'],
  ['PERERR', [10101], 'change', 'NOT_LOGGED_IN'],
  ['CF', [33, 32, 31, 44], 'change', 'VENDOR_BUSY'],
  ['PERERR', [10104], 'change', 'VENDOR_BUSY'],
  ['CF', [34, 36, 1006, 1015], 'change', 'VENDOR_UNAVAILABLE'],
  ['E', [15, 92, 107, 110], 'change', 'VENDOR_UNAVAILABLE'],
  ['CF', [78], 'change', 'VENDOR_TIMEOUT'],
  ['E', [16, 17], 'change', 'VENDOR_TIMEOUT'],
  ['E', [1, 3, 6, 19, 20, 21, 22, 23, 24, 25, 26], 'change', 'VENDOR_PROTOCOL'],
  ['CF', [72, 73, 74, 75, 1004, 1010], 'change', 'VENDOR_PROTOCOL'],
  ['CF', [0, 70, 268, 4711], 'change', 'VENDOR_REJECTED'],
  ['E', [63, 200], 'change', 'VENDOR_REJECTED'],
]

describe('failures', () => {
  it.each(EXPECTED)('%s %j of a %s is %s', (kind, numbers, asked, code) => {
    for (const number of numbers) {
      const answer = kind === 'E' ? failure(number) : kind === 'CF' ? control(number) : control(22, number)
      expect(faultOf(answer, asked)).toMatchObject({ code })
    }
  })

  it('keep raw numbers and names', () => {
    expect(faultOf(control(22, 10112), 'change').fault).toEqual({
      system: 'cti-server',
      code: 'CF 22, PERERR 10112',
      name: 'CF_INVALID_OBJECT_STATE, PERERR_TELDRIVE_CANTLOGOUTFROMCURRENTSTATE',
      requestId: '9',
    })
    expect(faultOf(failure(9), 'change').fault).toMatchObject({ code: 'E_CTI 9', name: 'E_CTI_AGENT_NOT_LOGGED_ON' })
    expect(faultOf(control(4711, 0xffff_ffff), 'change').fault).toMatchObject({ code: 'CF 4711', name: 'CF_UNKNOWN' })
  })

  it('the same number means another thing for another request', () => {
    expect(faultOf(control(257, 10108), 'change').code).toBe('NOT_LOGGED_IN')
    expect(faultOf(control(256), 'query').code).toBe('AGENT_NOT_FOUND')
    expect(faultOf(control(257), 'login').code).toBe('CREDENTIALS_INVALID')
  })

  it('a refusal has no effect; only a time-out may have one', () => {
    for (const [number] of Object.entries(CF)) {
      const { code, effect } = faultOf(control(Number(number)), 'change')
      expect(effect, number).toBe(code === 'VENDOR_TIMEOUT' ? 'unknown' : 'none')
    }
    for (const [number] of Object.entries(E_CTI)) {
      const { code, effect } = faultOf(failure(Number(number)), 'change')
      expect(effect, number).toBe(code === 'VENDOR_TIMEOUT' ? 'unknown' : 'none')
    }
  })

  it('every number in the tables has a name, and stands once per kind of request', () => {
    for (const [table, names] of [
      [CONTROL_FAULTS, CF],
      [STATUS_FAULTS, E_CTI],
      [PERIPHERAL_FAULTS, PERERR],
    ] as const) {
      const seen = new Set<string>()
      for (const row of table) {
        for (const number of row.numbers) {
          expect(names[number], String(number)).toBeDefined()
          for (const asked of row.asked ?? ['any']) {
            expect(seen.has(`${number}|${asked}`), `${number} ${asked}`).toBe(false)
            seen.add(`${number}|${asked}`)
          }
        }
      }
    }
  })

  it('10101 and status 9 are a logout that has been done', () => {
    expect(isAlreadyOut(control(22, 10101))).toBe(true)
    expect(isAlreadyOut(failure(9))).toBe(true)
    expect(isAlreadyOut({ message: 'FAILURE_CONF', InvokeID: 1, FailureCode: 9, PeripheralErrorCode: 0 })).toBe(true)
    expect(isAlreadyOut(control(22, 10112))).toBe(false)
  })

  it('22, 10108 and 10112 are the refusals that ForcedFlag is for', () => {
    expect([control(22), control(2, 10108), control(22, 10112)].map(stateRefusal)).toEqual(['22/0', '2/10108', '22/10112'])
    expect([control(281), failure(22)].map(stateRefusal)).toEqual([undefined, undefined])
  })
})
