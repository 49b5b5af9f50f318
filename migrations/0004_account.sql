-- +goose Up
-- Accounts, sessions, devices and the audit of what people did with personal data.
--
-- Row-level security is forced on account, session and audit: a query sees no row of them unless its
-- transaction says on whose behalf it asks, by one of these settings, each local to the transaction:
--   liandong.person   rows of that person only
--   liandong.session  the session whose token has this SHA-256 (hex) only
--   liandong.house    'on': the house itself: commands of administrators, backups
-- A query that forgot its condition, or an injected one, comes back empty.

create table account (
	person       text primary key, -- id of the person, in the realm live
	login        text,
	hash         text, -- argon2id, PHC form; null until a password was set
	must_change  boolean not null default false,
	locked       boolean not null default false,
	failed       integer not null default 0,
	locked_until timestamptz,
	last_sign_in timestamptz,
	constraint account_login unique (login)
);

create table session (
	token    bytea primary key check (octet_length(token) = 32), -- SHA-256 of what the cookie holds
	id       text not null unique, -- names the sign-in in the audit
	person   text not null,
	role     text not null,
	realm    text not null,
	csrf     text not null,
	created  timestamptz not null,
	seen     timestamptz not null,
	idle     bigint not null, -- seconds without use after which it ends
	expires  timestamptz not null
);
create index session_person on session (person);
create index session_expires on session (expires);

create table audit (
	at      timestamptz not null,
	person  text not null,
	session text not null,
	address text not null,
	event   text not null,
	detail  text not null
);
create index audit_at on audit using brin (at);
create index audit_person on audit (person, at);

create function liandong_house() returns boolean language sql stable parallel safe
return coalesce(current_setting('liandong.house', true), '') = 'on';

create function liandong_person() returns text language sql stable parallel safe
return nullif(current_setting('liandong.person', true), '');

alter table session enable row level security;
alter table session force row level security;
create policy session_token on session
	using (token = decode(coalesce(current_setting('liandong.session', true), ''), 'hex'));
create policy session_own on session using (person = liandong_person());
create policy session_house on session using (liandong_house());

alter table account enable row level security;
alter table account force row level security;
create policy account_own on account using (person = liandong_person());
create policy account_session on account for select -- of whom the token names
	using (exists (select from session s where s.person = account.person));
create policy account_house on account using (liandong_house());

alter table audit enable row level security;
alter table audit force row level security;
create policy audit_write on audit for insert with check (true);
create policy audit_own on audit for select using (person = liandong_person());
create policy audit_house on audit using (liandong_house());

-- Finding an account by the name one signs in with is the one question asked before anybody is known.
-- +goose StatementBegin
create function account_of(p_login text) returns text
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
	found text;
	before text := coalesce(current_setting('liandong.house', true), '');
begin
	perform set_config('liandong.house', 'on', true);
	select person into found from account where login = p_login;
	perform set_config('liandong.house', before, true);
	return found;
end $$;

do $$
begin
	-- What was written down is neither changed nor taken away.
	if exists (select from pg_roles where rolname = 'liandong') then
		revoke update, delete, truncate on audit from liandong;
	end if;
end $$;
-- +goose StatementEnd

-- The token of a device, hashed.
create table device_token (
	realm    text not null,
	device   text not null,
	token    bytea not null check (octet_length(token) = 32),
	issued timestamptz not null default now(),
	primary key (realm, device),
	constraint device_token_token unique (token)
);
