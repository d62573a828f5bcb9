/**
 * Version 6: the audit trail. A row whose outcome is still to come (`final` is false) may be replaced, another one not. Which commands
 * are owed a row is found by looking at those that ended since the mark; the mark moves on when none of them is owed, and a minute is
 * looked at again each time, because instants come from the clocks of several processes. Bodies are text, as in version 1.
 */
export const VERSION_6 = `
create table cti.audit (
  id text collate "C" primary key,
  at double precision not null,
  final boolean not null,
  platform text collate "C",
  agent_id text collate "C",
  principal text collate "C" not null,
  body text not null
);
create index audit_at on cti.audit (at, id);
create index audit_agent on cti.audit (agent_id, at, id);
create index audit_principal on cti.audit (principal, at, id);
create table cti.audit_mark (name text primary key, at double precision not null);
insert into cti.audit_mark values ('site', cti.now_ms());

create function cti.record_audit(p_deadline double precision, p_rows json) returns void language plpgsql as $$
begin
  perform cti.in_time(p_deadline);
  -- In the order of the ids, so that two processes that tell the same rows do not lock each other out.
  insert into cti.audit as a (id, at, final, platform, agent_id, principal, body)
    select r.id, r.at, r.final, r.platform, r."agentId", r.principal, r.body
      from json_to_recordset(p_rows)
        as r(id text, at double precision, final boolean, platform text, "agentId" text, principal text, body text)
      order by r.id collate "C"
    on conflict (id) do update set final = excluded.final, body = excluded.body where not a.final;
  perform cti.in_time(p_deadline);
end $$;

create function cti.prune_audit(
  p_deadline double precision, p_before double precision, p_keep double precision, p_limit integer, out aged integer, out surplus integer
) language plpgsql as $$
declare
  kept double precision;
begin
  delete from cti.audit a where a.id in (select o.id from cti.audit o where o.at < p_before order by o.at, o.id limit p_limit);
  get diagnostics aged = row_count;
  surplus := 0;
  if aged < p_limit then
    select count(*) into kept from cti.audit;
    if kept > p_keep then
      delete from cti.audit a where a.id in (
        select o.id from cti.audit o order by o.at, o.id limit least(p_limit - aged, (kept - p_keep)::integer));
      get diagnostics surplus = row_count;
    end if;
  end if;
  perform cti.in_time(p_deadline);
end $$;

create function cti.owed_audit(p_deadline double precision, p_before double precision, p_limit integer) returns setof text
language plpgsql as $$
declare
  mark double precision;
begin
  select m.at into mark from cti.audit_mark m where m.name = 'site';
  return query select c.id from cti.commands c
    where not c.is_open and c.settled_at >= mark - 60000 and c.settled_at < p_before
      and not exists (select 1 from cti.audit a where a.id = c.id || '/command' and a.final)
    order by c.settled_at limit p_limit;
  if not found then
    update cti.audit_mark m set at = p_before where m.name = 'site' and m.at < p_before;
  end if;
  perform cti.in_time(p_deadline);
end $$;
`
