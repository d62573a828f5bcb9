import { CLAIMED } from './redis-claim-scripts.js'

/**
 * Accepting a command. ARGV: id, agent, class, channel ('' or '='..name), acceptedAt, body, relations (letters, redis-codec.ts), idempotency key
 * ('' for none), fingerprint, ttl, owner that begins it ('' or '='..owner), lease's ttl. And, when the process has worked out what the agent's
 * text will be (redis-prepared.ts): the text it is thought to be, the epoch, the new text before the end of the lease and behind it but for the
 * body, and seq. It is the agent's only command then, and is begun. Answers the end of the lease when it was done as foreseen.
 *
 * A text that is as expected is all there is to know of an agent's open commands: nothing else has to be looked at.
 */
export const APPEND = `${CLAIMED}
local id, agent, class, channel, at, body = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local claim = ARGV[9]
local foreseen = ARGV[14] and redis.call('GET', P .. 'a:' .. agent) == ARGV[14] and epoch() == ARGV[15]
local a, replaced, refused
if not foreseen then
  a, replaced = agent_of(agent), {}
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
local seq = foreseen and ARGV[18] or whole(a.seq + 1)
if redis.call('HSETNX', part(id), id, seq .. ' ' .. agent) == 0 then
  give_back(claim)
  return redis.error_reply('DUPLICATE')
end
if foreseen then
  local till = now + ARGV[13]
  redis.call('SET', P .. 'a:' .. agent, ARGV[16] .. whole(till) .. ARGV[17] .. body)
  redis.call('ZADD', P .. 'backlog', at, id)
  tell(id, at)
  redis.call('ZADD', P .. 'idle', at, agent)
  return till
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
