import { TOLD_COMMANDS } from './event-record.js'

/**
 * The event log as Lua; the beginning of every script stands in redis-script-parts.ts. Keys:
 *
 *   meta           hash    epoch (of the engine registry); events: the newest cursor
 *   ev             stream  entry `<cursor>-0`: t type, p platform, a agent, at, s seq, x extra, b body; the newest ones only
 *   eh:<platform>  hash    by agent, its newest `agent` event: `<cursor> <seq> <at> <source>`, line break, body
 *   ea:<platform>  zset    agents of eh, all of score 0, so that their bytes order them
 *   es:<platform>  hash    by agent, its newest seq, and how far its last commands were told: `<seq>|,<place>:<rank>,<place>:<rank>,`
 *   el             hash    by platform, its newest `link` event: `<cursor> <at>`, line break, body
 *   ed             hash    by platform, the cursor of its newest `link` event that told of its loss
 *
 * All writers of the site go through one key, so that the order of the cursors is the order in which the steps were made.
 */

/** ARGV: how many to keep, an epoch for an engine that has none, then of each event type, platform, agent, at, extra, body. */
const APPEND = `
local meta, stream = P .. 'meta', P .. 'ev'
redis.call('HSETNX', meta, 'epoch', ARGV[3])
local cursor = tonumber(redis.call('HGET', meta, 'events') or '0')
local downs = {}
local function down(platform)
  if not downs[platform] then downs[platform] = tonumber(redis.call('HGET', P .. 'ed', platform) or '0') end
  return downs[platform]
end
for i = 4, #ARGV, 6 do
  local kind, platform, agent, at, extra, body = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local new, first, told, seq = true, false, nil, ''
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
  if new and agent ~= '' then
    local number
    number, told = string.match(redis.call('HGET', P .. 'es:' .. platform, agent) or '0|,', '^(%d+)|(.*)$')
    seq = string.format('%.0f', number + 1)
    if kind == 'command' then
      local place, rank = string.match(extra, '^(%d+):(%d)$')
      local before = string.match(told, ',' .. place .. ':(%d),')
      new = not before or rank > before or (rank == before and rank == '1')
      if new then
        if before then told = string.gsub(told, ',' .. place .. ':%d,', ',', 1) end
        told = told .. extra .. ','
        if select(2, string.gsub(told, ':', '')) > ${TOLD_COMMANDS} then told = string.gsub(told, '^,[^,]*', '', 1) end
      end
    end
  end
  if new then
    cursor = cursor + 1
    local id = string.format('%.0f', cursor)
    if seq ~= '' then redis.call('HSET', P .. 'es:' .. platform, agent, seq .. '|' .. told) end
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
    redis.call('XADD', stream, 'MAXLEN', '~', ARGV[2], id .. '-0', 't', kind, 'p', platform, 'a', agent, 'at', at, 's', seq, 'x', extra, 'b', body)
  end
end
redis.call('HSET', meta, 'events', string.format('%.0f', cursor))
return 1
`

/** ARGV: the first cursor wanted, how many at most. Answers epoch, newest cursor, oldest cursor ('' for none), entries. */
const AFTER = `
local stream = P .. 'ev'
local state = redis.call('HMGET', P .. 'meta', 'epoch', 'events')
local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
local found = redis.call('XRANGE', stream, ARGV[2] .. '-0', '+', 'COUNT', ARGV[3])
return { state[1] or '', state[2] or '0', oldest and oldest[1] or '', found }
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

const LINKS = `return redis.call('HGETALL', P .. 'el')`

export const EVENT_SCRIPTS = { ctiEvents: APPEND, ctiEventsAfter: AFTER, ctiEventHeads: HEADS, ctiEventLinks: LINKS } as const
