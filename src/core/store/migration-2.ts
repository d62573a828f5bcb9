/**
 * Version 2: the report of logouts. A logout is named by platform, agent and instant; telling it again fills what was missing.
 * As in version 1, the deadline is checked first and again as the last thing before the commit, because an insert may wait for
 * another one of the same logout.
 */
export const VERSION_2 = `
create table cti.logouts (
  platform text collate "C" not null,
  agent_id text collate "C" not null,
  at double precision not null,
  code double precision,
  name text,
  reason_text text,
  reason_key text,
  cause text,
  previous_state text,
  command_id text,
  requested_by text,
  primary key (platform, at, agent_id)
);
create index logouts_at on cti.logouts (at);

create function cti.record_logout(
  p_deadline double precision, p_platform text, p_agent_id text, p_at double precision, p_code double precision, p_name text,
  p_text text, p_key text, p_cause text, p_previous_state text, p_command_id text, p_requested_by text
) returns void language plpgsql as $$
begin
  perform cti.in_time(p_deadline);
  insert into cti.logouts as l
    (platform, agent_id, at, code, name, reason_text, reason_key, cause, previous_state, command_id, requested_by)
    values (p_platform, p_agent_id, p_at, p_code, p_name, p_text, p_key, p_cause, p_previous_state, p_command_id, p_requested_by)
    on conflict (platform, at, agent_id) do update set
      code = coalesce(l.code, excluded.code),
      name = coalesce(l.name, excluded.name),
      reason_text = coalesce(l.reason_text, excluded.reason_text),
      reason_key = coalesce(l.reason_key, excluded.reason_key),
      cause = coalesce(l.cause, excluded.cause),
      previous_state = coalesce(l.previous_state, excluded.previous_state),
      command_id = coalesce(l.command_id, excluded.command_id),
      requested_by = coalesce(l.requested_by, excluded.requested_by);
  perform cti.in_time(p_deadline);
end $$;

create function cti.prune_logouts(p_deadline double precision, p_before double precision, p_limit integer)
returns integer language plpgsql as $$
declare
  pruned integer;
begin
  delete from cti.logouts l where (l.platform, l.at, l.agent_id) in (
    select o.platform, o.at, o.agent_id from cti.logouts o where o.at < p_before limit p_limit);
  get diagnostics pruned = row_count;
  perform cti.in_time(p_deadline);
  return pruned;
end $$;
`
