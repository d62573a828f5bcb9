/**
 * Version 8: an acceptance is not taken back once another process has sent the command (taken back, it would be a lie, and so would a
 * second one under its key); one that was begun with the acceptance counts no attempt, because nobody learned that it may be sent.
 */
export const VERSION_8 = `
create or replace function cti.undo_append(p_id text, p_key text, p_claim text, p_problem text, p_settled_at double precision)
returns void language plpgsql as $$
declare
  agent cti.agents := cti.lock_agent(p_key);
  found_command cti.commands;
begin
  select * into found_command from cti.commands c where c.id = p_id;
  if found then
    if not found_command.is_open or (found_command.attempts > 0 and found_command.begun is null) then return; end if;
    if found_command.begun = agent.token then
      update cti.agents a set owner = null, lease_until = null where a.key = p_key;
    end if;
    update cti.commands c
      set status = 'cancelled', settled_at = p_settled_at, problem = p_problem, attempts = 0, sent_at = null, next_at = null, epoch = null,
        begun = null
      where c.id = p_id;
  end if;
  delete from cti.idempotency i where i.key = p_claim and i.command_id = p_id;
end $$;
`
