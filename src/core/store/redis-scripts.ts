import { LOGOUT_SCRIPTS } from './redis-logout-scripts.js'
import { SIDE_SCRIPTS } from './redis-side-scripts.js'

/**
 * The command log's atomic steps as Lua. One script is one step; Redis runs nothing else meanwhile.
 *
 * Keys. All carry the hash tag of the prefix (`cti:{cti}`), so they live in one slot and every step stays atomic in a
 * Redis Cluster too. One slot and not one per agent, because an idempotency key, the list of dead letters and the list of
 * due agents belong to no single agent, and BullMQ keeps a whole queue in one slot anyway.
 *
 *   c:<id>     string  head JSON, line feed, body JSON. The head changes; the body never does and is never parsed here
 *                      (cjson would turn [] into {} and round large numbers).
 *   a:<agent>  hash    seq, token: never decrease, never deleted. owner, until: the lease, `until` in Redis time.
 *   o:<agent>  zset    open commands by seq
 *   h:<agent>  zset    all commands by seq
 *   open       zset    all open commands by acceptedAt
 *   idle       zset    agents whose head has no nextAttemptAt, by last touch
 *   retry      zset    agents whose head has one, by it
 *   settled    zset    final commands by settledAt
 *   dead       zset    dead letters by settledAt
 *   i:<key>    hash    idempotency record: fp, id, resp; expires by itself
 *
 * Every script: KEYS[1] = prefix; ARGV[1] = deadline in Redis ms. Later than that it does nothing and answers LATE: a
 * frozen Redis executes on thaw what was sent to it before (anchors.md 3.2).
 */
const PRELUDE = `
local P = KEYS[1] .. ':'
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if now > tonumber(ARGV[1]) then return redis.error_reply('LATE') end
`

/** Reading and writing one command, and keeping the sets in step with it. */
const HELPERS = `
local FINAL = { confirmed=1, rejected=1, superseded=1, cancelled=1, expired=1, unconfirmed=1, dead=1 }
local function load(id)
  local raw = redis.call('GET', P .. 'c:' .. id)
  if not raw then return nil end
  local cut = string.find(raw, '\\n', 1, true)
  return cjson.decode(string.sub(raw, 1, cut - 1)), string.sub(raw, cut + 1)
end
local function save(id, head, body)
  redis.call('SET', P .. 'c:' .. id, cjson.encode(head) .. '\\n' .. body)
end
local function sync(agent)
  local first = redis.call('ZRANGE', P .. 'o:' .. agent, 0, 0)[1]
  local head = first and load(first)
  if head and head.nx then
    redis.call('ZADD', P .. 'retry', head.nx, agent)
    redis.call('ZREM', P .. 'idle', agent)
  elseif head then
    redis.call('ZADD', P .. 'idle', head.se or head.at, agent)
    redis.call('ZREM', P .. 'retry', agent)
  else
    redis.call('ZREM', P .. 'idle', agent)
    redis.call('ZREM', P .. 'retry', agent)
  end
end
local function finish(id, head)
  head.nx = nil
  redis.call('ZREM', P .. 'o:' .. head.k, id)
  redis.call('ZREM', P .. 'open', id)
  redis.call('ZADD', P .. 'settled', head.st, id)
  if head.s == 'dead' then redis.call('ZADD', P .. 'dead', head.st, id) end
end
local function holds(agent, owner, token)
  local held = redis.call('HMGET', P .. 'a:' .. agent, 'owner', 'leased', 'until')
  return held[1] == owner and held[2] == token and held[3] and tonumber(held[3]) > now
end
`

/** ARGV: id, agent, class, channel ('' or '='..name), acceptedAt, body, relations, idempotency key ('' or '='..key), fingerprint, ttl. */
const APPEND = `
local id, agent, class, channel, at, body = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local claim = ARGV[9] ~= '' and P .. 'i:' .. string.sub(ARGV[9], 2)
if claim then
  local record = redis.call('HMGET', claim, 'fp', 'id', 'resp')
  if record[1] then
    return { 'known', record[2], record[1] == ARGV[10] and '1' or '0', record[3] or '' }
  end
end
if redis.call('EXISTS', P .. 'c:' .. id) == 1 then return redis.error_reply('DUPLICATE') end
local relations = cjson.decode(ARGV[8])
local replaced, refused = {}, nil
for _, other in ipairs(redis.call('ZRANGE', P .. 'o:' .. agent, 0, -1)) do
  local head, rest = load(other)
  local scope = 'channel'
  if head.ch == channel then scope = 'same' elseif head.ch == '' then scope = 'agent' end
  local relation = relations[head.cl .. '|' .. scope] or 'waits'
  if relation == 'refused' then refused = other end
  if relation == 'waits' then replaced = {} end
  if relation == 'replaces' then replaced[#replaced + 1] = { other, head, rest } end
end
if refused then return { 'refused', refused } end
local answer = { 'accepted', 0 }
for _, entry in ipairs(replaced) do
  local head = entry[2]
  head.s, head.st, head.sb = 'superseded', tonumber(at), id
  finish(entry[1], head)
  save(entry[1], head, entry[3])
  answer[#answer + 1] = entry[1]
end
local seq = redis.call('HINCRBY', P .. 'a:' .. agent, 'seq', 1)
answer[2] = seq
save(id, { k = agent, s = 'accepted', q = seq, n = 0, at = tonumber(at), cl = class, ch = channel }, body)
redis.call('ZADD', P .. 'o:' .. agent, seq, id)
redis.call('ZADD', P .. 'h:' .. agent, seq, id)
redis.call('ZADD', P .. 'open', at, id)
sync(agent)
if claim then
  redis.call('HSET', claim, 'fp', ARGV[10], 'id', id)
  redis.call('PEXPIRE', claim, ARGV[11])
end
return answer
`

/** ARGV: id, agent, owner, token, now, '1' for the same attempt. */
const CLAIM_SEND = `
local head, body = load(ARGV[2])
if not head or FINAL[head.s] or head.k ~= ARGV[3] or not holds(ARGV[3], ARGV[4], ARGV[5]) then return false end
head.s, head.se, head.nx, head.pe = 'sent', tonumber(ARGV[6]), nil, nil
if ARGV[7] ~= '1' then head.n = head.n + 1 end
save(ARGV[2], head, body)
sync(head.k)
return cjson.encode(head) .. '\\n' .. body
`

/** ARGV: id, changed fields of the head, '1' to give the attempt back, agent ('' without lease), owner, token. */
const SETTLE = `
local id = ARGV[2]
local head, body = load(id)
if not head or FINAL[head.s] then return 0 end
if ARGV[5] ~= '' and (head.k ~= ARGV[5] or not holds(ARGV[5], ARGV[6], ARGV[7])) then return 0 end
for field, value in pairs(cjson.decode(ARGV[3])) do head[field] = value end
if ARGV[4] == '1' then head.n = math.max(0, head.n - 1) end
if FINAL[head.s] then finish(id, head) end
save(id, head, body)
sync(head.k)
return 1
`

/** ARGV: id, problem, settledAt, idempotency key ('' or '='..key). For an append whose caller was told 503. */
const UNDO = `
local id = ARGV[2]
local claim = ARGV[5] ~= '' and P .. 'i:' .. string.sub(ARGV[5], 2)
if claim and redis.call('HGET', claim, 'id') == id then redis.call('DEL', claim) end
local head, body = load(id)
if not head or FINAL[head.s] then return 0 end
head.s, head.st, head.pr = 'cancelled', tonumber(ARGV[4]), ARGV[3]
finish(id, head)
save(id, head, body)
sync(head.k)
return 1
`

/** ARGV: agent, owner, ttl. */
const LEASE = `
local at = P .. 'a:' .. ARGV[2]
local held = redis.call('HMGET', at, 'owner', 'until')
if held[1] and held[1] ~= ARGV[3] and tonumber(held[2]) > now then return false end
local token = redis.call('HINCRBY', at, 'token', 1)
redis.call('HSET', at, 'owner', ARGV[3], 'leased', token, 'until', string.format('%.0f', now + tonumber(ARGV[4])))
return token
`

/** ARGV: agent, owner, token, ttl. */
const RENEW = `
if not holds(ARGV[2], ARGV[3], ARGV[4]) then return 0 end
redis.call('HSET', P .. 'a:' .. ARGV[2], 'until', string.format('%.0f', now + tonumber(ARGV[5])))
return 1
`

/** ARGV: agent, owner, token. */
const RELEASE = `
if holds(ARGV[2], ARGV[3], ARGV[4]) then redis.call('HDEL', P .. 'a:' .. ARGV[2], 'owner', 'leased', 'until') end
return 1
`

/** ARGV: idempotency key, response. */
const COMPLETE = `
local record = P .. 'i:' .. ARGV[2]
if redis.call('EXISTS', record) == 1 then redis.call('HSET', record, 'resp', ARGV[3]) end
return 1
`

/** ARGV: agent, 'first' or 'last'. */
const EDGE = `
local set, from = P .. 'o:' .. ARGV[2], 0
if ARGV[3] == 'last' then set, from = P .. 'h:' .. ARGV[2], -1 end
local id = redis.call('ZRANGE', set, from, from)[1]
return id and redis.call('GET', P .. 'c:' .. id)
`

/** ARGV: sorted set, limit, bound ('+inf' or '('..score). Newest first. */
const PAGE = `
local found = {}
for i, id in ipairs(redis.call('ZREVRANGEBYSCORE', P .. ARGV[2], ARGV[4], '-inf', 'LIMIT', 0, ARGV[3])) do
  found[i] = redis.call('GET', P .. 'c:' .. id)
end
return found
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
local first = redis.call('ZRANGE', P .. 'open', 0, 0, 'WITHSCORES')
return { tostring(redis.call('ZCARD', P .. 'open')), first[2] or '' }
`

/** ARGV: before, how many at most. */
const PRUNE = `
local old = redis.call('ZRANGEBYSCORE', P .. 'settled', '-inf', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(old) do
  local head = load(id)
  if head then redis.call('ZREM', P .. 'h:' .. head.k, id) end
  redis.call('DEL', P .. 'c:' .. id)
  redis.call('ZREM', P .. 'settled', id)
  redis.call('ZREM', P .. 'dead', id)
end
return #old
`

const BODIES = {
  ctiAppend: APPEND,
  ctiClaimSend: CLAIM_SEND,
  ctiSettle: SETTLE,
  ctiUndo: UNDO,
  ctiLease: LEASE,
  ctiRenew: RENEW,
  ctiRelease: RELEASE,
  ctiComplete: COMPLETE,
  ctiEdge: EDGE,
  ctiPage: PAGE,
  ctiDue: DUE,
  ctiBacklog: BACKLOG,
  ctiPrune: PRUNE,
  ...LOGOUT_SCRIPTS,
  ...SIDE_SCRIPTS,
} as const

export type RedisScript = keyof typeof BODIES

/** Script by name, as ioredis defines commands. */
export const REDIS_SCRIPTS = Object.fromEntries(
  Object.entries(BODIES).map(([name, body]) => [name, { numberOfKeys: 1, lua: PRELUDE + HELPERS + body }]),
) as Readonly<Record<RedisScript, { readonly numberOfKeys: number; readonly lua: string }>>
