import { APPEND } from './redis-append-script.js'
import { AUDIT_SCRIPTS } from './redis-audit-scripts.js'
import { EVENT_SCRIPTS } from './redis-event-scripts.js'
import { FINISH } from './redis-finish-script.js'
import { CLAIMED, CLAIM_SCRIPTS, COMPLETE } from './redis-claim-scripts.js'
import { LOGOUT_SCRIPTS } from './redis-logout-scripts.js'
import { READ_SCRIPTS } from './redis-read-scripts.js'
import { CHANGE, CLOCK, FIND, PRELUDE } from './redis-script-parts.js'
import { SCHEMA_SCRIPTS } from './redis-schema-scripts.js'
import { SIDE_SCRIPTS } from './redis-side-scripts.js'

/** ARGV: agent, owner, ttl. */
const TAKE = `
local a, owner = agent_of(ARGV[2]), ARGV[3]
local first = a.list[1]
if not first then return { 'idle' } end
local foreign = a.owner and a.owner ~= owner
if foreign and tonumber(a.till) > now then return { 'held', 0, epoch(), first.raw } end
if foreign and not string.find(read(first).m, 'p', 1, true) then
  first.head.cr = whole((tonumber(first.head.cr) or 0) + 1)
  write(first)
end
local token = grant(a, owner, ARGV[4])
keep(a)
return { 'taken', token, epoch(), first.raw }
`

/** ARGV: id, agent, owner, token, now, '1' for the same attempt. */
const CLAIM_SEND = `
local a = agent_of(ARGV[3])
if not holds(a, ARGV[4], ARGV[5]) then return false end
local index = find(a.list, ARGV[2])
if not index then return false end
local entry, present, before = a.list[index], epoch(), set_of(a.list[1])
local h = read(entry)
if h.e ~= present then return false end
h.s, h.se, h.nx, h.m, h.b = 'sent', ARGV[6], '', string.gsub(h.m, '[pP]', ''), ''
if ARGV[7] ~= '1' then h.n = whole(h.n + 1) end
write(entry)
keep(a)
if index == 1 then rank(a.agent, before, entry) end
return { present, entry.raw }
`

/** ARGV: id, agent, owner, ttl, now, the token that must be the newest one. */
const RETAKE = `
local a = agent_of(ARGV[3])
if a.owner or a.token ~= ARGV[7] then return false end
local entry, present = a.list[1], epoch()
if not entry then return false end
local h, before = read(entry), set_of(entry)
if h.i ~= ARGV[2] or h.s ~= 'retrying' or h.e ~= present then return false end
h.s, h.n, h.se, h.nx, h.m, h.b = 'sent', whole(h.n + 1), ARGV[6], '', string.gsub(h.m, '[pP]', ''), ''
write(entry)
local token = grant(a, ARGV[4], ARGV[5])
keep(a)
rank(a.agent, before, entry)
return { token, present, entry.raw }
`

/** ARGV: id, change, agent ('' without lease), owner, token. */
const SETTLE = `
local id, agent = ARGV[2], ARGV[4]
if agent == '' then
  local seq
  seq, agent = place(id)
  if not seq then return 0 end
end
local a = agent_of(agent)
if ARGV[4] ~= '' and not holds(a, ARGV[5], ARGV[6]) then return 0 end
if not settle(a, id, ARGV[3]) then return 0 end
keep(a)
return 1
`

/** ARGV: id, problem, settledAt, idempotency key ('' for none). For an append whose caller was told 503. */
const UNDO = `${CLAIMED}
local id = ARGV[2]
local claim = ARGV[5]
-- Whoever came again with the key was told of this command: taken back, that would be a lie.
if claim ~= '' then
  local owner, _, _, told = claimed(claim)
  if owner == id and told then return 0 end
end
local seq, agent = place(id)
local a = seq and agent_of(agent)
local index = a and find(a.list, id)
if index then
  local entry, before = a.list[index], set_of(a.list[1])
  local h = read(entry)
  -- Another process has sent it meanwhile: taken back it would be a lie, and so would a second one under its key.
  if h.n ~= '0' and h.b == '' then return 0 end
  if h.b ~= '' and a.token == h.b then free(a) end
  -- What was begun with the acceptance was never sent: nobody learned that it may be.
  h.s, h.n, h.se, h.nx, h.pr = 'cancelled', '0', '', '', ARGV[3]
  archive(a, entry, ARGV[4])
  table.remove(a.list, index)
  keep(a)
  if index == 1 then rank(agent, before, a.list[1]) end
elseif seq then
  return 0
end
if claim ~= '' and claimed(claim) == id then give_back(claim) end
return 1
`

/** ARGV: agent, owner, token, ttl. */
const RENEW = `
local a = agent_of(ARGV[2])
if not holds(a, ARGV[3], ARGV[4]) then return 0 end
a.till = whole(now + tonumber(ARGV[5]))
keep(a)
return 1
`

/** ARGV: agent, owner, token. */
const RELEASE = `
local a = agent_of(ARGV[2])
if holds(a, ARGV[3], ARGV[4]) then
  free(a)
  keep(a)
end
return 1
`

/** What an agent's command goes through: steps that may be made together with those of other agents. */
const STEPS = {
  ctiAppend: APPEND,
  ctiTake: TAKE,
  ctiClaimSend: CLAIM_SEND,
  ctiRetake: RETAKE,
  ctiSettle: SETTLE,
  ctiFinish: FINISH,
  ctiUndo: UNDO,
  ctiRenew: RENEW,
  ctiRelease: RELEASE,
  ctiComplete: COMPLETE,
} as const

/**
 * ARGV: of each step its name, the number of its arguments, and these, its deadline first. Answers the epoch, and of each step its answer or
 * error and the agent's text behind it ('' when it left none). One that fails changes nothing about the others; only a server that is no master any more refuses all of them, because the client looks for
 * the new one when a call as a whole is refused.
 */
const BATCH = `
local steps = { ${Object.entries(STEPS)
  .map(([name, body]) => `${name} = function(ARGV) ${body} end`)
  .join(',\n')} }
local answers, at, last, rows = { epoch() }, 1, #ARGV, 0
count_row = function() rows = rows + 1 end
while at <= last do
  local step, count = steps[ARGV[at]], tonumber(ARGV[at + 1])
  local args = { unpack(ARGV, at + 2, at + 1 + count) }
  at = at + 2 + count
  if now > tonumber(args[1]) then
    answers[#answers + 1] = redis.error_reply('LATE')
    answers[#answers + 1] = ''
  else
    kept = ''
    local fine, answer = pcall(step, args)
    if not fine then
      local text = type(answer) == 'table' and answer.err or tostring(answer)
      if string.find(text, 'READONLY', 1, true) then return redis.error_reply(text) end
      answer, kept = redis.error_reply(text), ''
    end
    answers[#answers + 1] = answer
    answers[#answers + 1] = kept
  end
end
if rows > 0 then redis.call('HINCRBY', P .. 'meta', 'auditRows', rows) end
return answers
`

/** A step by itself answers as `ctiBatch` does. */
const alone = (body: string): string => `local function step(ARGV) ${body} end
local answer = step(ARGV)
return { epoch(), answer, kept }
`

const STEPS_ALONE = Object.fromEntries(Object.entries(STEPS).map(([name, body]) => [name, alone(body)])) as Record<StepScript, string>

/** What may be a step of `ctiBatch`. */
export type StepScript = keyof typeof STEPS

/** Whether it changes no command. */
export const isRead = (script: RedisScript): boolean => script in READ_SCRIPTS

export type RedisScript =
  | 'ctiBatch'
  | StepScript
  | keyof typeof SCHEMA_SCRIPTS
  | keyof typeof READ_SCRIPTS
  | keyof typeof LOGOUT_SCRIPTS
  | keyof typeof SIDE_SCRIPTS
  | keyof typeof EVENT_SCRIPTS
  | keyof typeof AUDIT_SCRIPTS
  | keyof typeof CLAIM_SCRIPTS

const withHelpers = (helpers: string, bodies: Readonly<Record<string, string>>) =>
  Object.entries(bodies).map(([name, body]) => [name, { numberOfKeys: 1, lua: PRELUDE + helpers + body }] as const)

/** Script by name, as ioredis defines commands. */
export const REDIS_SCRIPTS = Object.fromEntries([
  ...withHelpers(FIND + CHANGE, STEPS_ALONE),
  ...withHelpers(FIND + CHANGE, SCHEMA_SCRIPTS),
  ['ctiBatch', { numberOfKeys: 1, lua: CLOCK + FIND + CHANGE + BATCH }],
  ...withHelpers(FIND, READ_SCRIPTS),
  ...withHelpers('', LOGOUT_SCRIPTS),
  ...withHelpers('', SIDE_SCRIPTS),
  ...withHelpers('', EVENT_SCRIPTS),
  ...withHelpers(FIND, AUDIT_SCRIPTS),
  ...withHelpers('', CLAIM_SCRIPTS),
]) as Readonly<Record<RedisScript, { readonly numberOfKeys: number; readonly lua: string }>>
