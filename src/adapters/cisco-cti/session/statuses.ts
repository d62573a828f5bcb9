/** What the status of a refused OPEN_REQ means for the session (vendors/cisco.md sections 1.8 and 1.11). Pure. */

export const CLIENT_CLOSES = 0
/** E_CTI_CTI_SERVER_OFFLINE: also the status of a CLOSE_REQ that the server's own wish causes. */
export const SERVER_OFFLINE = 15
/** E_CTI_SERVER_IN_MAINTENANCE_MODE. */
export const MAINTENANCE_SWITCH = 110

export type OpeningFailure = 'next-version' | 'other-side' | 'back-off' | 'refused'

const MEANING: Readonly<Record<number, OpeningFailure>> = {
  // Version: 1 by the guide; the others are what a server says that reads a newer header form as its own.
  1: 'next-version', // INVALID_VERSION
  2: 'next-version', // INVALID_MESSAGE_LENGTH
  3: 'next-version', // INVALID_FIELD_TAG
  6: 'next-version', // REQUIRED_DATA_MISSING
  23: 'next-version', // INVALID_FIELD_LENGTH
  25: 'next-version', // BAD_MESSAGE_FORMAT
  26: 'next-version', // INVALID_TAG_FOR_MSG_TYPE
  48: 'next-version', // INVALID_MSG_TYPE_FOR_VERSION
  49: 'next-version', // INVALID_TAG_FOR_VERSION
  // Standby and maintenance: the other side is the right one.
  15: 'other-side', // CTI_SERVER_OFFLINE
  92: 'other-side', // SERVER_NOT_MASTER
  107: 'other-side', // INVALID_CLIENT_FOR_STANDBY
  110: 'other-side', // SERVER_IN_MAINTENANCE_MODE
  // Somebody else is connected as this client: do not fight.
  11: 'back-off', // NEW_SESSION_OPENED
}

/** `moreVersions`: is there an older version that was not refused yet? */
export function openingFailure(status: number, moreVersions: boolean): OpeningFailure {
  const meaning = MEANING[status] ?? 'refused'
  return meaning === 'next-version' && !moreVersions ? 'refused' : meaning
}
