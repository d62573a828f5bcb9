import { AUDIT_SCRIPTS } from './redis-audit-scripts.js'
import { EVENT_SCRIPTS } from './redis-event-scripts.js'
import { CLAIMED, CLAIM_SCRIPTS, COMPLETE } from './redis-claim-scripts.js'
import { LOGOUT_SCRIPTS } from './redis-logout-scripts.js'
import { READ_SCRIPTS } from './redis-read-scripts.js'
import { CHANGE, CLOCK, FIND, PRELUDE } from './redis-script-parts.js'
import { SCHEMA_SCRIPTS } from './redis-schema-scripts.js'
import { SIDE_SCRIPTS } from './redis-side-scripts.js'

/**
 * ARGV: id, agent, class, channel ('' or '='..name), acceptedAt, body, relations, idempotency key ('' for none), fingerprint,
 * ttl, owner that begins it ('' or '='..owner), lease's ttl.
 */
const APPEND = `${CLAIMED}
local id, agent, class, channel, at, body = ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]
local claim = ARGV[9]
if claim ~= '' then
  local owner, print, response, told = claimed(claim)
  if owner then
    if print == ARGV[10] and not told then tell_of(claim) end
    return { 'known', owner, print == ARGV[10] and '1' or '0', response }
  end
end
local list, stay, replaced, refused = opens(agent), {}, {}, nil
local before = set_of(list[1])
if list[1] then
  local relations = cjson.decode(ARGV[8])
  for _, older in ipairs(list) do
    local scope = 'channel'
    if read(older).ch == channel then scope = 'same' elseif older.head.ch == '' then scope = 'agent' end
    local relation = relations[older.head.cl .. '|' .. scope] or 'waits'
    if relation == 'refused' then refused = older.head.i end
    if relation == 'waits' then replaced = {} end
    if relation == 'replaces' then replaced[#replaced + 1] = older end
  end
end
if refused then return { 'refused', refused } end
local state = redis.call('HMGET', P .. 'a:' .. agent, 'seq', 'token', 'owner', 'lo')
local seq = whole((tonumber(state[1]) or 0) + 1)
if redis.call('HSETNX', part(id), id, seq .. ' ' .. agent) == 0 then return redis.error_reply('DUPLICATE') end
local answer = { 'accepted', tonumber(seq), 0 }
for _, older in ipairs(replaced) do
  older.head.s, older.head.st, older.head.sb, older.head.nx = 'superseded', at, id, nil
  archive(agent, older, state[4])
  answer[#answer + 1] = older.head.i
end
local state_of_it = '"s":"accepted","n":0'
-- Whatever waits is older than what is replaced: if the head is gone, so is everything behind it.
local alone = #replaced == #list
if ARGV[12] ~= '' and alone and not state[3] then
  local token = grant(agent, string.sub(ARGV[12], 2), ARGV[13], state[2], 'seq', seq)
  state_of_it = '"s":"sent","n":1,"se":' .. ARGV[6] .. ',"b":' .. whole(token)
  answer[3] = token
else
  redis.call('HSET', P .. 'a:' .. agent, 'seq', seq)
end
-- The head as cjson would write it, but for the price of its numbers: class and id have no letters that JSON would write otherwise.
local head = '{"i":"' .. id .. '","q":' .. seq .. ',' .. state_of_it .. ',"at":' .. ARGV[6] .. ',"cl":"' .. class .. '","ch":'
  .. cjson.encode(channel) .. ',"e":' .. cjson.encode(epoch()) .. '}'
redis.call('HSET', P .. 'w:' .. agent, seq, head .. '\\n' .. body)
redis.call('ZADD', P .. 'backlog', ARGV[6], id)
tell(id, ARGV[6])
if alone then rank(agent, before, { head = { at = ARGV[6] } }) end
if claim ~= '' then claim_for(claim, id, ARGV[10], tonumber(ARGV[11])) end
return answer
`

/** ARGV: agent, owner, ttl. */
const TAKE = `
local agent, owner = ARGV[2], ARGV[3]
local list = opens(agent)
local first = list[1]
if not first then return { 'idle' } end
local held = redis.call('HMGET', P .. 'a:' .. agent, 'owner', 'until', 'token')
local foreign = held[1] and held[1] ~= owner
if foreign and tonumber(held[2]) > now then return { 'held', 0, epoch(), first.raw } end
if foreign and not read(first).pe then
  first.head.cr = (first.head.cr or 0) + 1
  save(agent, first)
end
return { 'taken', grant(agent, owner, ARGV[4], held[3]), epoch(), first.raw }
`

/** ARGV: id, agent, owner, token, now, '1' for the same attempt. */
const CLAIM_SEND = `
local id, agent = ARGV[2], ARGV[3]
if not holds(redis.call('HMGET', P .. 'a:' .. agent, 'owner', 'token', 'until'), ARGV[4], ARGV[5]) then return false end
local list = opens(agent)
local index = find(list, id)
if not index then return false end
local entry, present, before = list[index], epoch(), set_of(list[1])
local head = entry.head
if head.e ~= present then return false end
head.s, head.se, head.nx, head.pe, head.b = 'sent', tonumber(ARGV[6]), nil, nil, nil
if ARGV[7] ~= '1' then head.n = head.n + 1 end
save(agent, entry)
if index == 1 then rank(agent, before, entry) end
return { present, entry.raw }
`

/** ARGV: id, agent, owner, ttl, now, the token that must be the newest one. */
const RETAKE = `
local id, agent = ARGV[2], ARGV[3]
local held = redis.call('HMGET', P .. 'a:' .. agent, 'owner', 'token')
if held[1] or held[2] ~= ARGV[7] then return false end
local entry, present = opens(agent)[1], epoch()
if not entry then return false end
local head, before = read(entry), set_of(entry)
if head.i ~= id or head.s ~= 'retrying' or head.e ~= present then return false end
head.s, head.n, head.se, head.nx, head.pe, head.b = 'sent', head.n + 1, tonumber(ARGV[6]), nil, nil, nil
save(agent, entry)
rank(agent, before, entry)
return { grant(agent, ARGV[4], ARGV[5], held[2]), present, entry.raw }
`

/** ARGV: id, fields, statuses, what to clear, '1' to give the attempt back, agent ('' without lease), owner, token. */
const SETTLE = `
local id, agent = ARGV[2], ARGV[7]
if agent == '' then
  local seq
  seq, agent = place(id)
  if not seq then return 0 end
end
local held = redis.call('HMGET', P .. 'a:' .. agent, 'owner', 'token', 'until', 'lo')
if ARGV[7] ~= '' and not holds(held, ARGV[8], ARGV[9]) then return 0 end
local list = opens(agent)
local index = find(list, id)
if not index then return 0 end
local entry, before = list[index], set_of(list[1])
if not change(entry.head, ARGV[3], ARGV[4], ARGV[5], ARGV[6]) then return 0 end
if LETTERS[entry.head.s] then
  archive(agent, entry, held[4])
  table.remove(list, index)
else
  save(agent, entry)
end
if index == 1 then rank(agent, before, list[1]) end
return 1
`

/** As SETTLE, then now. Answers whether it was settled; and epoch and record of the next command when the lease is kept for it. */
const FINISH = `
local id, agent, settled = ARGV[2], ARGV[7], 0
local held = redis.call('HMGET', P .. 'a:' .. agent, 'owner', 'token', 'until', 'lo')
if not holds(held, ARGV[8], ARGV[9]) then return { 0 } end
local list = opens(agent)
local index, before = find(list, id), set_of(list[1])
if index and change(list[index].head, ARGV[3], ARGV[4], ARGV[5], ARGV[6]) then
  local entry = list[index]
  settled = 1
  if LETTERS[entry.head.s] then
    archive(agent, entry, held[4])
    table.remove(list, index)
  else
    save(agent, entry)
  end
  if index == 1 then rank(agent, before, list[1]) end
end
local first = list[1]
if first then
  local at = read(first).nx
  if not at or at <= tonumber(ARGV[10]) then return { settled, epoch(), first.raw } end
end
free(agent)
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
local list = seq and opens(agent) or {}
local index, before = find(list, id), set_of(list[1])
if index then
  local entry, state = list[index], redis.call('HMGET', P .. 'a:' .. agent, 'token', 'lo')
  local head = entry.head
  -- Another process has sent it meanwhile: taken back it would be a lie, and so would a second one under its key.
  if head.n > 0 and not head.b then return 0 end
  if head.b and tonumber(state[1]) == head.b then free(agent) end
  -- What was begun with the acceptance was never sent: nobody learned that it may be.
  head.n, head.se = 0, nil
  head.s, head.st, head.pr, head.nx = 'cancelled', tonumber(ARGV[4]), ARGV[3], nil
  archive(agent, entry, state[2])
  table.remove(list, index)
  if index == 1 then rank(agent, before, list[1]) end
elseif seq then
  return 0
end
if claim ~= '' and claimed(claim) == id then redis.call('HDEL', claims(claim), claim) end
return 1
`

/** ARGV: agent, owner, token, ttl. */
const RENEW = `
local key = P .. 'a:' .. ARGV[2]
if not holds(redis.call('HMGET', key, 'owner', 'token', 'until'), ARGV[3], ARGV[4]) then return 0 end
redis.call('HSET', key, 'until', string.format('%.0f', now + tonumber(ARGV[5])))
return 1
`

/** ARGV: agent, owner, token. */
const RELEASE = `
if holds(redis.call('HMGET', P .. 'a:' .. ARGV[2], 'owner', 'token', 'until'), ARGV[3], ARGV[4]) then free(ARGV[2]) end
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
