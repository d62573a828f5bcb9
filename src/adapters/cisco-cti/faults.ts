import { CtiError, type Effect, type ErrorCode, type RetryClass } from '../../core/model/error.js'
import { CF, E_CTI, PERERR, type MessageOf } from './codec/index.js'

/** What was asked when the failure came: the same number means different things. */
export type Asked = 'login' | 'change' | 'query'

interface Fault {
  readonly code: ErrorCode
  /** Only for these requests; missing: all. */
  readonly asked?: readonly Asked[]
  readonly numbers: readonly number[]
  readonly effect?: Effect
  readonly retry?: RetryClass
}

const row = (code: ErrorCode, numbers: readonly number[], more: Omit<Fault, 'code' | 'numbers'> = {}): Fault => ({ code, numbers, ...more })
const NO_EFFECT = { effect: 'none' } as const
/** A wrong setting or a bug of ours: nothing happened, and nothing will by trying again. */
const OURS = { effect: 'none', retry: 'never' } as const

/** PeripheralErrorCode → ours; looked at before the failure code, which is mostly the general 22 (sections 1.9, 6.3). */
export const PERIPHERAL_FAULTS: readonly Fault[] = [
  row('NOT_LOGGED_IN', [10101]),
  row('ALREADY_LOGGED_IN', [10102]),
  row('DEVICE_INVALID', [10004, 10125, 20065, 20119]),
  row('VENDOR_BUSY', [10104]),
  // Section 1.9 only: the agent is being offered a call; section 6.3 has no row for it.
  row('OFFER_PENDING', [10106]),
  row('INVALID_TRANSITION', [10103, 10108, 10111, 10112]),
  row('VENDOR_UNAVAILABLE', [20512, 20513], NO_EFFECT),
  row('VENDOR_TIMEOUT', [20001]),
]

/** FailureCode of CONTROL_FAILURE_CONF → ours (section 6.3; names of section 1.9). */
export const CONTROL_FAULTS: readonly Fault[] = [
  row('CREDENTIALS_INVALID', [256, 257, 258], { asked: ['login'] }),
  row('AGENT_NOT_FOUND', [256], { asked: ['change', 'query'] }),
  // Section 4.3: NOT_READY of an agent who is logged out is answered with 257.
  row('NOT_LOGGED_IN', [257, 258], { asked: ['change'] }),
  row('ALREADY_LOGGED_IN', [259]),
  row('DEVICE_INVALID', [12, 260, 261, 287, 288]),
  row('DEVICE_IN_USE', [283, 293]),
  row('INVALID_TRANSITION', [2, 21, 22, 265, 280]),
  row('REASON_REQUIRED', [281]),
  row('REASON_INVALID', [266]),
  row('VENDOR_REJECTED', [262, 263, 264]),
  row('VENDOR_FORBIDDEN', [8, 9, 10, 19]),
  row('ACCOUNT_LOCKED', [289]),
  row('VENDOR_BUSY', [31, 32, 33, 44]),
  row('VENDOR_UNAVAILABLE', [34, 36, 1006, 1015], NO_EFFECT),
  row('VENDOR_TIMEOUT', [78]),
  row('VENDOR_PROTOCOL', [72, 73, 74, 75, 1004, 1010], OURS),
]

/** Status of FAILURE_CONF → ours (section 6.3; names of section 1.8). */
export const STATUS_FAULTS: readonly Fault[] = [
  row('AGENT_NOT_FOUND', [8]),
  row('NOT_LOGGED_IN', [9]),
  row('DEVICE_IN_USE', [10]),
  row('VENDOR_FORBIDDEN', [12]),
  row('VENDOR_UNAVAILABLE', [4, 15, 92, 107, 110], NO_EFFECT),
  row('VENDOR_TIMEOUT', [16, 17]),
  row('DEVICE_INVALID', [32]),
  row('VENDOR_AUTH', [36]),
  row('INVALID_TRANSITION', [38]),
  row('VENDOR_REJECTED', [39]),
  row('VENDOR_PROTOCOL', [1, 2, 3, 5, 6, 7, 18, 19, 20, 21, 22, 23, 24, 25, 26, 48, 49, 50], OURS),
]

function find(table: readonly Fault[], number: number, asked: Asked): Fault | undefined {
  return table.find((fault) => fault.numbers.includes(number) && (fault.asked === undefined || fault.asked.includes(asked)))
}

/** PeripheralErrorCode is unsigned on the wire; 0 and -1 say nothing. */
function peripheralCode(raw: number | undefined): number | undefined {
  return raw === undefined || raw === 0 || raw === 0xffff_ffff ? undefined : raw
}

export type FailureAnswer = MessageOf<'FAILURE_CONF'> | MessageOf<'CONTROL_FAILURE_CONF'>

/**
 * The failure that an answer tells, with raw numbers and names: they are what a Cisco support desk recognises.
 * A refusal without a row of its own is VENDOR_REJECTED: the vendor answered, so nothing was done.
 */
export function faultOf(answer: FailureAnswer, asked: Asked): CtiError {
  const control = answer.message === 'CONTROL_FAILURE_CONF'
  const number = control ? answer.FailureCode : (answer.Status ?? answer.FailureCode ?? 0)
  const peripheral = peripheralCode(answer.PeripheralErrorCode)
  const special = control ? CONTROL_FAULTS.find((fault) => fault.asked !== undefined && find([fault], number, asked)) : undefined
  const found =
    special ??
    (peripheral === undefined ? undefined : find(PERIPHERAL_FAULTS, peripheral, asked)) ??
    find(control ? CONTROL_FAULTS : STATUS_FAULTS, number, asked)
  const prefix = control ? 'CF' : 'E_CTI'
  const name = `${prefix}_${(control ? CF : E_CTI)[number] ?? 'UNKNOWN'}`
  return new CtiError(found?.code ?? 'VENDOR_REJECTED', {
    detail:
      peripheral === undefined
        ? `CTI Server: ${number} ${name}`
        : `CTI Server: ${number} ${name}, peripheral ${peripheral} ${peripheralName(peripheral)}`,
    fault: {
      system: 'cti-server',
      code: peripheral === undefined ? `${prefix} ${number}` : `${prefix} ${number}, PERERR ${peripheral}`,
      name: peripheral === undefined ? name : `${name}, ${peripheralName(peripheral)}`,
      requestId: String(answer.InvokeID),
    },
    ...(found?.effect !== undefined && { effect: found.effect }),
    ...(found?.retry !== undefined && { retry: found.retry }),
  })
}

function peripheralName(code: number): string {
  return `PERERR_${PERERR[code] ?? 'UNKNOWN'}`
}

/** Numbers after which a LOGOUT has nothing more to do (section 6.2): the agent is out. */
export function isAlreadyOut(answer: FailureAnswer): boolean {
  return answer.PeripheralErrorCode === 10101 || (answer.message === 'FAILURE_CONF' && (answer.Status ?? answer.FailureCode) === 9)
}

/** Refusals for which ForcedFlag 1 is the last resort, as "CF/PERERR" (section 6.2); undefined for all others. */
export function stateRefusal(answer: FailureAnswer): string | undefined {
  if (answer.message !== 'CONTROL_FAILURE_CONF') return undefined
  const { FailureCode: failure, PeripheralErrorCode: peripheral } = answer
  return failure === 22 || peripheral === 10108 || peripheral === 10112 ? `${failure}/${peripheral}` : undefined
}
