/**
 * The audit trail as Lua; the rules and the beginning of every script stand in redis-script-parts.ts. Keys:
 *
 *   au   zset  members `<instant, 16 digits>/<id>`, all of score 0, so that their bytes order them
 *   ar   hash  row by id: `F` (final) or `O` (its outcome is to come), then the row as JSON
 *   ao   zset  ids (as the command log writes them) of ended commands by settledAt, until their row is there; the command log's own
 *              scripts put them in, in the step that ends a command
 */

/** ARGV: of each row its id, member, text, and the command whose outcome it tells ('' for none). */
const RECORD = `
for i = 2, #ARGV, 4 do
  if redis.call('HSETNX', P .. 'ar', ARGV[i], ARGV[i + 2]) == 1 then
    redis.call('ZADD', P .. 'au', 0, ARGV[i + 1])
  elseif string.sub(redis.call('HGET', P .. 'ar', ARGV[i]), 1, 1) == 'O' then
    redis.call('HSET', P .. 'ar', ARGV[i], ARGV[i + 2])
  end
  if ARGV[i + 3] ~= '' then redis.call('ZREM', P .. 'ao', ARGV[i + 3]) end
end
return 1
`

/** ARGV: begin and end as ZREVRANGEBYLEX takes them, limit. Newest first. */
const LIST = `
local members = redis.call('ZREVRANGEBYLEX', P .. 'au', ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local rows = {}
for i, member in ipairs(members) do rows[i] = redis.call('HGET', P .. 'ar', string.sub(member, 18)) end
return rows
`

/** ARGV: end, how many to keep, how many to delete at most. */
const PRUNE = `
local limit = tonumber(ARGV[4])
local function drop(members)
  for _, member in ipairs(members) do
    redis.call('HDEL', P .. 'ar', string.sub(member, 18))
    redis.call('ZREM', P .. 'au', member)
  end
  return #members
end
local aged = drop(redis.call('ZRANGEBYLEX', P .. 'au', '-', ARGV[2], 'LIMIT', 0, limit))
local surplus = math.min(limit - aged, redis.call('ZCARD', P .. 'au') - tonumber(ARGV[3]))
if surplus > 0 then surplus = drop(redis.call('ZRANGE', P .. 'au', 0, surplus - 1)) else surplus = 0 end
return { aged, surplus }
`

/** ARGV: end, how many at most. */
const OWED = `return redis.call('ZRANGEBYSCORE', P .. 'ao', '-inf', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])`

export const AUDIT_SCRIPTS = { ctiAudit: RECORD, ctiAudits: LIST, ctiPruneAudit: PRUNE, ctiOwed: OWED } as const
