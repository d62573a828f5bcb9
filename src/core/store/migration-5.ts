/**
 * Version 5: the event log; the same rules as the Lua of redis-event-scripts.ts. Every append locks the one row of `cti.event_log`
 * first, so that the order of the cursors is the order of the commits: a reader who has seen a cursor has seen all before it.
 * Bodies are text and not jsonb, as in version 1. Cursors are double precision, because that is what drivers read as a number.
 */
export const VERSION_5 = `
create table cti.event_log (
  name text primary key,
  newest double precision not null,
  oldest double precision not null
);
insert into cti.event_log values ('site', 0, 1);
create table cti.events (
  cursor double precision primary key,
  type text not null,
  platform text collate "C" not null,
  agent_id text collate "C" not null,
  at double precision not null,
  seq integer,
  extra text not null,
  body text not null
);
create table cti.event_heads (
  platform text collate "C" not null,
  agent_id text collate "C" not null,
  seq integer not null,
  told text not null,
  cursor double precision,
  event_seq integer,
  at double precision,
  source text,
  body text,
  primary key (platform, agent_id)
);
create table cti.event_links (
  platform text collate "C" primary key,
  cursor double precision not null,
  at double precision not null,
  body text not null,
  down_cursor double precision not null
);

create function cti.append_events(p_deadline double precision, p_keep double precision, p_events json) returns void language plpgsql as $$
declare
  log cti.event_log;
  event record;
  head cti.event_heads;
  link cti.event_links;
  new_told text;
  place text;
  rank text;
  before text;
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
      new_told := coalesce(head.told, ',');
    end if;
    if event.type = 'agent' and head.body = event.body then
      if not exists (select 1 from cti.event_links l where l.platform = event.platform and l.down_cursor > head.cursor) then continue; end if;
    end if;
    if event.type = 'command' then
      place := split_part(event.extra, ':', 1);
      rank := split_part(event.extra, ':', 2);
      before := substring(new_told from ',' || place || ':([0-9]),');
      if before is not null then
        if rank < before or (rank = before and rank <> '1') then continue; end if;
        new_told := regexp_replace(new_told, ',' || place || ':[0-9],', ',');
      end if;
      new_told := new_told || event.extra || ',';
      if length(new_told) - length(replace(new_told, ':', '')) > 8 then new_told := regexp_replace(new_told, '^,[^,]*', ''); end if;
    end if;
    if event.type = 'link' then
      select * into link from cti.event_links l where l.platform = event.platform;
      if link.body = event.body then continue; end if;
    end if;
    log.newest := log.newest + 1;
    insert into cti.events (cursor, type, platform, agent_id, at, seq, extra, body)
      values (log.newest, event.type, event.platform, event."agentId", event.at, new_seq, event.extra, event.body);
    if event.type = 'agent' then
      insert into cti.event_heads as h (platform, agent_id, seq, told, cursor, event_seq, at, source, body)
        values (event.platform, event."agentId", new_seq, new_told, log.newest, new_seq, event.at, event.extra, event.body)
        on conflict (platform, agent_id) do update set seq = excluded.seq, cursor = excluded.cursor, event_seq = excluded.event_seq,
          at = excluded.at, source = excluded.source, body = excluded.body;
    elsif event.type = 'command' then
      insert into cti.event_heads as h (platform, agent_id, seq, told) values (event.platform, event."agentId", new_seq, new_told)
        on conflict (platform, agent_id) do update set seq = excluded.seq, told = excluded.told;
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
`
