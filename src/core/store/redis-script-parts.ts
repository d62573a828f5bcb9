import { COMMAND_CLASSES } from '../model/command.js'
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
 *   a:<agent>        text  all that changes with every step of an agent, so that a step reads and writes one thing. First line: `seq token lo d`
 *                          and, while there is a lease, ` until owner`. Then the record of each open command in the order of their seqs.
 *                          seq, token: never decrease, never deleted. lo: no finished command of the agent is in a chunk below it.
 *                          d: the newest time that dn tells of. until: Redis ms
 *   f:<n>:<agent>    list  chunk n: records of the finished commands with seq n * 32 to n * 32 + 31, in the order of their end
 *   x:<two letters>  hash  where a command is: `seq agent` by id, in 4,096 parts that stay small
 *   backlog          zset  ids of all open commands by acceptedAt
 *   idle             zset  agents whose head has no nextAttemptAt, by last touch
 *   retry            zset  agents whose head has one, by it
 *   gt, gl:<start>         chunks by their oldest settledAt, or up to a minute later where clocks differ: redis-leaves.ts
 *   dn               stream  agents of whom a command has ended, once in 20 s; those of the last minutes
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

/** Letters of an agent's text that are told to the process that asked. Of one with several open commands nothing is. */
export const KEPT_LETTERS = 600

/** Agents, and finding commands. */
export const FIND = `
-- Redis and Lua write numbers with fractions in mind: each time as dear as a small command.
local function whole(number) return string.format('%d', number) end
local function part(id) return P .. 'x:' .. string.sub(id, 20, 21) end
local function place(id)
  local found = redis.call('HGET', part(id), id)
  if not found then return nil end
  local cut = string.find(found, ' ', 1, true)
  return string.sub(found, 1, cut - 1), string.sub(found, cut + 1)
end
-- An agent with its open commands. Numbers stay the texts that they are. Plain searches: a pattern takes three times as long.
local function agent_of(agent)
  local text = redis.call('GET', P .. 'a:' .. agent)
  if not text then return { agent = agent, seq = '0', token = '0', lo = '0', d = '0', list = {} } end
  local list, cut = {}, string.find(text, '\\n', 1, true)
  local line = cut and string.sub(text, 1, cut - 1) or text
  local seq, token, lo, d, till, owner = string.match(line, '^(%d+) (%d+) (%d+) (%d+) ?(%d*) ?(.*)$')
  if owner == '' then owner = nil end
  while cut do
    local last = string.find(text, '\\n', string.find(text, '\\n', cut + 1, true) + 1, true)
    list[#list + 1] = { raw = string.sub(text, cut + 1, last and last - 1) }
    cut = last
  end
  return { agent = agent, seq = seq, token = token, lo = lo, d = d, till = till, owner = owner, list = list }
end
-- What the last step has made of its agent: the process that asked for it works out its next steps from there.
local kept = ''
local function keep(a)
  local line = a.seq .. ' ' .. a.token .. ' ' .. a.lo .. ' ' .. a.d
  if a.owner then line = line .. ' ' .. a.till .. ' ' .. a.owner end
  local parts = { line }
  for index, entry in ipairs(a.list) do parts[index + 1] = entry.raw end
  local text = table.concat(parts, '\\n')
  redis.call('SET', P .. 'a:' .. a.agent, text)
  kept = #a.list <= 1 and #text <= ${KEPT_LETTERS} and text or ''
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
-- The words of an open head: redis-codec.ts. Texts, '' for what is not there.
local function read(entry)
  if entry.head then return entry.head end
  local raw = entry.raw
  local cut = string.find(raw, '\\n', 1, true)
  local q, i, s, n, at, cl, ch, e, se, nx, m, cr, b, pr = string.match(string.sub(raw, 1, cut - 1),
    '^(%d+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S*) (%S*) (%S*) (%S*) (%S*) (%S*) (%S*) (.*)$')
  entry.body = string.sub(raw, cut + 1)
  entry.head = { q = q, i = i, s = s, n = n, at = at, cl = cl, ch = ch, e = e, se = se, nx = nx, m = m, cr = cr, b = b, pr = pr }
  return entry.head
end
local function write(entry)
  local h = entry.head
  entry.raw = table.concat({ h.q, h.i, h.s, h.n, h.at, h.cl, h.ch, h.e, h.se, h.nx, h.m, h.cr, h.b, h.pr }, ' ') .. '\\n' .. entry.body
end
local function find(list, id)
  for index, entry in ipairs(list) do
    if string.match(entry.raw, '^%d+ (%S+)') == id then return index end
  end
end
local CLASSES = { ${COMMAND_CLASSES.map((name, index) => `['${name}']=${3 * index}`).join(', ')} }
-- A command is in the audit trail from the step that accepts it.
local count_row = function() redis.call('HINCRBY', P .. 'meta', 'auditRows', 1) end
local function tell(id, at)
  local instant = tonumber(at)
  if instant % 1 ~= 0 or instant < 0 then at = string.format('%.0f', math.max(0, math.ceil(instant))) end
  if put('a', id, at, '') == 1 then count_row() end
end
local present_slot = whole(math.floor(now / ${ENDED_MS}))
local function tell_of_end(agent) redis.call('XADD', P .. 'dn', '*', 'a', agent) end
local function file(chunk, record, settled)
  -- Behind the first of a chunk the others end later. Where clocks differ, the chunk is kept for as much longer, and for a minute.
  if redis.call('RPUSH', P .. 'f:' .. chunk, record) == 1 or settled < now - 60000 then age(chunk, settled) end
end
-- Of a command that has ended. Who calls it takes it out of the agent's list, and keeps the agent.
local function archive(a, entry, ended, by)
  local h = read(entry)
  local settled, accepted, seq = tonumber(ended), tonumber(h.at), tonumber(h.q)
  local words = table.concat({ h.q, h.i, LETTERS[h.s], h.n, whole(settled), settled - accepted, h.se ~= '' and h.se - accepted or '',
    h.m, h.cr, by or '', h.pr }, ' ')
  local n = math.floor(seq / 32)
  local chunk = n .. ':' .. a.agent
  redis.call('ZREM', P .. 'backlog', h.i)
  file(chunk, string.gsub(words, ' +$', '') .. '\\n' .. entry.body, settled)
  if a.d ~= present_slot then
    a.d = present_slot
    tell_of_end(a.agent)
  end
  if h.s == 'dead' then redis.call('ZADD', P .. 'dl', ended, h.i) end
  if n < tonumber(a.lo) then a.lo = whole(n) end
end
local function set_of(entry)
  return entry and (read(entry).nx ~= '' and 'retry' or 'idle')
end
local function due_of(h)
  if h.nx ~= '' then return h.nx end
  return h.se ~= '' and h.se or h.at
end
local function rank(agent, from, first)
  local to = set_of(first)
  if from and from ~= to then redis.call('ZREM', P .. from, agent) end
  if to then redis.call('ZADD', P .. to, due_of(first.head), agent) end
end
local function holds(a, owner, token)
  return a.owner == owner and a.token == token and tonumber(a.till) > now
end
-- Marks are letters of three kinds, at most one of each, in this order.
local function marked(old, new)
  if new == '' or old == '' then return old .. new end
  local function either(letters) return string.match(new, letters) or string.match(old, letters) or '' end
  return either('[er]') .. either('[uU]') .. either('[pP]')
end
-- A change as redis-codec.ts writes it. Answers whether it is allowed, and when the command has ended by it.
local function change(h, text)
  local s, st, nx, m, clear, back, from, pr = string.match(text, '^(%S+) (%S*) (%S*) (%S*) (%S*) (%S*) (%S*) (.*)$')
  if not string.find(from, h.s, 1, true) then return false end
  if string.find(clear, 'p', 1, true) then h.m = string.gsub(h.m, '[pP]', '') end
  if string.find(clear, 'n', 1, true) then h.nx = '' end
  if string.find(clear, 'c', 1, true) then h.cr = '' end
  if back == '1' then h.n = whole(math.max(0, h.n - 1)) end
  h.s = s
  if nx ~= '' then h.nx = nx end
  h.m = marked(h.m, m)
  if pr ~= '' then h.pr = pr end
  return true, st
end
-- Changes one of an agent's commands; who calls it keeps the agent.
local function settle(a, id, text)
  local index = find(a.list, id)
  if not index then return false end
  local entry, before = a.list[index], set_of(a.list[1])
  local fine, ended = change(read(entry), text)
  if not fine then return false end
  if LETTERS[entry.head.s] then
    archive(a, entry, ended)
    table.remove(a.list, index)
  else
    write(entry)
  end
  if index == 1 then rank(a.agent, before, a.list[1]) end
  return true
end
local function grant(a, owner, ttl)
  a.token, a.owner, a.till = whole(a.token + 1), owner, whole(now + tonumber(ttl))
  return tonumber(a.token)
end
local function free(a) a.owner = nil end
`
