/** What somebody does in a conversation, as the seed "Force Logout Agent" tells it apart. */
export const PARTICIPANT_ROLES = ['customer', 'primary', 'secondary', 'silent monitoring', 'whisper', 'barge-in'] as const
export type ParticipantRole = (typeof PARTICIPANT_ROLES)[number]
