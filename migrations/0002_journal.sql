-- +goose Up
-- The journal: every accepted decision, in commit order, without gaps, chained by hashes.
--
-- It is one table and not partitioned: its rows are never dropped. Retention empties payloads and
-- keeps digests, so the chain can be checked for ever.
create table journal (
	realm   text collate "C" not null,
	seq     bigint not null,
	at      timestamptz not null, -- the realm's clock
	wall    timestamptz not null, -- the clock on the wall
	actor   text not null,        -- JSON, as the program wrote it: bytes that were hashed
	kind    text not null,        -- the command: task.assign
	command text not null,        -- its idempotency key
	payload bytea,                -- puts, drops, resets, note; null once retention emptied it
	digest  bytea not null,       -- sha256(payload)
	prev    bytea not null,       -- hash of seq - 1; 32 zero bytes for seq 1
	hash    bytea not null,
	constraint journal_pkey primary key (realm, seq)
);
create index journal_wall on journal using brin (wall);
alter table journal alter column payload set storage external; -- lz would cost the writer more than it saves

-- The answer to a command that is sent again. The row is written first, so that a twin that arrives
-- at the same moment waits for it; seq is filled by append_journal.
create table command (
	realm text collate "C" not null,
	actor text collate "C" not null,
	id    text collate "C" not null,
	hash  bytea not null, -- sha256 of the command's name and body
	seq   bigint,
	at    timestamptz not null default now(),
	constraint command_pkey primary key (realm, actor, id)
) with (fillfactor = 80); -- room to fill seq in place
create index command_at on command using brin (at);

-- Texts go into the hash with their length before them, so that nothing can move from one to the next.
create function journal_text(value text) returns bytea language sql immutable strict parallel safe
return int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8');

create function journal_time(value timestamptz) returns bytea language sql immutable strict parallel safe
return int8send((extract(epoch from value) * 1000000)::bigint);

-- The hash of one row. Its bytes, in this order:
--   prev      32 bytes
--   seq        8 bytes, big endian
--   at, wall   8 bytes each, big endian: microseconds since 1970-01-01T00:00:00Z
--   realm, actor, kind, command
--              each: its length in bytes as 4 bytes, big endian, then its UTF-8
--   digest    32 bytes: sha256(payload)
-- The program computes the same on its own (dispatch/pgstore/chain.go).
create function journal_hash(prev bytea, seq bigint, at timestamptz, wall timestamptz,
	realm text, actor text, kind text, command text, digest bytea)
returns bytea language sql immutable strict parallel safe
return sha256(prev || int8send(seq) || journal_time(at) || journal_time(wall)
	|| journal_text(realm) || journal_text(actor) || journal_text(kind) || journal_text(command) || digest);

-- append_journal is the last statement of a transaction and travels with its COMMIT. It takes the
-- realm's lock, which ends with the transaction, and then numbers: so numbers are in commit order and
-- a rollback leaves no gap. Nothing is waited for while the lock is held. The two statements after the
-- lock see what was committed before it only at the isolation level READ COMMITTED, where each
-- statement of a volatile function takes a new snapshot.
--
-- It runs with the owner's rights: the application can add to the journal in no other way.
-- +goose StatementBegin
create function append_journal(p_realm text, p_at timestamptz, p_wall timestamptz, p_actor text, p_actor_id text,
	p_kind text, p_command text, p_payload bytea)
returns bigint language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
	head journal%rowtype;
	n bigint;
	before bytea;
	body bytea := sha256(p_payload);
begin
	if current_setting('transaction_isolation') <> 'read committed' then
		raise exception 'append_journal needs the isolation level read committed';
	end if;
	perform pg_advisory_xact_lock(hashtextextended('journal ' || p_realm, 0));
	select * into head from journal where realm = p_realm order by seq desc limit 1;
	n := coalesce(head.seq, 0) + 1;
	before := coalesce(head.hash, decode(repeat('00', 32), 'hex'));
	insert into journal (realm, seq, at, wall, actor, kind, command, payload, digest, prev, hash)
	values (p_realm, n, p_at, p_wall, p_actor, p_kind, p_command, p_payload, body, before,
		journal_hash(before, n, p_at, p_wall, p_realm, p_actor, p_kind, p_command, body));
	update command set seq = n where realm = p_realm and actor = p_actor_id and id = p_command;
	return n;
end $$;
-- +goose StatementEnd

-- Which life of the journal this is: numbers may be given out again with other content after a
-- restore or the promotion of a standby, and then every reader has to start anew.
create table epoch (
	lone     boolean primary key default true check (lone),
	system   text not null,    -- pg_control_system().system_identifier
	timeline integer not null, -- pg_control_checkpoint().timeline_id
	n        bigint not null,
	since    timestamptz not null default now(),
	reason   text not null
);

-- +goose StatementBegin
do $$
begin
	if exists (select from pg_roles where rolname = 'liandong') then
		revoke insert, update, delete, truncate on journal from liandong;
	end if;
end $$;
-- +goose StatementEnd
