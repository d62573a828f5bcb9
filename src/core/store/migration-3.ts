/**
 * Version 3: a command is begun by the step that accepts it, and the agent goes on with the next one by the step that settles it.
 *
 * `epoch` is that of an open command's acceptance; when it is not the one in `cti.meta`, the database was rolled back meanwhile.
 * `begun` is the token of the lease that came with the acceptance, until the fence is passed: whoever takes the acceptance back
 * frees the lease only if nobody has got it since. Changes come as JSON with what the life-cycle table says of them (changes.ts).
 */
export const VERSION_3 = `
create table if not exists cti.meta (name text collate "C" primary key, value text not null);
insert into cti.meta (name, value) values ('epoch', substr(md5(random()::text || clock_timestamp()::text), 1, 12))
  on conflict do nothing;

alter table cti.commands add column epoch text, add column crashes integer, add column begun integer;
update cti.commands set epoch = (select value from cti.meta where name = 'epoch') where is_open;

create function cti.epoch() returns text language sql stable as $$ select value from cti.meta where name = 'epoch' $$;

drop function cti.append(double precision, text, text, text, text, double precision, text, jsonb, text, text, double precision);
create function cti.append(
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
        set fingerprint = excluded.fingerprint, command_id = excluded.command_id, expires_at = excluded.expires_at, response = null
        where i.expires_at <= cti.now_ms();
    if not found then
      select i.command_id, i.fingerprint = p_fingerprint, i.response into other, same_body, answer
        from cti.idempotency i where i.key = p_claim;
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

drop function cti.lease(double precision, text, text, double precision);
create function cti.take(
  p_deadline double precision, p_key text, p_owner text, p_ttl double precision,
  out kind text, out granted integer, out head cti.commands
) language plpgsql as $$
declare
  agent cti.agents;
begin
  kind := 'idle';
  if not exists (select 1 from cti.commands c where c.key = p_key and c.is_open) then
    perform cti.in_time(p_deadline);
    return;
  end if;
  agent := cti.lock_agent(p_key);
  perform cti.in_time(p_deadline);
  select c.* into head from cti.commands c where c.key = p_key and c.is_open order by c.seq limit 1;
  if not found then return; end if;
  if agent.owner <> p_owner then
    if agent.lease_until > cti.now_ms() then
      kind := 'held';
      return;
    end if;
    if head.pending is not true then
      update cti.commands c set crashes = coalesce(c.crashes, 0) + 1 where c.id = head.id returning c.* into head;
    end if;
  end if;
  update cti.agents a set owner = p_owner, token = a.token + 1, lease_until = cti.now_ms() + p_ttl
    where a.key = p_key returning a.token into granted;
  kind := 'taken';
  perform cti.in_time(p_deadline);
end $$;

create or replace function cti.claim_send(
  p_deadline double precision, p_id text, p_key text, p_owner text, p_token integer, p_now double precision, p_same boolean
) returns setof cti.commands language plpgsql as $$
begin
  if not cti.holds(cti.lock_agent(p_key), p_key, p_owner, p_token) then return; end if;
  perform cti.in_time(p_deadline);
  return query update cti.commands c
    set status = 'sent', sent_at = p_now, next_at = null, pending = null, begun = null,
      attempts = c.attempts + case when p_same then 0 else 1 end
    where c.id = p_id and c.key = p_key and c.is_open and c.epoch is not distinct from cti.epoch()
    returning c.*;
  perform cti.in_time(p_deadline);
end $$;

create function cti.change(p_id text, p_key text, p_change jsonb) returns boolean language plpgsql as $$
declare
  fields jsonb := p_change -> 'fields';
begin
  update cti.commands c
    set status = fields ->> 'status',
      settled_at = coalesce((fields ->> 'settledAt')::double precision, c.settled_at),
      next_at = coalesce((fields ->> 'nextAttemptAt')::double precision, case when not p_change -> 'clear' ? 'nextAttemptAt' then c.next_at end),
      confirmed_by = coalesce(fields ->> 'confirmedBy', c.confirmed_by),
      unchanged = coalesce((fields ->> 'unchanged')::boolean, c.unchanged),
      pending = coalesce((fields ->> 'pending')::boolean, case when not p_change -> 'clear' ? 'pending' then c.pending end),
      problem = coalesce(fields ->> 'problem', c.problem),
      crashes = case when not p_change -> 'clear' ? 'crashes' then c.crashes end,
      attempts = case when (p_change ->> 'giveAttemptBack')::boolean then greatest(0, c.attempts - 1) else c.attempts end,
      epoch = case when fields ->> 'status' in ('accepted', 'sent', 'retrying') then c.epoch end,
      begun = null
    where c.id = p_id and c.key = p_key and p_change -> 'from' ? c.status;
  return found;
end $$;

drop function cti.settle(double precision, text, text, text, integer, text, double precision, double precision, text, boolean, boolean,
  text, boolean);
create function cti.settle(p_deadline double precision, p_id text, p_key text, p_owner text, p_token integer, p_change jsonb)
returns boolean language plpgsql as $$
declare
  own_key text;
  agent cti.agents;
  changed boolean;
begin
  select c.key into own_key from cti.commands c where c.id = p_id;
  if not found then return false; end if;
  agent := cti.lock_agent(own_key);
  if p_key is not null and not cti.holds(agent, p_key, p_owner, p_token) then return false; end if;
  perform cti.in_time(p_deadline);
  changed := cti.change(p_id, own_key, p_change);
  perform cti.in_time(p_deadline);
  return changed;
end $$;

create function cti.finish(
  p_deadline double precision, p_id text, p_key text, p_owner text, p_token integer, p_change jsonb, p_now double precision,
  out settled boolean, out head cti.commands
) language plpgsql as $$
begin
  settled := false;
  if not cti.holds(cti.lock_agent(p_key), p_key, p_owner, p_token) then return; end if;
  perform cti.in_time(p_deadline);
  settled := cti.change(p_id, p_key, p_change);
  select c.* into head from cti.commands c where c.key = p_key and c.is_open order by c.seq limit 1;
  if head.id is null or head.next_at > p_now then
    head := null;
    update cti.agents a set owner = null, lease_until = null where a.key = p_key;
  end if;
  perform cti.in_time(p_deadline);
end $$;

create or replace function cti.undo_append(p_id text, p_key text, p_claim text, p_problem text, p_settled_at double precision)
returns void language plpgsql as $$
declare
  agent cti.agents := cti.lock_agent(p_key);
  begun_with integer;
begin
  delete from cti.idempotency i where i.key = p_claim and i.command_id = p_id;
  select c.begun into begun_with from cti.commands c where c.id = p_id and c.is_open;
  if not found then return; end if;
  if begun_with = agent.token then
    update cti.agents a set owner = null, lease_until = null where a.key = p_key;
  end if;
  update cti.commands c
    set status = 'cancelled', settled_at = p_settled_at, problem = p_problem, next_at = null, epoch = null, begun = null
    where c.id = p_id;
end $$;
`
