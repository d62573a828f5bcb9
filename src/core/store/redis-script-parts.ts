import { FINAL_LETTERS } from './redis-codec.js'
import { LEAVES } from './redis-leaves.js'

/**
 * How the command log lies in Redis, and the parts that its scripts are made of. One script is one atomic step; Redis runs nothing
 * else meanwhile, so each does as little as it can.
 *
 * Keys. All carry the hash tag of the prefix (`cti:{cti}`), so they live in one slot and every step stays atomic in a
 * Redis Cluster too. One slot and not one per agent, because an idempotency key, the list of dead letters and the list of
 * due agents belong to no single agent, and BullMQ keeps a whole queue in one slot anyway.
 *
 *   meta             hash  schema, epoch; and what EngineRegistry keeps there
 *   a:<agent>        hash  seq, token: never decrease, never deleted. owner, until: the lease, `until` in Redis time.
 *                          lo: no finished command of the agent is in a chunk below it
 *   w:<agent>        hash  open commands: record by seq
 *   f:<n>:<agent>    list  chunk n: records of the finished commands with seq n * 32 to n * 32 + 31, in the order of their end
 *   x:<two letters>  hash  where a command is: `seq agent` by id, in 4,096 parts that stay small
 *   backlog          zset  ids of all open commands by acceptedAt
 *   idle             zset  agents whose head has no nextAttemptAt, by last touch
 *   retry            zset  agents whose head has one, by it
 *   gt, gl:<start>         chunks by their oldest settledAt, or up to a minute later where clocks differ: redis-leaves.ts
 *   dn               stream  agents of whom a command has ended, once in 20 s; those of the last minutes. In a: `d`, the newest such time
 *   dl               zset  ids of dead letters by settledAt
 *   at, al:<start>         the audit trail: redis-audit-scripts.ts
 *   k:<part>         hash  idempotency records: redis-claim-scripts.ts
 *
 * Small hashes and lists are one piece of memory in Redis: a finished command costs its record and one entry of `x`, about 200
 * bytes, where a key of its own would cost as much as its content (a test measures it). Records and ids: redis-codec.ts.
 *
 * Every script: KEYS[1] = prefix; ARGV[1] = deadline in Redis ms. Later than that it does nothing and answers LATE: a
 * frozen Redis executes on thaw what was sent to it before. (Of several steps in one call each has its own: `ctiBatch`.)
 */
export const CLOCK = `
local P = KEYS[1] .. ':'
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
`
export const PRELUDE = `${CLOCK}
if now > tonumber(ARGV[1]) then return redis.error_reply('LATE') end
`

/** Finding commands. */
export const FIND = `
local function part(id) return P .. 'x:' .. string.sub(id, 20, 21) end
local function place(id)
  local found = redis.call('HGET', part(id), id)
  if not found then return nil end
  local cut = string.find(found, ' ', 1, true)
  return string.sub(found, 1, cut - 1), string.sub(found, cut + 1)
end
local function opens(agent)
  local flat, list = redis.call('HGETALL', P .. 'w:' .. agent), {}
  for i = 1, #flat, 2 do list[#list + 1] = { seq = tonumber(flat[i]), raw = flat[i + 1] } end
  if #list > 1 then table.sort(list, function(a, b) return a.seq < b.seq end) end
  return list
end
local present
local function epoch()
  present = present or redis.call('HGET', P .. 'meta', 'epoch')
  return present
end
`

/** An agent whose commands end is noted once in so many ms, Redis time. */
export const ENDED_MS = 20_000

/** Leaves begin at 0; a clock that was never set may be before 1970, but not by thirty years. */
export const AGE_ZERO = 1e12

/** Noting when a chunk has something that is to be deleted. The earliest counts. */
export const AGE = `${LEAVES}
local function age(chunk, at)
  at = string.format('%.0f', at + ${AGE_ZERO})
  local added, key = put('g', chunk, at, '')
  local since = at - leaf('g', at)
  if added == 0 and since < offset(redis.call('HGET', key, chunk)) then redis.call('HSET', key, chunk, string.format('%.0f', since)) end
end
`

/** Changing commands, and keeping the sets in step with them. */
export const CHANGE = `${AGE}
local LETTERS = { ${Object.entries(FINAL_LETTERS)
  .map(([status, letter]) => `${status}='${letter}'`)
  .join(', ')} }
local function read(entry)
  if not entry.head then
    local cut = string.find(entry.raw, '\\n', 1, true)
    entry.head, entry.body = cjson.decode(string.sub(entry.raw, 1, cut - 1)), string.sub(entry.raw, cut + 1)
  end
  return entry.head
end
local function find(list, id)
  for index, entry in ipairs(list) do
    if read(entry).i == id then return index end
  end
end
local function save(agent, entry)
  entry.raw = cjson.encode(entry.head) .. '\\n' .. entry.body
  redis.call('HSET', P .. 'w:' .. agent, entry.seq, entry.raw)
end
-- Redis and Lua write numbers with fractions in mind: each time as dear as a small command.
local function whole(number) return string.format('%d', number) end
-- A command is in the audit trail from the step that accepts it.
local count_row = function() redis.call('HINCRBY', P .. 'meta', 'auditRows', 1) end
local function tell(id, at)
  local instant = tonumber(at)
  if instant % 1 ~= 0 or instant < 0 then at = string.format('%.0f', math.max(0, math.ceil(instant))) end
  if put('a', id, at, '') == 1 then count_row() end
end
local present_slot = whole(math.floor(now / ${ENDED_MS}))
local function archive(agent, entry, lowest)
  local h = entry.head
  local marks = (h.cb and string.sub(h.cb, 1, 1) or '')
    .. (h.un == nil and '' or h.un and 'u' or 'U') .. (h.pe == nil and '' or h.pe and 'p' or 'P')
  local seq, settled = whole(entry.seq), whole(h.st)
  local words = table.concat({ seq, h.i, LETTERS[h.s], h.n, settled, h.st - h.at, h.se and h.se - h.at or '',
    marks, h.cr or '', h.sb or '', h.pr or '' }, ' ')
  local n = math.floor(entry.seq / 32)
  local chunk = n .. ':' .. agent
  redis.call('HDEL', P .. 'w:' .. agent, seq)
  redis.call('ZREM', P .. 'backlog', h.i)
  local count = redis.call('RPUSH', P .. 'f:' .. chunk, string.gsub(words, ' +$', '') .. '\\n' .. entry.body)
  -- Behind the first of a chunk the others end later. Where clocks differ, the chunk is kept for as much longer, and for a minute.
  if count == 1 or h.st < now - 60000 then age(chunk, h.st) end
  if redis.call('HGET', P .. 'a:' .. agent, 'd') ~= present_slot then
    redis.call('HSET', P .. 'a:' .. agent, 'd', present_slot)
    redis.call('XADD', P .. 'dn', '*', 'a', agent)
  end
  if h.s == 'dead' then redis.call('ZADD', P .. 'dl', h.st, h.i) end
  if lowest and n < tonumber(lowest) then redis.call('HSET', P .. 'a:' .. agent, 'lo', n) end
end
local function set_of(entry)
  return entry and (read(entry).nx and 'retry' or 'idle')
end
local function rank(agent, from, first)
  local to = set_of(first)
  if from and from ~= to then redis.call('ZREM', P .. from, agent) end
  if to then redis.call('ZADD', P .. to, first.head.nx or first.head.se or first.head.at, agent) end
end
local function holds(held, owner, token)
  return held[1] == owner and held[2] == token and held[3] and tonumber(held[3]) > now
end
local function change(head, fields, from, clear, back)
  if not string.find(from, head.s, 1, true) then return false end
  for field in string.gmatch(clear, '%a+') do head[field] = nil end
  if back == '1' then head.n = math.max(0, head.n - 1) end
  for field, value in pairs(cjson.decode(fields)) do head[field] = value end
  return true
end
local function grant(agent, owner, ttl, last, ...)
  local token = (tonumber(last) or 0) + 1
  redis.call('HSET', P .. 'a:' .. agent, 'token', token, 'owner', owner, 'until', string.format('%.0f', now + tonumber(ttl)), ...)
  return token
end
local function free(agent) redis.call('HDEL', P .. 'a:' .. agent, 'owner', 'until') end
`
