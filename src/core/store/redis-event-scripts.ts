import { HOUR_MS, TOLD_BEFORE, TOLD_COMMANDS } from './event-record.js'

/** Events of a fold. So many newer ones stay as they are: readers that keep up open none. */
export const FOLD = 256

/**
 * The event log as Lua; the beginning of every script stands in redis-script-parts.ts. Keys:
 *
 *   meta           hash    epoch (of the engine registry); events: the newest cursor; folded: the newest one in a fold
 *   ev             stream  entry `<cursor>-0`: t type, p platform, a agent, at, s seq, x extra, b body; the newest ones
 *   ez             hash    folds, by the cursor of the first of its events: events in a row, packed together (redis-event-folds.ts), all of
 *                          them older than those of ev. An event takes a tenth there
 *   ef             zset    the cursors of ez, by themselves
 *   eh:<platform>  hash    by agent, its newest `agent` event: `<cursor> <seq> <at> <source>`, line break, body
 *   ea:<platform>  zset    agents of eh, all of score 0, so that their bytes order them
 *   es:<platform>  hash    by agent, its newest seq, how far its commands were told (event-record.ts), and the hour in which it was last
 *                          heard of: `<seq>|<told>|<hours since 1970>`
 *   ep             set     platforms that have an es
 *   el             hash    by platform, its newest `link` event: `<cursor> <at>`, line break, body
 *   ed             hash    by platform, the cursor of its newest `link` event that told of its loss
 *
 * All writers of the site go through one key, so that the order of the cursors is the order in which the steps were made.
 */

/** Forgets the folds of which no event is among the newest. */
const TRIM = `
local function trim(cursor, keep)
  -- A fold ends before the next one begins.
  local folds = redis.call('ZRANGEBYSCORE', P .. 'ef', '-inf', cursor - keep + 1)
  for i = 1, #folds - 1 do
    redis.call('HDEL', P .. 'ez', folds[i])
    redis.call('ZREM', P .. 'ef', folds[i])
  end
end
`

/**
 * What an agent's memory is after this telling; nil: it was told already. `told_soon` knows what comes with nearly every command (one that
 * was not told of before, or the only one in the list, ends next after the floor) without taking the list apart, which takes five times as
 * long; nil: it does not know.
 */
const TELL = `
-- An entry takes four letters at least: a list this short has room for one more.
local SHORT = ${4 * (TOLD_COMMANDS - 1)}
local function told_soon(memory, place, rank)
  local cut = string.find(memory, ',', 1, true)
  local floor, list = tonumber(string.sub(memory, 1, cut - 1)), string.sub(memory, cut + 1)
  if not floor or tonumber(place) <= floor or #list > SHORT then return nil end
  local ends = rank == '2' and tonumber(place) == floor + 1
  if list == '' then
    if ends then return place .. ',' end
  elseif ends and string.find(list, place .. ':', 1, true) == 1 and #list == #place + 3 and string.sub(list, -2) ~= '2,' then
    return place .. ','
  end
  if rank == '2' or string.find(',' .. list, ',' .. place .. ':', 1, true) then return nil end
  return memory .. place .. ':' .. rank .. ','
end
local function tell(memory, place, rank)
  local soon = memory and memory ~= '' and told_soon(memory, place, rank)
  if soon then return soon end
  place = tonumber(place)
  if memory == '' then memory = nil end
  local floor, list = string.match(memory or (string.format('%.0f', math.max(0, place - 1 - ${TOLD_BEFORE})) .. ','), '^(%d*),(.*)$')
  floor = tonumber(floor) or 0
  local ranks, count = {}, 0
  for p, r in string.gmatch(list, '(%d+):(%d)') do
    ranks[tonumber(p)] = r
    count = count + 1
  end
  local before = ranks[place]
  if before then
    if rank < before or (rank == before and rank ~= '1') then return nil end
  elseif place <= floor then return nil
  else count = count + 1 end
  ranks[place] = rank
  local function rise()
    while ranks[floor + 1] == '2' do
      floor = floor + 1
      ranks[floor] = nil
      count = count - 1
    end
  end
  if rank == '2' and place <= floor then
    ranks[place] = nil
    count = count - 1
  end
  rise()
  if count > ${TOLD_COMMANDS} then
    local lowest, ended
    for p, r in pairs(ranks) do
      if not lowest or p < lowest then lowest = p end
      if r == '2' and (not ended or p < ended) then ended = p end
    end
    ranks[ended or lowest] = nil
    if ended then floor = ended end
    rise()
  end
  local parts = { string.format('%.0f,', floor) }
  for p, r in pairs(ranks) do parts[#parts + 1] = string.format('%.0f:%s,', p, r) end
  return table.concat(parts)
end
`

/**
 * ARGV: how many to keep, an epoch for an engine that has none, then of each event type, platform, agent, at, extra, body. Answers how many
 * events are not in a fold.
 */
const APPEND = `${TELL}${TRIM}
local meta, stream = P .. 'meta', P .. 'ev'
redis.call('HSETNX', meta, 'epoch', ARGV[3])
local cursor = tonumber(redis.call('HGET', meta, 'events') or '0')
local downs = {}
local function down(platform)
  if not downs[platform] then downs[platform] = tonumber(redis.call('HGET', P .. 'ed', platform) or '0') end
  return downs[platform]
end
-- Of one agent come its change and its command's end; each look at what is known of it, and each note of it, costs a call.
local agents, changed = {}, {}
local function heard_of(platform, agent)
  local of = agents[platform] or {}
  agents[platform] = of
  if of[agent] then return of[agent] end
  local it = { platform = platform, agent = agent, number = '0', told = '', hour = 0 }
  local known = redis.call('HGET', P .. 'es:' .. platform, agent)
  if known then
    local one = string.find(known, '|', 1, true)
    local two = string.find(known, '|', one + 1, true) or #known + 1
    it.number, it.told, it.hour = string.sub(known, 1, one - 1), string.sub(known, one + 1, two - 1), tonumber(string.sub(known, two + 1)) or 0
  else redis.call('SADD', P .. 'ep', platform) end
  of[agent] = it
  return it
end
for i = 4, #ARGV, 6 do
  local kind, platform, agent, at, extra, body = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local new, first, seq = true, false, ''
  if kind == 'agent' then
    local head = redis.call('HGET', P .. 'eh:' .. platform, agent)
    first = not head
    if head then
      local cut = string.find(head, '\\n', 1, true)
      new = string.sub(head, cut + 1) ~= body or tonumber(string.match(head, '^%d+')) < down(platform)
    end
  elseif kind == 'link' then
    local last = redis.call('HGET', P .. 'el', platform)
    new = not last or string.sub(last, string.find(last, '\\n', 1, true) + 1) ~= body
  end
  if agent ~= '' then
    local it = heard_of(platform, agent)
    local heard = math.max(it.hour, math.floor(tonumber(at) / ${HOUR_MS}))
    if kind == 'command' then
      local colon = string.find(extra, ':', 1, true)
      local told = tell(it.told, string.sub(extra, 1, colon - 1), string.sub(extra, colon + 1))
      new = told ~= nil
      it.told = told or it.told
    end
    if new then
      seq = string.format('%d', it.number + 1)
      it.number = seq
    end
    if (new or heard > it.hour) and not it.changed then
      it.changed = true
      changed[#changed + 1] = it
    end
    it.hour = heard
  end
  if new then
    cursor = cursor + 1
    local id = string.format('%d', cursor)
    if kind == 'agent' then
      redis.call('HSET', P .. 'eh:' .. platform, agent, id .. ' ' .. seq .. ' ' .. at .. ' ' .. extra .. '\\n' .. body)
      if first then redis.call('ZADD', P .. 'ea:' .. platform, 0, agent) end
    elseif kind == 'link' then
      redis.call('HSET', P .. 'el', platform, id .. ' ' .. at .. '\\n' .. body)
      if extra == 'down' then
        redis.call('HSET', P .. 'ed', platform, id)
        downs[platform] = cursor
      end
    end
    redis.call('XADD', stream, id .. '-0', 't', kind, 'p', platform, 'a', agent, 'at', at, 's', seq, 'x', extra, 'b', body)
  end
end
for _, it in ipairs(changed) do
  redis.call('HSET', P .. 'es:' .. it.platform, it.agent, string.format('%s|%s|%d', it.number, it.told, it.hour))
end
redis.call('HSET', meta, 'events', string.format('%d', cursor))
trim(cursor, tonumber(ARGV[2]))
local unfolded = redis.call('XLEN', stream)
if unfolded <= tonumber(ARGV[2]) then return unfolded end
redis.call('XTRIM', stream, 'MAXLEN', '~', ARGV[2])
return redis.call('XLEN', stream)
`

/**
 * ARGV: the first cursor wanted, how many at most. Answers epoch, newest cursor, oldest cursor ('' for none), entries as JSON ('' for none),
 * and the folds in which those before them are.
 */
const AFTER = `
local stream, count = P .. 'ev', tonumber(ARGV[3])
local state = redis.call('HMGET', P .. 'meta', 'epoch', 'events', 'folded')
local oldest = redis.call('ZRANGE', P .. 'ef', 0, 0)[1]
if not oldest then
  local entry = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  oldest = entry and string.match(entry[1], '^%d+') or ''
end
local found = redis.call('XRANGE', stream, ARGV[2] .. '-0', '+', 'COUNT', count)
local answer = { state[1] or '', state[2] or '0', oldest, #found > 0 and cjson.encode(found) or '' }
if tonumber(ARGV[2]) <= tonumber(state[3] or '0') then
  local begin = redis.call('ZREVRANGEBYSCORE', P .. 'ef', ARGV[2], '-inf', 'LIMIT', 0, 1)[1] or oldest
  for _, first in ipairs(redis.call('ZRANGEBYSCORE', P .. 'ef', begin, '+inf', 'LIMIT', 0, math.ceil(count / ${FOLD}) + 1)) do
    answer[#answer + 1] = redis.call('HGET', P .. 'ez', first)
  end
end
return answer
`

/** Answers the oldest events that are in no fold, as JSON, and the cursors of the first and last; '' when there are too few. */
const TO_FOLD = `
local stream = P .. 'ev'
if redis.call('XLEN', stream) < 2 * ${FOLD} then return { '' } end
local found = redis.call('XRANGE', stream, '-', '+', 'COUNT', ${FOLD})
return { cjson.encode(found), string.match(found[1][1], '^%d+'), string.match(found[#found][1], '^%d+') }
`

/** ARGV: cursor of its first event, cursor of its last, the fold. Answers 0 when another process has made it, else how many are in no fold. */
const FOLD_EVENTS = `
local stream = P .. 'ev'
local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
if not oldest or oldest[1] ~= ARGV[2] .. '-0' then return 0 end
redis.call('HSET', P .. 'ez', ARGV[2], ARGV[4])
redis.call('ZADD', P .. 'ef', ARGV[2], ARGV[2])
redis.call('HSET', P .. 'meta', 'folded', ARGV[3])
redis.call('XTRIM', stream, 'MINID', string.format('%.0f-0', ARGV[3] + 1))
return redis.call('XLEN', stream)
`

/** ARGV: platform, begin as ZRANGEBYLEX takes it, how many at most. Answers the cursor of the link's loss, then agent and head in turn. */
const HEADS = `
local answer = { redis.call('HGET', P .. 'ed', ARGV[2]) or '0' }
for _, agent in ipairs(redis.call('ZRANGEBYLEX', P .. 'ea:' .. ARGV[2], ARGV[3], '+', 'LIMIT', 0, ARGV[4])) do
  answer[#answer + 1] = agent
  answer[#answer + 1] = redis.call('HGET', P .. 'eh:' .. ARGV[2], agent)
end
return answer
`

/**
 * ARGV: platform, where to go on ('0': from the beginning), the hour, how many to look at, the instant for the link of a platform that is
 * not to be kept ('' for one that is). Answers where to go on ('0': at the end) and how many agents were forgotten.
 */
const FORGET = `
local platform, forgotten = ARGV[2], 0
local page = redis.call('HSCAN', P .. 'es:' .. platform, ARGV[3], 'COUNT', ARGV[5])
for i = 1, #page[2], 2 do
  local hour = tonumber(string.match(page[2][i + 1], '|(%d+)$'))
  if hour and hour < tonumber(ARGV[4]) then
    local agent = page[2][i]
    redis.call('HDEL', P .. 'es:' .. platform, agent)
    redis.call('HDEL', P .. 'eh:' .. platform, agent)
    redis.call('ZREM', P .. 'ea:' .. platform, agent)
    forgotten = forgotten + 1
  end
end
if redis.call('EXISTS', P .. 'es:' .. platform) == 0 then
  redis.call('SREM', P .. 'ep', platform)
  local link = redis.call('HGET', P .. 'el', platform)
  if ARGV[6] ~= '' and link and tonumber(string.match(link, '^%d+ (%S+)')) < tonumber(ARGV[6]) then
    redis.call('HDEL', P .. 'el', platform)
    redis.call('HDEL', P .. 'ed', platform)
  end
end
return { page[1], forgotten }
`

const PLATFORMS = `
local found = redis.call('SMEMBERS', P .. 'ep')
for _, platform in ipairs(redis.call('HKEYS', P .. 'el')) do found[#found + 1] = platform end
return found
`

const LINKS = `return redis.call('HGETALL', P .. 'el')`

export const EVENT_SCRIPTS = {
  ctiEvents: APPEND,
  ctiEventsAfter: AFTER,
  ctiEventsToFold: TO_FOLD,
  ctiEventsFold: FOLD_EVENTS,
  ctiEventHeads: HEADS,
  ctiEventLinks: LINKS,
  ctiEventForget: FORGET,
  ctiEventPlatforms: PLATFORMS,
} as const
