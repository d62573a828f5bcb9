/**
 * The report of logouts as Lua; the rules and the beginning of every script stand in redis-script-parts.ts. Keys:
 *
 *   lp                       set   platforms that have logouts
 *   lo:<platform>            zset  members `<instant, 16 digits>/<agent>`, all of score 0, so that their bytes order them and a
 *                                  page can begin behind any member, there or not
 *   lr:<platform>/<member>   hash  the record's fields
 */

/** ARGV: platform, member, then field and value in turn. Only missing fields are written. */
const RECORD = `
local platform, member = ARGV[2], ARGV[3]
redis.call('SADD', P .. 'lp', platform)
redis.call('ZADD', P .. 'lo:' .. platform, 0, member)
local key = P .. 'lr:' .. platform .. '/' .. member
for i = 4, #ARGV, 2 do redis.call('HSETNX', key, ARGV[i], ARGV[i + 1]) end
return 1
`

/** ARGV: platform, begin, end (both as ZRANGEBYLEX takes them), limit. Oldest first. */
const LIST = `
local found = {}
for i, member in ipairs(redis.call('ZRANGEBYLEX', P .. 'lo:' .. ARGV[2], ARGV[3], ARGV[4], 'LIMIT', 0, ARGV[5])) do
  found[i] = redis.call('HGETALL', P .. 'lr:' .. ARGV[2] .. '/' .. member)
end
return found
`

/** ARGV: end, how many at most. */
const PRUNE = `
local count, limit = 0, tonumber(ARGV[3])
for _, platform in ipairs(redis.call('SMEMBERS', P .. 'lp')) do
  local set = P .. 'lo:' .. platform
  local old = redis.call('ZRANGEBYLEX', set, '-', ARGV[2], 'LIMIT', 0, limit - count)
  for _, member in ipairs(old) do
    redis.call('DEL', P .. 'lr:' .. platform .. '/' .. member)
    redis.call('ZREM', set, member)
  end
  if redis.call('EXISTS', set) == 0 then redis.call('SREM', P .. 'lp', platform) end
  count = count + #old
  if count >= limit then break end
end
return count
`

export const LOGOUT_SCRIPTS = { ctiLogout: RECORD, ctiLogouts: LIST, ctiPruneLogouts: PRUNE } as const
