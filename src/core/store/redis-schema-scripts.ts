import { FINISHED } from './redis-read-parts.js'

/**
 * ARGV: a command of layout 1: its id there, agent, seq, id, head, body. Writes it as layout 2 does and deletes it there; `idle`,
 * `retry` and `a:` are the same in both. Several processes may move the same command: the first one does it.
 */
const MOVE = `
local old, agent = ARGV[2], ARGV[3]
for _, set in ipairs({ 'o:' .. agent, 'h:' .. agent, 'open', 'settled', 'dead' }) do redis.call('ZREM', P .. set, old) end
if redis.call('DEL', P .. 'c:' .. old) == 0 then return 0 end
local entry = { seq = tonumber(ARGV[4]), head = cjson.decode(ARGV[6]), body = ARGV[7] }
redis.call('HDEL', P .. 'a:' .. agent, 'leased')
redis.call('HSET', part(ARGV[5]), ARGV[5], ARGV[4] .. ' ' .. agent)
tell(ARGV[5], entry.head.at)
if LETTERS[entry.head.s] then
  archive(agent, entry, redis.call('HGET', P .. 'a:' .. agent, 'lo'))
else
  entry.head.e = epoch()
  save(agent, entry)
  redis.call('ZADD', P .. 'backlog', entry.head.at, entry.head.i)
end
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

export const SCHEMA_SCRIPTS = { ctiSets: SETS, ctiUntold: UNTOLD, ctiMove: MOVE, ctiPrepare: PREPARE, ctiOld: OLD } as const
