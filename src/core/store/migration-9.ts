/**
 * Version 9: an acceptance is not taken back either when somebody who came again with its idempotency key was told of the command. Both steps
 * lock the agent's row first, so that one of them sees what the other has done.
 */
export const VERSION_9 = `
alter table cti.idempotency add column told boolean not null default false;

create or replace function cti.append(
  p_deadline double precision, p_id text, p_key text, p_class text, p_channel text, p_accepted_at double precision,
  p_body text, p_relations jsonb, p_claim text, p_fingerprint text, p_ttl double precision, p_owner text, p_lease double precision,
  out kind text, out place integer, out other text, out same_body boolean, out answer text, out replaced text, out granted integer
) language plpgsql as $$
declare
  agent cti.agents := cti.lock_agent(p_key);
  older record;
  open_ones integer := 0;
  ids text[] := '{}';
  refused_by text;
  relation text;
begin
  perform cti.in_time(p_deadline);
  if p_claim is not null then
    insert into cti.idempotency as i (key, fingerprint, command_id, expires_at)
      values (p_claim, p_fingerprint, p_id, cti.now_ms() + p_ttl)
      on conflict (key) do update
        set fingerprint = excluded.fingerprint, command_id = excluded.command_id, expires_at = excluded.expires_at, response = null, told = false
        where i.expires_at <= cti.now_ms();
    if not found then
      select i.command_id, i.fingerprint = p_fingerprint, i.response into other, same_body, answer
        from cti.idempotency i where i.key = p_claim;
      update cti.idempotency i set told = true where i.key = p_claim and same_body and not i.told;
      kind := 'known';
      perform cti.in_time(p_deadline);
      return;
    end if;
  end if;
  for older in select c.id, c.class, c.channel from cti.commands c where c.key = p_key and c.is_open order by c.seq loop
    open_ones := open_ones + 1;
    relation := coalesce(p_relations ->> (older.class || '|' || case
      when older.channel is not distinct from p_channel then 'same'
      when older.channel is null then 'agent'
      else 'channel' end), 'waits');
    if relation = 'refused' then refused_by := older.id; end if;
    if relation = 'waits' then ids := '{}'; end if;
    if relation = 'replaces' then ids := ids || older.id; end if;
  end loop;
  if refused_by is not null then
    delete from cti.idempotency i where i.key = p_claim;
    kind := 'refused';
    other := refused_by;
    return;
  end if;
  if open_ones > 0 then
    update cti.commands c
      set status = 'superseded', settled_at = p_accepted_at, superseded_by = p_id, next_at = null, epoch = null, begun = null
      where c.id = any (ids);
  end if;
  if p_owner is not null and agent.owner is null and open_ones = cardinality(ids) then
    update cti.agents a set seq = a.seq + 1, token = a.token + 1, owner = p_owner, lease_until = cti.now_ms() + p_lease
      where a.key = p_key returning a.seq, a.token into place, granted;
  else
    update cti.agents a set seq = a.seq + 1 where a.key = p_key returning a.seq into place;
  end if;
  insert into cti.commands (id, key, seq, class, channel, status, attempts, accepted_at, sent_at, epoch, begun, body)
    values (
      p_id, p_key, place, p_class, p_channel,
      case when granted is null then 'accepted' else 'sent' end,
      case when granted is null then 0 else 1 end,
      p_accepted_at,
      case when granted is not null then p_accepted_at end,
      cti.epoch(), granted, p_body);
  perform cti.in_time(p_deadline);
  kind := 'accepted';
  replaced := array_to_json(ids)::text;
end $$;

create or replace function cti.undo_append(p_id text, p_key text, p_claim text, p_problem text, p_settled_at double precision)
returns void language plpgsql as $$
declare
  agent cti.agents := cti.lock_agent(p_key);
  found_command cti.commands;
begin
  if exists (select 1 from cti.idempotency i where i.key = p_claim and i.command_id = p_id and i.told) then return; end if;
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
