import { LEAVE } from './redis-audit-scripts.js'
import { FINISHED } from './redis-read-parts.js'
import { AGE, AGE_ZERO, ENDED_MS } from './redis-script-parts.js'

/**
 * Reading, listing and pruning commands in Lua; the keys, the rules and the beginning of every script stand in redis-script-parts.ts.
 * Commands are answered as the present epoch, then agent and record in turn.
 */

/** ARGV: id. */
const GET = `${FINISHED}
local raw, agent = load(ARGV[2])
if not raw then return {} end
return { epoch(), agent, raw }
`

/** ARGV: agent. */
const HEAD = `
local first = agent_of(ARGV[2]).list[1]
if not first then return {} end
return { epoch(), ARGV[2], first.raw }
`

/** ARGV: agent, limit, before ('' or a seq). Newest first: the chunks from the newest down, with the open commands between. */
const HISTORY = `
local agent, limit = ARGV[2], tonumber(ARGV[3])
local a = agent_of(agent)
local last, list, lowest = tonumber(a.seq), a.list, tonumber(a.lo)
for _, entry in ipairs(list) do entry.seq = tonumber(string.match(entry.raw, '^%d+')) end
if ARGV[4] ~= '' then last = math.min(last, math.ceil(tonumber(ARGV[4])) - 1) end
if list[1] then lowest = math.min(lowest, math.floor(list[1].seq / 32)) end
local answer, count = { epoch() }, 0
for n = math.floor(last / 32), lowest, -1 do
  local chunk = {}
  for _, entry in ipairs(list) do
    if math.floor(entry.seq / 32) == n and entry.seq <= last then chunk[#chunk + 1] = entry end
  end
  for _, raw in ipairs(redis.call('LRANGE', P .. 'f:' .. n .. ':' .. agent, 0, -1)) do
    local seq = tonumber(string.match(raw, '^%d+'))
    if seq <= last then chunk[#chunk + 1] = { seq = seq, raw = raw } end
  end
  table.sort(chunk, function(a, b) return a.seq > b.seq end)
  for _, entry in ipairs(chunk) do
    if count >= limit then return answer end
    count = count + 1
    answer[#answer + 1], answer[#answer + 2] = agent, entry.raw
  end
end
return answer
`

/** ARGV: limit, bound ('+inf' or '('..settledAt). Newest first. */
const DEAD = `${FINISHED}
local answer = { epoch() }
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', P .. 'dl', ARGV[3], '-inf', 'LIMIT', 0, ARGV[2])) do
  local raw, agent = load(id)
  answer[#answer + 1], answer[#answer + 2] = agent, raw
end
return answer
`

/**
 * ARGV: limit, status ('' for any), acceptedAt ('' for the beginning) and id of the last one seen, how many are looked at. Answers
 * acceptedAt and id of the last one looked at ('' when nothing is behind it), then as all. Of equal acceptedAt the set is in the order
 * of the ids, so that the place is found though the command has ended meanwhile.
 */
const OPEN = `${FINISHED}
local limit, status, at, last, most = tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local from = at == '' and 0 or redis.call('ZCOUNT', P .. 'backlog', '-inf', '(' .. at)
local answer, seen, count, score, id = { '', '', epoch() }, 0, 0, '', ''
repeat
  local entries = redis.call('ZRANGE', P .. 'backlog', from, from + 99, 'WITHSCORES')
  from = from + 100
  for i = 1, #entries, 2 do
    if at == '' or tonumber(entries[i + 1]) > tonumber(at) or entries[i] > last then
      if count >= limit or seen >= most then
        answer[1], answer[2] = score, id
        return answer
      end
      id, score, seen = entries[i], entries[i + 1], seen + 1
      local seq, agent = place(id)
      local raw = seq and open_one(agent_of(agent), seq)
      if raw and (status == '' or string.match(raw, '^%d+ %S+ (%a+)') == status) then
        count = count + 1
        answer[#answer + 1], answer[#answer + 2] = agent, raw
      end
    end
  end
until #entries == 0
return answer
`

/** ARGV: now, idleMs, limit. Answers agent, due time, agent, … */
const DUE = `
local found = redis.call('ZRANGEBYSCORE', P .. 'retry', '-inf', ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[4])
local bound = string.format('(%.0f', tonumber(ARGV[2]) - tonumber(ARGV[3]))
local idle = redis.call('ZRANGEBYSCORE', P .. 'idle', '-inf', bound, 'WITHSCORES', 'LIMIT', 0, ARGV[4])
for i = 1, #idle, 2 do
  found[#found + 1] = idle[i]
  found[#found + 1] = string.format('%.0f', tonumber(idle[i + 1]) + tonumber(ARGV[3]))
end
return found
`

const BACKLOG = `
local first = redis.call('ZRANGE', P .. 'backlog', 0, 0, 'WITHSCORES')
return { tostring(redis.call('ZCARD', P .. 'backlog')), first[2] or '' }
`

/** ARGV: since, how many at most. */
const ENDED = `
local limit, seen, answer = tonumber(ARGV[3]), {}, {}
local begin = string.format('%.0f', math.max(0, ARGV[2] - ${ENDED_MS}))
repeat
  local page = redis.call('XRANGE', P .. 'dn', begin, '+', 'COUNT', 1000)
  for _, entry in ipairs(page) do
    local agent = entry[2][2]
    if not seen[agent] and #answer < limit then
      seen[agent] = true
      answer[#answer + 1] = agent
    end
    begin = '(' .. entry[1]
  end
until #page < 1000 or #answer >= limit
return answer
`

/** ARGV: before, how many chunks at most. Answers how many commands were deleted, and how many chunks were looked at. */
const PRUNE = `${AGE}${LEAVE}
local before = tonumber(ARGV[2])
redis.call('XTRIM', P .. 'dn', 'MINID', string.format('%.0f', now - 60000 - ${ENDED_MS}))
local chunks, pruned, first, bound = {}, 0, 0, before + ${AGE_ZERO}
repeat
  local start = redis.call('ZRANGE', P .. 'gt', first, first)[1]
  local old = start and tonumber(start) < bound
  local flat, stay = old and redis.call('HGETALL', P .. 'gl:' .. start) or {}, 0
  for i = 1, #flat, 2 do
    if start + offset(flat[i + 1]) < bound and #chunks < tonumber(ARGV[3]) then
      chunks[#chunks + 1] = flat[i]
      redis.call('HDEL', P .. 'gl:' .. start, flat[i])
    else stay = stay + 1 end
  end
  if old and stay == 0 then
    if start == '0' then first = 1 else redis.call('ZREM', P .. 'gt', start) end
  end
until not old or stay > 0
for _, chunk in ipairs(chunks) do
  local key, kept, oldest = P .. 'f:' .. chunk, {}, nil
  for _, raw in ipairs(redis.call('LRANGE', key, 0, -1)) do
    local id, letter, at, age = string.match(raw, '^%d+ (%S+) (%a) %S+ (%S+) (%S+)')
    at = tonumber(at)
    if at < before then
      leave(id, string.match(chunk, '^%d+:(.*)$'), raw, string.format('%.0f', math.max(0, math.ceil(at - age))))
      redis.call('HDEL', part(id), id)
      if letter == 'd' then redis.call('ZREM', P .. 'dl', id) end
      pruned = pruned + 1
    else
      kept[#kept + 1] = raw
      oldest = math.min(oldest or at, at)
    end
  end
  redis.call('DEL', key)
  if oldest then
    redis.call('RPUSH', key, unpack(kept))
    age(chunk, oldest)
  else
    local n, agent = string.match(chunk, '^(%d+):(.*)$')
    local a = agent_of(agent)
    local lowest, last = tonumber(a.lo), math.floor(a.seq / 32)
    if lowest == tonumber(n) then
      repeat lowest = lowest + 1 until lowest > last or redis.call('EXISTS', P .. 'f:' .. lowest .. ':' .. agent) == 1
      a.lo = whole(lowest)
      keep(a)
    end
  end
end
return { pruned, #chunks }
`

export const READ_SCRIPTS = {
  ctiGet: GET,
  ctiHead: HEAD,
  ctiHistory: HISTORY,
  ctiDead: DEAD,
  ctiOpen: OPEN,
  ctiDue: DUE,
  ctiBacklog: BACKLOG,
  ctiPrune: PRUNE,
  ctiEnded: ENDED,
} as const
