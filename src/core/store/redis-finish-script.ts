/**
 * Ending a command and its run. ARGV: id, change, agent, owner, token, now. And, when the process has worked out what becomes of the agent's
 * text (redis-prepared.ts): the text it is thought to be, the end of the lease and the `d` of that text, the new text before its `d`, the
 * chunk, the record that goes there, settledAt, and the set that the agent leaves. It was the agent's only command then.
 *
 * Answers the new `d` when it was done as foreseen. Else whether it was settled; and epoch and record of the next command when the lease is kept
 * for it.
 */
export const FINISH = `
if ARGV[8] and redis.call('GET', P .. 'a:' .. ARGV[4]) == ARGV[8] and tonumber(ARGV[9]) > now then
  -- Taken out before anything is put in: Redis lets a step that has begun go on when its memory is full.
  redis.call('ZREM', P .. 'backlog', ARGV[2])
  redis.call('SET', P .. 'a:' .. ARGV[4], ARGV[11] .. present_slot)
  file(ARGV[12], ARGV[13], tonumber(ARGV[14]))
  if ARGV[10] ~= present_slot then tell_of_end(ARGV[4]) end
  redis.call('ZREM', P .. ARGV[15], ARGV[4])
  return tonumber(present_slot)
end
local a = agent_of(ARGV[4])
if not holds(a, ARGV[5], ARGV[6]) then return { 0 } end
local settled = settle(a, ARGV[2], ARGV[3]) and 1 or 0
local first = a.list[1]
if first then
  local at = read(first).nx
  if at == '' or tonumber(at) <= tonumber(ARGV[7]) then
    if settled == 1 then keep(a) end
    return { settled, epoch(), first.raw }
  end
end
free(a)
keep(a)
return { settled }
`
