import { LEAVES } from './redis-leaves.js'
import { FINISHED } from './redis-read-parts.js'

/**
 * The audit trail as Lua; the rules and the beginning of every script stand in redis-script-parts.ts. Keys:
 *
 *   at          zset  leaves, by the instant at which each begins; the first one begins at 0 and stays
 *   al:<start>  hash  a leaf: what happened from `start` until the next one begins, all of one instant in one leaf. By row (of a command
 *                     its id, of others `=` and theirs; redis-audit-codec.ts) the instant, less `start`, and then
 *                       nothing               the row of a command that the command log has, and is made from it
 *                       C<agent>, its record  of one that the command log has no more: it leaves it here
 *                       F<row>, O<row>        any other; O: its outcome is to come
 *   meta        hash  auditRows: how many there are
 *
 * The row of a command is put in by the step that accepts it, and follows from the command: nothing has to be told afterwards, and none is
 * lost or owed. It costs about 35 bytes: a small hash is one piece of memory.
 */

/** Adding rows to the trail. */
export const ROWS = `${LEAVES}
local function add(row, at, text)
  local added, key = put('a', row, at, text)
  if added == 0 and string.find(redis.call('HGET', key, row), '^%d+O') then
    redis.call('HSET', key, row, string.format('%.0f', at - leaf('a', at)) .. text)
  end
  return added
end
local function counted(rows)
  if rows ~= 0 then redis.call('HINCRBY', P .. 'meta', 'auditRows', rows) end
end
`

/** A finished command leaves the command log: its row needs it. */
export const LEAVE = `
local function leave(id, agent, raw, at)
  local start, text = leaf('a', at), 'C' .. agent .. '\\n' .. raw
  local value = redis.call('HGET', P .. 'al:' .. start, id)
  if value and string.find(value, '^%d+$') then redis.call('HSET', P .. 'al:' .. start, id, value .. text) end
end
`

/**
 * ARGV: of each row its name, instant, and text ('' to make it from the command log). Answers which ones the command log does not have, the first one is 0: nothing was done for them.
 */
const RECORD = `${ROWS}
local unknown, added = {}, 0
for i = 2, #ARGV, 3 do
  local row, text = ARGV[i], ARGV[i + 2]
  if text == '' and not place(row) then
    unknown[#unknown + 1] = (i - 2) / 3
  else
    added = added + add(row, ARGV[i + 1], text)
  end
end
counted(added)
return unknown
`

/**
 * ARGV: newest and oldest instant wanted, the leaf below which to go on ('' to begin), how many leaves at most. Answers the last leaf looked
 * at ('' when nothing is behind it), how many rows it has looked at, the epoch, then of each row its name, instant, text, agent and
 * record (both '' unless the text is). In no order.
 */
const LIST = `${FINISHED}
local newest, oldest, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local top = ARGV[4] == '' and ARGV[2] or '(' .. ARGV[4]
local answer, looked = { '', 0, epoch() }, 0
local leaves = redis.call('ZREVRANGEBYSCORE', P .. 'at', top, '-inf', 'LIMIT', 0, most)
for _, start in ipairs(leaves) do
  local flat = redis.call('HGETALL', P .. 'al:' .. start)
  for i = 1, #flat, 2 do
    local digits, text = string.match(flat[i + 1], '^(%d+)(.*)$')
    local at, agent, raw = start + digits, '', ''
    if at <= newest and at >= oldest then
      looked = looked + 1
      if text == '' then raw, agent = load(flat[i]) end
      if raw then
        for _, word in ipairs({ flat[i], string.format('%.0f', at), text, agent, raw }) do answer[#answer + 1] = word end
      end
    end
  end
end
local last = leaves[#leaves]
if last and #leaves == most and tonumber(last) > oldest then answer[1] = last end
answer[2] = looked
return answer
`

/** ARGV: end, how many to keep, how many to delete at most. */
const PRUNE = `${ROWS}
local limit = tonumber(ARGV[4])
local function drop(before, most)
  local gone, first = 0, 0
  while gone < most do
    local start = redis.call('ZRANGE', P .. 'at', first, first)[1]
    if not start then break end
    local key, rows, here = P .. 'al:' .. start, {}, 0
    local flat = redis.call('HGETALL', key)
    for i = 1, #flat, 2 do rows[#rows + 1] = { at = start + offset(flat[i + 1]), name = flat[i] } end
    table.sort(rows, function(a, b) return a.at < b.at or (a.at == b.at and a.name < b.name) end)
    for _, row in ipairs(rows) do
      if gone + here >= most or row.at >= before then break end
      redis.call('HDEL', key, row.name)
      here = here + 1
    end
    gone = gone + here
    if here < #rows then break end
    if start == '0' then first = 1 else redis.call('ZREM', P .. 'at', start) end
  end
  return gone
end
local aged = drop(tonumber(ARGV[2]), limit)
local rest = tonumber(redis.call('HGET', P .. 'meta', 'auditRows') or '0') - aged - tonumber(ARGV[3])
local surplus = drop(math.huge, math.min(limit - aged, rest))
counted(-(aged + surplus))
return { aged, surplus }
`

/** ARGV: how many at most. Answers rows of layout 3, id and text in turn, the oldest first. It had `au`, members `<instant>/<id>`, and `ar`. */
const OLD = `
local answer = {}
for i, member in ipairs(redis.call('ZRANGE', P .. 'au', 0, ARGV[2] - 1)) do
  local id = string.sub(member, 18)
  answer[2 * i - 1], answer[2 * i] = member, redis.call('HGET', P .. 'ar', id) or ''
end
return answer
`

/** ARGV: members of layout 3 that have their rows now. */
const MOVED = `
for i = 2, #ARGV do
  redis.call('ZREM', P .. 'au', ARGV[i])
  redis.call('HDEL', P .. 'ar', string.sub(ARGV[i], 18))
end
return 1
`

export const AUDIT_SCRIPTS = {
  ctiAudit: RECORD,
  ctiAudits: LIST,
  ctiPruneAudit: PRUNE,
  ctiAuditOld: OLD,
  ctiAuditMoved: MOVED,
} as const
