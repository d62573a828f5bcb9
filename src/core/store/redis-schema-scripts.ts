import { FINISHED } from './redis-read-parts.js'

/**
 * ARGV: where to go on, how many keys. Layouts 1 to 4 had an agent's numbers and its lease in a hash, 2 to 4 its open commands in another
 * one, `w:<agent>`, by seq, with heads in JSON. Answers where to go on, and how many agents it has moved.
 */
const AGENTS = `
local function text(value) return value and whole(value) or '' end
local function mark(value, yes, no) return value == nil and '' or value and yes or no end
local function escaped(letter) return string.format('%%%02X', string.byte(letter)) end
local page, moved = redis.call('SCAN', ARGV[2], 'MATCH', P .. 'a:*', 'COUNT', ARGV[3]), 0
for _, name in ipairs(page[2]) do
  if redis.call('TYPE', name).ok == 'hash' then
    local agent = string.sub(name, #P + 3)
    local held = redis.call('HMGET', name, 'seq', 'token', 'lo', 'd', 'owner', 'until')
    local a = { agent = agent, seq = held[1] or '0', token = held[2] or '0', lo = held[3] or '0', d = held[4] or '0', list = {} }
    if held[5] then a.owner, a.till = held[5], held[6] end
    local flat = redis.call('HGETALL', P .. 'w:' .. agent)
    for i = 1, #flat, 2 do
      local cut = string.find(flat[i + 1], '\\n', 1, true)
      local old = cjson.decode(string.sub(flat[i + 1], 1, cut - 1))
      local entry = { seq = tonumber(flat[i]), body = string.sub(flat[i + 1], cut + 1), head = {
        q = flat[i], i = old.i, s = old.s, n = whole(old.n), at = whole(old.at), cl = old.cl, ch = string.gsub(old.ch, '[%%%s]', escaped),
        e = old.e or '', se = text(old.se), nx = text(old.nx), 
        m = (old.cb and string.sub(old.cb, 1, 1) or '') .. mark(old.un, 'u', 'U') .. mark(old.pe, 'p', 'P'), cr = text(old.cr), b = text(old.b), pr = old.pr or '' } }
      write(entry)
      a.list[#a.list + 1] = entry
    end
    table.sort(a.list, function(one, other) return one.seq < other.seq end)
    redis.call('DEL', name, P .. 'w:' .. agent)
    keep(a)
    moved = moved + 1
  end
end
return { page[1], moved }
`

/**
 * ARGV: a command of layout 1: its id there, agent, seq, id, head, body, and of one that has ended when and by whom it was replaced. Writes
 * it as this layout does and deletes it there; `idle` and `retry` are the same in both. Several processes may move the same command: the
 * first one does it.
 */
const MOVE = `
local old, agent = ARGV[2], ARGV[3]
for _, set in ipairs({ 'o:' .. agent, 'h:' .. agent, 'open', 'settled', 'dead' }) do redis.call('ZREM', P .. set, old) end
if redis.call('DEL', P .. 'c:' .. old) == 0 then return 0 end
local a, entry = agent_of(agent), { raw = ARGV[6] .. '\\n' .. ARGV[7] }
local h = read(entry)
redis.call('HSET', part(ARGV[5]), ARGV[5], ARGV[4] .. ' ' .. agent)
tell(ARGV[5], h.at)
if LETTERS[h.s] then
  archive(a, entry, ARGV[8], ARGV[9])
else
  h.e = epoch()
  write(entry)
  local at = 1
  while a.list[at] and tonumber(read(a.list[at]).q) < tonumber(h.q) do at = at + 1 end
  table.insert(a.list, at, entry)
  redis.call('ZADD', P .. 'backlog', h.at, h.i)
end
keep(a)
return 1
`

/** ARGV: schema, a new epoch, '1' when the idempotency records of an older layout have been looked for. Answers the schema that the data has now; '' when something of an older layout is left. Changes no newer one. */
const PREPARE = `
local meta = P .. 'meta'
local schema = redis.call('HGET', meta, 'schema')
if schema and tonumber(schema) > tonumber(ARGV[2]) then return schema end
redis.call('HSETNX', meta, 'epoch', ARGV[3])
if redis.call('EXISTS', P .. 'open', P .. 'settled', P .. 'au', P .. 'ar', P .. 'aged', P .. 'done', P .. 'ao') > 0 then return '' end
if schema ~= ARGV[2] and ARGV[4] ~= '1' then return '' end
redis.call('HSET', meta, 'schema', ARGV[2])
return ARGV[2]
`

/** ARGV: how many. Answers ids of commands of layout 1 and their records, in turn. */
const OLD = `
local answer = {}
for _, set in ipairs({ 'open', 'settled' }) do
  for _, id in ipairs(redis.call('ZRANGE', P .. set, 0, ARGV[2] - 1)) do
    answer[#answer + 1], answer[#answer + 2] = id, redis.call('GET', P .. 'c:' .. id) or ''
  end
end
return answer
`

/** ARGV: how many. Moves what layout 3 had as sorted sets: chunks by age, and agents by the end of their newest command. Answers how many. */
const SETS = `
local flat = redis.call('ZPOPMIN', P .. 'aged', ARGV[2])
for i = 1, #flat, 2 do age(flat[i], tonumber(flat[i + 1])) end
local ended = redis.call('ZPOPMIN', P .. 'done', ARGV[2])
for i = 1, #ended, 2 do redis.call('XADD', P .. 'dn', '*', 'a', ended[i]) end
return #flat / 2 + #ended / 2
`

/**
 * ARGV: how many, where to begin among the open commands. Puts commands into the audit trail that layout 3 had not told yet: ended ones were in
 * `ao`, open ones were told by whoever had accepted them. Answers how many it has looked at.
 */
const UNTOLD = `${FINISHED}
local owed = redis.call('ZRANGE', P .. 'ao', 0, ARGV[2] - 1)
for _, id in ipairs(owed) do
  local settled, age = string.match(load(id) or '', '^%d+ %S+ %a %S+ (%S+) (%S+)')
  if age then tell(id, settled - age) end
  redis.call('ZREM', P .. 'ao', id)
end
local open = redis.call('ZRANGE', P .. 'backlog', ARGV[3], ARGV[3] + ARGV[2] - 1, 'WITHSCORES')
for i = 1, #open, 2 do tell(open[i], open[i + 1]) end
return #owed + #open / 2
`

export const SCHEMA_SCRIPTS = {
  ctiAgents: AGENTS,
  ctiSets: SETS,
  ctiUntold: UNTOLD,
  ctiMove: MOVE,
  ctiPrepare: PREPARE,
  ctiOld: OLD,
} as const
