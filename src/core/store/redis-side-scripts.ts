/**
 * Budgets, site leases and signs of life as Lua; the rules and the beginning of every script stand in redis-script-parts.ts. Keys:
 *
 *   bk:<account>  hash  learned: the rate that a 429 taught; from, until: the pause; tokens, at: what was saved up, and when that
 *                       was true (the pause's end when there is one)
 *   bw:<account>  zset  who was refused: members `<priority>|<waiter>` by the instant of the last refusal
 *   sl:<name>     hash  token: never decreases, never deleted. owner, until: the lease, `until` in Redis time
 *   alive         zset  owners by their last beat
 *   meta          hash  epoch, beats, beatAt
 */

/** How long a refused caller keeps its place before less urgent ones, ms. The port promises it. */
export const RESERVED_MS = 1500
/** Who has not beaten for this long is not alive, ms. The port promises it. */
export const ALIVE_MS = 5000

/**
 * ARGV: account, priority, waiter, rate ('' for none), burst. Answers granted, ms to wait, rate in force ('' for none).
 * A pause holds between its two ends only, so that a clock set back cannot make it longer.
 */
const TAKE = `
local bucket, waits = P .. 'bk:' .. ARGV[2], P .. 'bw:' .. ARGV[2]
local priority, rate, burst = tonumber(ARGV[3]), tonumber(ARGV[5]), math.max(1, tonumber(ARGV[6]))
local stored = redis.call('HMGET', bucket, 'learned', 'from', 'until', 'tokens', 'at')
local learned, from, till = tonumber(stored[1]), tonumber(stored[2]), tonumber(stored[3])
local tokens, at = tonumber(stored[4]), tonumber(stored[5])
if learned and not (rate and rate < learned) then rate = learned end
if not rate then return { 1, 0, '' } end
local paused = from and now >= from and now < till
if not at then
  tokens = burst
elseif not paused then
  tokens = math.min(burst, tokens + math.max(0, now - at) / 1000 * rate)
end
local me = ARGV[3] .. '|' .. ARGV[4]
local ahead = 0
redis.call('ZREMRANGEBYSCORE', waits, '-inf', now - ${RESERVED_MS})
for _, other in ipairs(redis.call('ZRANGE', waits, 0, -1)) do
  if tonumber(string.match(other, '^[^|]+')) < priority then ahead = ahead + 1 end
end
local granted = not paused and ahead == 0 and tokens >= 0.999999
if granted then
  tokens = tokens - 1
  redis.call('ZREM', waits, me)
else
  redis.call('ZADD', waits, now, me)
  redis.call('PEXPIRE', waits, ${RESERVED_MS})
end
if not paused then
  redis.call('HSET', bucket, 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', now))
  if not learned then redis.call('PEXPIRE', bucket, math.ceil(burst / rate * 1000) + 60000) end
end
if granted then return { 1, 0, tostring(rate) } end
if paused then return { 0, till - now + math.ceil(ahead / rate * 1000), tostring(rate) } end
return { 0, math.max(ahead > 0 and 20 or 1, math.ceil((1 + ahead - tokens) / rate * 1000)), tostring(rate) }
`

/** ARGV: account, rate, pause in ms, '1' to raise. What was saved up is gone: the vendor has just said that it is too much. */
const RESTRICT = `
local bucket = P .. 'bk:' .. ARGV[2]
local stored = redis.call('HMGET', bucket, 'learned', 'from', 'until')
local learned, from, till = tonumber(stored[1]), tonumber(stored[2]), tonumber(stored[3])
local rate, pause, raise = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
if learned and learned < rate and not raise then rate = learned end
redis.call('HSET', bucket, 'learned', tostring(rate))
redis.call('PERSIST', bucket)
if raise and pause <= 0 then return 1 end
local ends = now + pause
if from and now >= from and now < till and till > ends then ends = till end
local text = string.format('%.0f', ends)
redis.call('HSET', bucket, 'from', string.format('%.0f', now), 'until', text, 'tokens', '1', 'at', text)
return 1
`

/** ARGV: name, owner, ttl. */
const ACQUIRE = `
local key = P .. 'sl:' .. ARGV[2]
local held = redis.call('HMGET', key, 'owner', 'until', 'token')
local live = held[1] and tonumber(held[2]) > now
if live and held[1] ~= ARGV[3] then return false end
local token = live and tonumber(held[3]) or redis.call('HINCRBY', key, 'token', 1)
redis.call('HSET', key, 'owner', ARGV[3], 'until', string.format('%.0f', now + tonumber(ARGV[4])))
return token
`

/** ARGV: name, owner. */
const LET_GO = `
local key = P .. 'sl:' .. ARGV[2]
if redis.call('HGET', key, 'owner') == ARGV[3] then redis.call('HDEL', key, 'owner', 'until') end
return 1
`

/** ARGV: owner, an epoch for an engine that has none. Answers epoch, count, instant of the beat before ('' for none), owners alive. */
const BEAT = `
local meta, alive = P .. 'meta', P .. 'alive'
redis.call('HSETNX', meta, 'epoch', ARGV[3])
local before = redis.call('HGET', meta, 'beatAt')
local count = redis.call('HINCRBY', meta, 'beats', 1)
redis.call('HSET', meta, 'beatAt', string.format('%.0f', now))
redis.call('ZADD', alive, now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', alive, '-inf', string.format('(%.0f', now - ${ALIVE_MS}))
redis.call('ZREMRANGEBYSCORE', alive, string.format('(%.0f', now + ${ALIVE_MS}), '+inf')
return { redis.call('HGET', meta, 'epoch'), count, before or '', redis.call('ZRANGE', alive, 0, -1) }
`

/** ARGV: owner. */
const LEAVE = `return redis.call('ZREM', P .. 'alive', ARGV[2])`

/** ARGV: the epoch that was seen, count at least, the new epoch. Answers the epoch in force. */
const NEW_EPOCH = `
local meta = P .. 'meta'
local present = redis.call('HGET', meta, 'epoch')
if not present or present == ARGV[2] then
  redis.call('HSET', meta, 'epoch', ARGV[4])
  present = ARGV[4]
end
if tonumber(redis.call('HGET', meta, 'beats') or '0') < tonumber(ARGV[3]) then redis.call('HSET', meta, 'beats', ARGV[3]) end
return present
`

/** ARGV: channel, then frames. */
const PUBLISH = `
for i = 3, #ARGV do redis.call('PUBLISH', ARGV[2], ARGV[i]) end
return 1
`

export const SIDE_SCRIPTS = {
  ctiTakeToken: TAKE,
  ctiRestrict: RESTRICT,
  ctiAcquire: ACQUIRE,
  ctiLetGo: LET_GO,
  ctiBeat: BEAT,
  ctiLeave: LEAVE,
  ctiNewEpoch: NEW_EPOCH,
  ctiPublish: PUBLISH,
} as const
