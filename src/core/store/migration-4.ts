import { ALIVE_MS, RESERVED_MS } from './redis-side-scripts.js'

/**
 * Version 4: budgets, site leases and signs of life (`cti.instances` and `cti.meta`); the same rules as the Lua of
 * redis-side-scripts.ts. All instants are the engine's clock. As before, every step locks its row first and checks the deadline
 * after that and as the last thing.
 *
 * A token that a crash of the server brings back does no harm, so that taking one does not wait for the disk.
 */
export const VERSION_4 = `
create table cti.budgets (
  account text collate "C" primary key,
  learned double precision,
  paused_from double precision,
  paused_until double precision,
  tokens double precision,
  counted_at double precision
);
create table cti.budget_waits (
  account text collate "C" not null,
  priority double precision not null,
  waiter text collate "C" not null,
  refused_at double precision not null,
  primary key (account, priority, waiter)
);
create table cti.site_leases (
  name text collate "C" primary key,
  token integer not null default 0,
  owner text,
  lease_until double precision
);
create table cti.instances (
  owner text collate "C" primary key,
  beat_at double precision not null
);

create function cti.lock_budget(p_account text) returns cti.budgets language plpgsql as $$
declare
  budget cti.budgets;
begin
  insert into cti.budgets (account) values (p_account) on conflict do nothing;
  select * into budget from cti.budgets b where b.account = p_account for update;
  return budget;
end $$;

create function cti.take_token(
  p_deadline double precision, p_account text, p_priority double precision, p_waiter text, p_rate double precision, p_burst double precision,
  out granted boolean, out retry_in double precision, out per_second double precision
) language plpgsql as $$
declare
  budget cti.budgets;
  most double precision := greatest(1, p_burst);
  moment double precision;
  saved double precision;
  paused boolean;
  ahead integer;
begin
  if p_rate is null and not exists (select 1 from cti.budgets b where b.account = p_account and b.learned is not null) then
    perform cti.in_time(p_deadline);
    granted := true;
    retry_in := 0;
    return;
  end if;
  perform set_config('synchronous_commit', 'off', true);
  budget := cti.lock_budget(p_account);
  perform cti.in_time(p_deadline);
  moment := cti.now_ms();
  per_second := least(p_rate, budget.learned);
  paused := coalesce(moment >= budget.paused_from and moment < budget.paused_until, false);
  saved := case
    when budget.counted_at is null then most
    when paused then budget.tokens
    else least(most, budget.tokens + greatest(0, moment - budget.counted_at) / 1000 * per_second) end;
  delete from cti.budget_waits w where w.account = p_account and w.refused_at <= moment - ${RESERVED_MS};
  select count(*) into ahead from cti.budget_waits w where w.account = p_account and w.priority < p_priority;
  granted := not paused and ahead = 0 and saved >= 0.999999;
  retry_in := 0;
  if granted then
    saved := saved - 1;
    delete from cti.budget_waits w where w.account = p_account and w.priority = p_priority and w.waiter = p_waiter;
  else
    insert into cti.budget_waits as w (account, priority, waiter, refused_at) values (p_account, p_priority, p_waiter, moment)
      on conflict (account, priority, waiter) do update set refused_at = excluded.refused_at;
    retry_in := case
      when paused then ceil(budget.paused_until - moment + ahead / per_second * 1000)
      else greatest(case when ahead > 0 then 20 else 1 end, ceil((1 + ahead - saved) / per_second * 1000)) end;
  end if;
  if not paused then
    update cti.budgets b set tokens = saved, counted_at = moment where b.account = p_account;
  end if;
  perform cti.in_time(p_deadline);
end $$;

create function cti.restrict_budget(p_deadline double precision, p_account text, p_rate double precision, p_pause double precision, p_raise boolean)
returns void language plpgsql as $$
declare
  budget cti.budgets := cti.lock_budget(p_account);
  moment double precision;
  ends double precision;
begin
  perform cti.in_time(p_deadline);
  moment := cti.now_ms();
  update cti.budgets b set learned = case when p_raise then p_rate else least(p_rate, budget.learned) end where b.account = p_account;
  if not p_raise or p_pause > 0 then
    ends := moment + p_pause;
    if moment >= budget.paused_from and moment < budget.paused_until then ends := greatest(ends, budget.paused_until); end if;
    update cti.budgets b set paused_from = moment, paused_until = ends, tokens = 1, counted_at = ends where b.account = p_account;
  end if;
  perform cti.in_time(p_deadline);
end $$;

create function cti.acquire_site(p_deadline double precision, p_name text, p_owner text, p_ttl double precision)
returns integer language plpgsql as $$
declare
  site cti.site_leases;
  live boolean;
  answer integer;
begin
  insert into cti.site_leases (name) values (p_name) on conflict do nothing;
  select * into site from cti.site_leases s where s.name = p_name for update;
  perform cti.in_time(p_deadline);
  live := coalesce(site.owner is not null and site.lease_until > cti.now_ms(), false);
  if live and site.owner <> p_owner then return null; end if;
  update cti.site_leases s set owner = p_owner, lease_until = cti.now_ms() + p_ttl,
      token = case when live then s.token else s.token + 1 end
    where s.name = p_name returning s.token into answer;
  perform cti.in_time(p_deadline);
  return answer;
end $$;

create function cti.release_site(p_deadline double precision, p_name text, p_owner text) returns void language plpgsql as $$
begin
  update cti.site_leases s set owner = null, lease_until = null where s.name = p_name and s.owner = p_owner;
  perform cti.in_time(p_deadline);
end $$;

create function cti.beat(
  p_deadline double precision, p_owner text, p_epoch text,
  out epoch text, out beats double precision, out previous_at double precision, out alive text
) language plpgsql as $$
declare
  moment double precision;
begin
  insert into cti.meta (name, value) values ('epoch', p_epoch), ('beats', '0') on conflict do nothing;
  update cti.meta m set value = (m.value::bigint + 1)::text where m.name = 'beats' returning m.value::double precision into beats;
  perform cti.in_time(p_deadline);
  moment := cti.now_ms();
  select m.value into epoch from cti.meta m where m.name = 'epoch';
  select m.value::double precision into previous_at from cti.meta m where m.name = 'beatAt';
  insert into cti.meta as m (name, value) values ('beatAt', moment::text) on conflict (name) do update set value = excluded.value;
  insert into cti.instances as i (owner, beat_at) values (p_owner, moment) on conflict (owner) do update set beat_at = excluded.beat_at;
  delete from cti.instances i where i.beat_at < moment - ${ALIVE_MS} or i.beat_at > moment + ${ALIVE_MS};
  select coalesce(json_agg(i.owner order by i.owner), '[]')::text into alive from cti.instances i;
  perform cti.in_time(p_deadline);
end $$;

create function cti.leave(p_deadline double precision, p_owner text) returns void language plpgsql as $$
begin
  delete from cti.instances i where i.owner = p_owner;
  perform cti.in_time(p_deadline);
end $$;

create function cti.new_epoch(p_deadline double precision, p_seen text, p_at_least double precision, p_epoch text)
returns text language plpgsql as $$
declare
  present text;
begin
  insert into cti.meta (name, value) values ('epoch', p_epoch), ('beats', '0') on conflict do nothing;
  update cti.meta m set value = greatest(m.value::bigint, p_at_least::bigint)::text where m.name = 'beats';
  update cti.meta m set value = p_epoch where m.name = 'epoch' and m.value = p_seen;
  select m.value into present from cti.meta m where m.name = 'epoch';
  perform cti.in_time(p_deadline);
  return present;
end $$;
`
