import { storeUnavailable } from './deadline.js'
import { VERSION_2 } from './migration-2.js'
import { VERSION_3 } from './migration-3.js'
import { VERSION_4 } from './migration-4.js'
import { VERSION_5 } from './migration-5.js'
import { VERSION_6 } from './migration-6.js'
import { VERSION_7 } from './migration-7.js'
import { VERSION_8 } from './migration-8.js'
import { VERSION_9 } from './migration-9.js'

/** The part of node-postgres that is used; PGlite stands behind the same shape (embedded.ts). */
export interface SqlQueryable {
  /** Without parameters the text may hold several statements. */
  query<R>(text: string, params?: readonly unknown[]): Promise<{ readonly rows: R[] }>
}

export interface SqlClient extends SqlQueryable {
  release(destroy?: boolean): void
}

/** SQLSTATE of our own: the operation came after its deadline and did nothing. */
export const LATE_STATE = 'CT001'

/**
 * Version 1. The atomic steps are functions, so that each is one statement for the caller. Times are epoch ms; those of
 * leases and idempotency records are the engine's clock, all others the gateway's. Texts that the gateway alone reads
 * (body, problem, response) are text and not jsonb, which refuses U+0000 and would reorder keys.
 *
 * Every step of one agent locks the agent's row first: appends get their places in turn, and two changes of one command
 * cannot both win. The deadline is checked after the wait for that lock, and again as the last thing before the commit.
 */
const VERSION_1 = `
create table cti.agents (
  key text collate "C" primary key,
  seq integer not null default 0,
  token integer not null default 0,
  owner text,
  lease_until double precision
);
create table cti.commands (
  id text collate "C" primary key,
  key text collate "C" not null,
  seq integer not null,
  class text not null,
  channel text,
  status text not null,
  is_open boolean not null generated always as (status in ('accepted', 'sent', 'retrying')) stored,
  attempts integer not null default 0,
  accepted_at double precision not null,
  sent_at double precision,
  settled_at double precision,
  next_at double precision,
  confirmed_by text,
  unchanged boolean,
  superseded_by text,
  pending boolean,
  problem text,
  body text not null,
  unique (key, seq)
);
create index commands_open on cti.commands (key, seq) where is_open;
create index commands_backlog on cti.commands (accepted_at) where is_open;
create index commands_settled on cti.commands (settled_at) where not is_open;
create index commands_dead on cti.commands (settled_at, id) where status = 'dead';
create table cti.idempotency (
  key text collate "C" primary key,
  fingerprint text not null,
  command_id text not null,
  expires_at double precision not null,
  response text
);
create index idempotency_expiry on cti.idempotency (expires_at);

create function cti.now_ms() returns double precision language sql volatile as
  $$ select extract(epoch from clock_timestamp())::double precision * 1000 $$;

create function cti.in_time(p_deadline double precision) returns void language plpgsql as $$
begin
  if cti.now_ms() > p_deadline then
    raise exception 'LATE' using errcode = '${LATE_STATE}';
  end if;
end $$;

create function cti.lock_agent(p_key text) returns cti.agents language plpgsql as $$
declare
  found_agent cti.agents;
begin
  select * into found_agent from cti.agents a where a.key = p_key for update;
  if not found then
    insert into cti.agents (key) values (p_key) on conflict do nothing;
    select * into found_agent from cti.agents a where a.key = p_key for update;
  end if;
  return found_agent;
end $$;

create function cti.holds(p_agent cti.agents, p_key text, p_owner text, p_token integer) returns boolean language sql volatile as
  $$ select coalesce(p_agent.key = p_key and p_agent.owner = p_owner and p_agent.token = p_token
     and p_agent.lease_until > cti.now_ms(), false) $$;

create function cti.append(
  p_deadline double precision, p_id text, p_key text, p_class text, p_channel text, p_accepted_at double precision,
  p_body text, p_relations jsonb, p_claim text, p_fingerprint text, p_ttl double precision,
  out kind text, out place integer, out other text, out same_body boolean, out answer text, out replaced text
) language plpgsql as $$
declare
  older record;
  ids text[] := '{}';
  refused_by text;
  relation text;
begin
  perform cti.lock_agent(p_key);
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
  update cti.commands c
    set status = 'superseded', settled_at = p_accepted_at, superseded_by = p_id, next_at = null
    where c.id = any (ids);
  update cti.agents a set seq = a.seq + 1 where a.key = p_key returning a.seq into place;
  insert into cti.commands (id, key, seq, class, channel, status, accepted_at, body)
    values (p_id, p_key, place, p_class, p_channel, 'accepted', p_accepted_at, p_body);
  perform cti.in_time(p_deadline);
  kind := 'accepted';
  replaced := array_to_json(ids)::text;
end $$;

create function cti.claim_send(
  p_deadline double precision, p_id text, p_key text, p_owner text, p_token integer, p_now double precision, p_same boolean
) returns setof cti.commands language plpgsql as $$
begin
  if not cti.holds(cti.lock_agent(p_key), p_key, p_owner, p_token) then return; end if;
  perform cti.in_time(p_deadline);
  return query update cti.commands c
    set status = 'sent', sent_at = p_now, next_at = null, pending = null, attempts = c.attempts + case when p_same then 0 else 1 end
    where c.id = p_id and c.key = p_key and c.is_open
    returning c.*;
  perform cti.in_time(p_deadline);
end $$;

create function cti.settle(
  p_deadline double precision, p_id text, p_key text, p_owner text, p_token integer, p_status text, p_settled_at double precision,
  p_next_at double precision, p_confirmed_by text, p_unchanged boolean, p_pending boolean, p_problem text, p_give_back boolean
) returns boolean language plpgsql as $$
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
  update cti.commands c
    set status = p_status,
      settled_at = coalesce(p_settled_at, c.settled_at),
      next_at = case when p_status in ('accepted', 'sent', 'retrying') then coalesce(p_next_at, c.next_at) end,
      confirmed_by = coalesce(p_confirmed_by, c.confirmed_by),
      unchanged = coalesce(p_unchanged, c.unchanged),
      pending = coalesce(p_pending, c.pending),
      problem = coalesce(p_problem, c.problem),
      attempts = case when p_give_back then greatest(0, c.attempts - 1) else c.attempts end
    where c.id = p_id and c.is_open;
  changed := found;
  perform cti.in_time(p_deadline);
  return changed;
end $$;

create function cti.undo_append(p_id text, p_key text, p_claim text, p_problem text, p_settled_at double precision)
returns void language plpgsql as $$
begin
  perform cti.lock_agent(p_key);
  delete from cti.idempotency i where i.key = p_claim and i.command_id = p_id;
  update cti.commands c set status = 'cancelled', settled_at = p_settled_at, problem = p_problem, next_at = null
    where c.id = p_id and c.is_open;
end $$;

create function cti.lease(p_deadline double precision, p_key text, p_owner text, p_ttl double precision)
returns integer language plpgsql as $$
declare
  agent cti.agents := cti.lock_agent(p_key);
  granted integer;
begin
  perform cti.in_time(p_deadline);
  if agent.owner is not null and agent.owner <> p_owner and agent.lease_until > cti.now_ms() then return null; end if;
  update cti.agents a set owner = p_owner, token = a.token + 1, lease_until = cti.now_ms() + p_ttl
    where a.key = p_key returning a.token into granted;
  perform cti.in_time(p_deadline);
  return granted;
end $$;

create function cti.renew(p_deadline double precision, p_key text, p_owner text, p_token integer, p_ttl double precision)
returns boolean language plpgsql as $$
begin
  if not cti.holds(cti.lock_agent(p_key), p_key, p_owner, p_token) then return false; end if;
  perform cti.in_time(p_deadline);
  update cti.agents a set lease_until = cti.now_ms() + p_ttl where a.key = p_key;
  return true;
end $$;

create function cti.release(p_deadline double precision, p_key text, p_owner text, p_token integer) returns void language plpgsql as $$
begin
  if not cti.holds(cti.lock_agent(p_key), p_key, p_owner, p_token) then return; end if;
  perform cti.in_time(p_deadline);
  update cti.agents a set owner = null, lease_until = null where a.key = p_key;
end $$;

create function cti.complete(p_deadline double precision, p_claim text, p_response text) returns void language plpgsql as $$
begin
  update cti.idempotency i set response = p_response where i.key = p_claim and i.expires_at > cti.now_ms();
  perform cti.in_time(p_deadline);
end $$;

create function cti.prune(p_deadline double precision, p_before double precision, p_limit integer) returns integer language plpgsql as $$
declare
  pruned integer;
begin
  delete from cti.commands c where c.id in (
    select o.id from cti.commands o where not o.is_open and o.settled_at < p_before limit p_limit);
  get diagnostics pruned = row_count;
  delete from cti.idempotency i where i.key in (
    select o.key from cti.idempotency o where o.expires_at <= cti.now_ms() limit p_limit);
  perform cti.in_time(p_deadline);
  return pruned;
end $$;
`

/** Every version of the schema, in order; one that was released is never changed. */
const MIGRATIONS: readonly { readonly version: number; readonly sql: string }[] = [
  { version: 1, sql: VERSION_1 },
  { version: 2, sql: VERSION_2 },
  { version: 3, sql: VERSION_3 },
  { version: 4, sql: VERSION_4 },
  { version: 5, sql: VERSION_5 },
  { version: 6, sql: VERSION_6 },
  { version: 7, sql: VERSION_7 },
  { version: 8, sql: VERSION_8 },
  { version: 9, sql: VERSION_9 },
]

const NEWEST = MIGRATIONS.at(-1)?.version ?? 0
/** Of the advisory lock that lets one of several starting gateways migrate. Any number will do; this one reads `CTI`. */
const LOCK_KEY = 0x435449

/**
 * Brings the schema `cti` to this version, in one transaction; several gateways may start at once.
 * Fails when the schema is newer: an older gateway must not write what it does not understand. `to` is for tests: an older one.
 */
export async function migrate(client: SqlClient, to = NEWEST): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query('select pg_advisory_xact_lock($1)', [LOCK_KEY])
    await client.query('create schema if not exists cti')
    await client.query(
      'create table if not exists cti.schema_version (version integer primary key, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ version: number }>('select coalesce(max(version), 0)::integer as version from cti.schema_version')
    const current = rows[0]?.version ?? 0
    if (current > NEWEST) {
      throw storeUnavailable(
        `The database has schema version ${current}, this gateway knows ${NEWEST}. Start a gateway at least as new as the one that wrote it.`,
      )
    }
    for (const { version, sql } of MIGRATIONS) {
      if (version <= current || version > to) continue
      await client.query(sql)
      await client.query('insert into cti.schema_version (version) values ($1)', [version])
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}
