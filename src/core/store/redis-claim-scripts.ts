/**
 * Idempotency records as Lua; the beginning of every script stands in redis-script-parts.ts. Keys:
 *
 *   k:<part>     hash  by key (22 letters, redis-claims.ts): `id fingerprint end`, a `+` behind the fingerprint when somebody was told of the command; the end in Redis ms, hexadecimal; in 1,024 parts that stay small
 *   ir:<key>     text  the answer, where one is kept; expires by itself
 *   meta         hash  swept: the part at which the sweep goes on
 *
 * A record takes about 75 bytes as an entry of a small hash; as a key with a time of its own it took 190. What is over is gone for every
 * reader at once, and swept away later.
 */
export const CLAIM_PARTS = 1024

/** An idempotency record: id, fingerprint, answer ('' for none), and whether somebody who came again with the key was told of it. */
export const CLAIMED = `
local function claims(key) return P .. 'k:' .. string.sub(key, 20, 20) .. string.byte(key, 21) % 16 end
local function claimed(key)
  local text = redis.call('HGET', claims(key), key)
  if not text then return nil end
  local owner, print, ends = string.match(text, '^(%S+) (%S*) (%x+)')
  if tonumber(ends, 16) <= now then return nil end
  local told = string.sub(print, -1) == '+'
  return owner, told and string.sub(print, 1, -2) or print, redis.call('GET', P .. 'ir:' .. key) or '', told
end
local function tell_of(key)
  local text = redis.call('HGET', claims(key), key)
  redis.call('HSET', claims(key), key, (string.gsub(text, '^(%S+ %S*) ', '%1+ ', 1)))
end
-- Answers the record that is there, as claimed() does; nil when the key is this command's now.
local function claim_for(key, id, print, ttl)
  local text = string.format('%s %s %x', id, print, now + ttl)
  if redis.call('HSETNX', claims(key), key, text) == 1 then return nil end
  local owner, known, response, told = claimed(key)
  if not owner then redis.call('HSET', claims(key), key, text) end
  return owner, known, response, told
end
local function give_back(key)
  if key ~= '' then redis.call('HDEL', claims(key), key) end
end
`

/** ARGV: key, response. */
export const COMPLETE = `${CLAIMED}
local key = ARGV[2]
local text = redis.call('HGET', claims(key), key)
local ends = text and tonumber(string.match(text, '%x+$'), 16)
if ends and ends > now then redis.call('SET', P .. 'ir:' .. key, ARGV[3], 'PX', string.format('%.0f', ends - now)) end
return 1
`

/** ARGV: how many parts. Answers how many records were deleted. */
const SWEEP = `
local LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
local at, gone = tonumber(redis.call('HGET', P .. 'meta', 'swept') or '0'), 0
for part = at, at + ARGV[2] - 1 do
  local place = part % ${CLAIM_PARTS}
  local letter = math.floor(place / 16) + 1
  local key = P .. 'k:' .. string.sub(LETTERS, letter, letter) .. place % 16
  local flat = redis.call('HGETALL', key)
  for i = 1, #flat, 2 do
    if tonumber(string.match(flat[i + 1], '%x+$'), 16) <= now then
      redis.call('HDEL', key, flat[i])
      gone = gone + 1
    end
  end
end
redis.call('HSET', P .. 'meta', 'swept', (at + ARGV[2]) % ${CLAIM_PARTS})
return gone
`

/**
 * ARGV: where to go on, how many. Answers where to go on, then of each record of layouts 1 to 3 its key, what is left of its time, id,
 * fingerprint and answer. They had a key each, \`i:<key>\`; those of 1 and 2 were hashes.
 */
const OLD = `
local page = redis.call('SCAN', ARGV[2], 'MATCH', P .. 'i:*', 'COUNT', ARGV[3])
local answer = { page[1] }
for _, name in ipairs(page[2]) do
  local text, id, print, response = redis.pcall('GET', name)
  if type(text) == 'string' then
    id, print, response = string.match(text, '^(%S+) (%S*) ?(.*)$')
  else
    local old = redis.call('HMGET', name, 'id', 'fp', 'resp')
    id, print, response = old[1], old[2], old[3]
  end
  local parts = { string.sub(name, #P + 3), redis.call('PTTL', name), id or '', print or '', response or '' }
  for _, word in ipairs(parts) do answer[#answer + 1] = word end
end
return answer
`

/** ARGV: key in the older layout, key, time left, id, fingerprint, answer. */
const MOVE = `${CLAIMED}
if redis.call('DEL', P .. 'i:' .. ARGV[2]) == 0 or ARGV[5] == '' or claimed(ARGV[3]) then return 0 end
claim_for(ARGV[3], ARGV[5], ARGV[6], tonumber(ARGV[4]))
if ARGV[7] ~= '' then redis.call('SET', P .. 'ir:' .. ARGV[3], ARGV[7], 'PX', ARGV[4]) end
return 1
`

export const CLAIM_SCRIPTS = { ctiSweepClaims: SWEEP, ctiOldClaims: OLD, ctiMoveClaim: MOVE } as const
