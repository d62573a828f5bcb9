import { TOLD_BEFORE, TOLD_COMMANDS } from './event-record.js'

/**
 * Version 7: agents that are heard of no more are forgotten by the event log, and what it remembers of an agent's commands has a floor
 * (event-record.ts), so that ends which are told anew after a crash are known however many they are.
 */
export const VERSION_7 = `
alter table cti.event_heads add column heard double precision not null default cti.now_ms();

create function cti.tell_command(p_told text, p_place integer, p_rank text) returns text language plpgsql immutable as $$
declare
  told text := coalesce(nullif(p_told, ''), greatest(0, p_place - 1 - ${TOLD_BEFORE}) || ',');
  floor integer := coalesce(nullif(split_part(told, ',', 1), '')::integer, 0);
  ranks jsonb := coalesce((select jsonb_object_agg(m[1], m[2]) from regexp_matches(told, '([0-9]+):([0-9])', 'g') m), '{}');
  before text := ranks ->> p_place::text;
  ended integer;
  lowest integer;
begin
  if before is not null then
    if p_rank < before or (p_rank = before and p_rank <> '1') then return null; end if;
  elsif p_place <= floor then
    return null;
  end if;
  ranks := ranks || jsonb_build_object(p_place::text, p_rank);
  if p_rank = '2' and p_place <= floor then ranks := ranks - p_place::text; end if;
  while ranks ->> (floor + 1)::text = '2' loop
    floor := floor + 1;
    ranks := ranks - floor::text;
  end loop;
  if (select count(*) from jsonb_object_keys(ranks)) > ${TOLD_COMMANDS} then
    select min(r.key::integer) filter (where r.value = '2'), min(r.key::integer) into ended, lowest from jsonb_each_text(ranks) r;
    ranks := ranks - coalesce(ended, lowest)::text;
    floor := coalesce(ended, floor);
    while ranks ->> (floor + 1)::text = '2' loop
      floor := floor + 1;
      ranks := ranks - floor::text;
    end loop;
  end if;
  return floor || ',' || coalesce((select string_agg(r.key || ':' || r.value || ',', '') from jsonb_each_text(ranks) r), '');
end $$;

create or replace function cti.append_events(p_deadline double precision, p_keep double precision, p_events json) returns void language plpgsql as $$
declare
  log cti.event_log;
  event record;
  head cti.event_heads;
  link cti.event_links;
  new_told text;
  new_seq integer;
begin
  select * into log from cti.event_log l where l.name = 'site' for update;
  perform cti.in_time(p_deadline);
  for event in select * from json_to_recordset(p_events)
      as e(type text, platform text, "agentId" text, at double precision, extra text, body text) loop
    new_seq := null;
    if event."agentId" <> '' then
      select * into head from cti.event_heads h where h.platform = event.platform and h.agent_id = event."agentId";
      new_seq := coalesce(head.seq, 0) + 1;
      new_told := head.told;
    end if;
    if event.type = 'agent' and head.body = event.body then
      if not exists (select 1 from cti.event_links l where l.platform = event.platform and l.down_cursor > head.cursor) then
        -- Nothing new, but heard of: written once an hour at most, because a row costs more than a look.
        update cti.event_heads h set heard = event.at
          where h.platform = event.platform and h.agent_id = event."agentId" and h.heard < event.at - 3600000;
        continue;
      end if;
    end if;
    if event.type = 'command' then
      new_told := cti.tell_command(head.told, split_part(event.extra, ':', 1)::integer, split_part(event.extra, ':', 2));
      if new_told is null then continue; end if;
    end if;
    if event.type = 'link' then
      select * into link from cti.event_links l where l.platform = event.platform;
      if link.body = event.body then continue; end if;
    end if;
    log.newest := log.newest + 1;
    insert into cti.events (cursor, type, platform, agent_id, at, seq, extra, body)
      values (log.newest, event.type, event.platform, event."agentId", event.at, new_seq, event.extra, event.body);
    if event.type = 'agent' then
      insert into cti.event_heads as h (platform, agent_id, seq, told, cursor, event_seq, at, source, body, heard)
        values (event.platform, event."agentId", new_seq, coalesce(new_told, ''), log.newest, new_seq, event.at, event.extra, event.body, event.at)
        on conflict (platform, agent_id) do update set seq = excluded.seq, cursor = excluded.cursor, event_seq = excluded.event_seq,
          at = excluded.at, source = excluded.source, body = excluded.body,
          heard = greatest(h.heard, excluded.heard);
    elsif event.type = 'command' then
      insert into cti.event_heads as h (platform, agent_id, seq, told, heard) values (event.platform, event."agentId", new_seq, new_told, event.at)
        on conflict (platform, agent_id) do update set seq = excluded.seq, told = excluded.told, heard = greatest(h.heard, excluded.heard);
    elsif event.type = 'link' then
      insert into cti.event_links as l (platform, cursor, at, body, down_cursor)
        values (event.platform, log.newest, event.at, event.body, case when event.extra = 'down' then log.newest else 0 end)
        on conflict (platform) do update set cursor = excluded.cursor, at = excluded.at, body = excluded.body,
          down_cursor = greatest(l.down_cursor, excluded.down_cursor);
    end if;
  end loop;
  if log.newest - log.oldest + 1 > p_keep + greatest(100, p_keep / 20) then
    log.oldest := log.newest - p_keep + 1;
    delete from cti.events e where e.cursor < log.oldest;
  end if;
  update cti.event_log l set newest = log.newest, oldest = log.oldest where l.name = 'site';
  perform cti.in_time(p_deadline);
end $$;

create function cti.forget_agents(p_deadline double precision, p_before double precision, p_platforms text[], p_limit integer)
returns integer language plpgsql as $$
declare
  forgotten integer;
begin
  perform 1 from cti.event_log l where l.name = 'site' for update;
  perform cti.in_time(p_deadline);
  delete from cti.event_heads h using (
    select o.platform, o.agent_id from cti.event_heads o where o.heard < p_before limit p_limit
  ) old where h.platform = old.platform and h.agent_id = old.agent_id;
  get diagnostics forgotten = row_count;
  delete from cti.event_links l where not (l.platform = any(p_platforms)) and l.at < p_before
    and not exists (select 1 from cti.event_heads h where h.platform = l.platform);
  perform cti.in_time(p_deadline);
  return forgotten;
end $$;
`
