/** Part of scripts that read commands (redis-read-scripts.ts, redis-audit-scripts.ts). */

/** One finished command in its chunk; and any command by its id. */
export const FINISHED = `
local function open_one(a, seq)
  for _, entry in ipairs(a.list) do
    if string.find(entry.raw, seq .. ' ', 1, true) == 1 then return entry.raw end
  end
end
local function finished(agent, seq)
  for _, raw in ipairs(redis.call('LRANGE', P .. 'f:' .. math.floor(seq / 32) .. ':' .. agent, 0, -1)) do
    if string.find(raw, seq .. ' ', 1, true) == 1 then return raw end
  end
end
local function load(id)
  local seq, agent = place(id)
  if not seq then return nil end
  return open_one(agent_of(agent), seq) or finished(agent, seq), agent
end
`
