import { AUDIT_SCRIPTS } from './redis-audit-scripts.js'
import { EVENT_SCRIPTS } from './redis-event-scripts.js'
import { CLAIMED, CLAIM_SCRIPTS, COMPLETE } from './redis-claim-scripts.js'
import { LOGOUT_SCRIPTS } from './redis-logout-scripts.js'
import { READ_SCRIPTS } from './redis-read-scripts.js'
import { CHANGE, CLOCK, FIND, PRELUDE } from './redis-script-parts.js'
import { SCHEMA_SCRIPTS } from './redis-schema-scripts.js'
import { SIDE_SCRIPTS } from './redis-side-scripts.js'

/**
 * ARGV: id, agent, class, channel ('' or '='..name), acceptedAt, body, relations (letters, redis-codec.ts), idempotency key ('' for none), fingerprint,
 * ttl, owner that begins it ('' or '='..owner), lease's ttl.
 */
const APPEND = `${CLAIMED}
local id, agent, class, channel, at, body = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local claim = ARGV[9]
local a, replaced, refused = agent_of(agent), {}, nil
if a.list[1] then
  local relations = ARGV[8]
  for _, older in ipairs(a.list) do
    local its_id, its_class, its_channel = string.match(older.raw, '^%d+ (%S+) %S+ %S+ %S+ (%S+) (%S*)')
    local scope = CLASSES[its_class] + (its_channel == channel and 1 or its_channel == '' and 2 or 3)
    local relation = string.sub(relations, scope, scope)
    if relation == 'x' then refused = its_id
    elseif relation == 'r' then replaced[#replaced + 1] = older
    else replaced = {} end
  end
end
-- Not before everything has been read: a step that fails by then has written nothing, and leaves no key that leads nowhere.
if claim ~= '' then
  local owner, print, response, told
  if refused then owner, print, response, told = claimed(claim)
  else owner, print, response, told = claim_for(claim, id, ARGV[10], tonumber(ARGV[11])) end
  if owner then
    if print == ARGV[10] and not told then tell_of(claim) end
    return { 'known', owner, print == ARGV[10] and '1' or '0', response }
  end
end
if refused then return { 'refused', refused } end
local seq = whole(a.seq + 1)
if redis.call('HSETNX', part(id), id, seq .. ' ' .. agent) == 0 then
  give_back(claim)
  return redis.error_reply('DUPLICATE')
end
local answer, gone = { 'accepted', tonumber(seq), 0 }, {}
-- Whatever waits is older than what is replaced: if the head is gone, so is everything behind it.
local alone = #replaced == #a.list
local before = alone and set_of(a.list[1])
for _, older in ipairs(replaced) do
  local h = read(older)
  h.s, h.nx, gone[older] = 'superseded', '', true
  archive(a, older, at, id)
  answer[#answer + 1] = h.i
end
local list = {}
for _, older in ipairs(a.list) do
  if not gone[older] then list[#list + 1] = older end
end
local head = seq .. ' ' .. id .. ' '
local described = ' ' .. at .. ' ' .. class .. ' ' .. channel .. ' ' .. epoch() .. ' '
if ARGV[12] ~= '' and alone and not a.owner then
  answer[3] = grant(a, string.sub(ARGV[12], 2), ARGV[13])
  head = head .. 'sent 1' .. described .. at .. '    ' .. a.token .. ' '
else
  head = head .. 'accepted 0' .. described .. '     '
end
list[#list + 1] = { raw = head .. '\\n' .. body }
a.seq, a.list = seq, list
keep(a)
redis.call('ZADD', P .. 'backlog', at, id)
tell(id, at)
if alone then rank(agent, before, { head = { nx = '', se = '', at = at } }) end
return answer
`

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

/** As SETTLE, then now. Answers whether it was settled; and epoch and record of the next command when the lease is kept for it. */
const FINISH = `
local a = agent_of(ARGV[4])
if not holds(a, ARGV[5], ARGV[6]) then return { 0 } end
local settled = settle(a, ARGV[2], ARGV[3]) and 1 or 0
local first = a.list[1]
if first then
  local at = read(first).nx
  if at == '' or tonumber(at) <= tonumber(ARGV[7]) then
    if settled == 1 then keep(a) end
    return { settled, epoch(), first.raw }
  end
end
free(a)
keep(a)
return { settled }
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
 * ARGV: of each step its name, the number of its arguments, and these, its deadline first. Answers each one's answer or error. One that
 * fails changes nothing about the others; only a server that is no master any more refuses all of them, because the client looks for
 * the new one when a call as a whole is refused.
 */
const BATCH = `
local steps = { ${Object.entries(STEPS)
  .map(([name, body]) => `${name} = function(ARGV) ${body} end`)
  .join(',\n')} }
local answers, at, last, rows = {}, 1, #ARGV, 0
count_row = function() rows = rows + 1 end
while at <= last do
  local step, count = steps[ARGV[at]], tonumber(ARGV[at + 1])
  local args = { unpack(ARGV, at + 2, at + 1 + count) }
  at = at + 2 + count
  if now > tonumber(args[1]) then
    answers[#answers + 1] = redis.error_reply('LATE')
  else
    local fine, answer = pcall(step, args)
    if not fine then
      local text = type(answer) == 'table' and answer.err or tostring(answer)
      if string.find(text, 'READONLY', 1, true) then return redis.error_reply(text) end
      answer = redis.error_reply(text)
    end
    answers[#answers + 1] = answer
  end
end
if rows > 0 then redis.call('HINCRBY', P .. 'meta', 'auditRows', rows) end
return answers
`

const WRITES = { ...STEPS, ...SCHEMA_SCRIPTS } as const

/** May it be a step of `ctiBatch`? */
export const isBatched = (script: RedisScript): boolean => script in STEPS

/** Whether it changes no command. */
export const isRead = (script: RedisScript): boolean => script in READ_SCRIPTS

export type RedisScript =
  | 'ctiBatch'
  | keyof typeof WRITES
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
  ...withHelpers(FIND + CHANGE, WRITES),
  ['ctiBatch', { numberOfKeys: 1, lua: CLOCK + FIND + CHANGE + BATCH }],
  ...withHelpers(FIND, READ_SCRIPTS),
  ...withHelpers('', LOGOUT_SCRIPTS),
  ...withHelpers('', SIDE_SCRIPTS),
  ...withHelpers('', EVENT_SCRIPTS),
  ...withHelpers(FIND, AUDIT_SCRIPTS),
  ...withHelpers('', CLAIM_SCRIPTS),
]) as Readonly<Record<RedisScript, { readonly numberOfKeys: number; readonly lua: string }>>
