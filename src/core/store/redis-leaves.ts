/** Rows of a leaf: a small hash is looked through from its beginning, in 4 µs where it has 128 entries. A leaf itself takes 200 B. */
export const LEAF_ROWS = 48

/**
 * Entries by time. `<kind>t`: a set of the instants at which leaves begin, the first one is 0 and stays; `<kind>l:<start>`: a leaf, entries by
 * name, each its instant less the start, and a text. All of one instant are in one leaf. An entry takes what its name and text take, and six
 * bytes; in a sorted set it would take sixty more.
 */
export const LEAVES = `
-- Looked up once in a script, which takes no leaf away after it has put something in.
local newest_leaf, rows_of = {}, {}
local function leaf(kind, at)
  local newest = newest_leaf[kind] or redis.call('ZREVRANGE', P .. kind .. 't', 0, 0)[1] or '0'
  newest_leaf[kind] = newest
  if tonumber(at) >= tonumber(newest) then return newest end
  return redis.call('ZREVRANGEBYSCORE', P .. kind .. 't', at, '-inf', 'LIMIT', 0, 1)[1] or '0'
end
local function offset(value) return tonumber(string.match(value, '^%d+')) end
-- Rows come almost in the order of time: when the newest one is too many, it begins the next leaf, so that leaves are full.
local function split(kind, start, at)
  local leaves = P .. kind .. 'l:'
  local key, flat, offsets = leaves .. start, redis.call('HGETALL', leaves .. start), {}
  for i = 2, #flat, 2 do offsets[#offsets + 1] = offset(flat[i]) end
  table.sort(offsets)
  local cut = offsets[#offsets]
  if at - start < cut then
    local middle = math.floor(#offsets / 2) + 1
    cut = offsets[middle]
    while cut == offsets[1] and middle < #offsets do
      middle = middle + 1
      cut = offsets[middle]
    end
  end
  if cut == offsets[1] then return end
  local second = string.format('%.0f', start + cut)
  for i = 2, #flat, 2 do
    local place = offset(flat[i])
    if place >= cut then
      redis.call('HSET', leaves .. second, flat[i - 1], string.format('%.0f', place - cut) .. string.gsub(flat[i], '^%d+', '', 1))
      redis.call('HDEL', key, flat[i - 1])
    end
  end
  redis.call('ZADD', P .. kind .. 't', second, second)
  newest_leaf, rows_of = {}, {}
end
local function put(kind, row, at, text)
  local start = leaf(kind, at)
  local key, value = P .. kind .. 'l:' .. start, string.format('%.0f', at - start) .. text
  if redis.call('HSETNX', key, row, value) == 1 then
    local rows = rows_of[key] and rows_of[key] + 1 or redis.call('HLEN', key)
    rows_of[key] = rows
    if rows == 1 then redis.call('ZADD', P .. kind .. 't', start, start) end
    if rows > ${LEAF_ROWS} and rows % ${LEAF_ROWS} == 1 then split(kind, start, at) end
    return 1
  end
  return 0, key
end
`
