-- +goose Up
-- Compensation: rates and claims. Their tables are of the shape that 0001_records.sql tells.

-- +goose StatementBegin
do $$
declare
	noun text;
begin
	foreach noun in array array['rate', 'claim'] loop
		execute format('create table %I (like incident including defaults including constraints)', noun);
		execute format('alter table %1$I add constraint %2$I primary key (realm, id)', noun, noun || '_pkey');
		execute format('create unique index %I on %I (realm, uniq) where uniq is not null', noun || '_uniq', noun);
		execute format('create index %I on %I (due) where due is not null and not archived', noun || '_due', noun);
		execute format('create index %I on %I (realm, updated)', noun || '_updated', noun);
		execute format('create index %I on %I (realm, id) where not archived', noun || '_board', noun);
		execute format('create index %I on %I (realm, incident)', noun || '_incident', noun);
	end loop;
	create index claim_created on claim (realm, created);
end $$;
-- +goose StatementEnd

-- The days on which a rate is valid: 2026-01-01 to 2026-12-31, both included; without an end it is.
-- A cast of text to date would depend on the session, and could not stand in an index.
create function rate_days(p_from text, p_to text) returns daterange language sql immutable parallel safe
return case when p_from ~ '^\d{4}-\d{2}-\d{2}$' then
	daterange(make_date(substr(p_from, 1, 4)::int, substr(p_from, 6, 2)::int, substr(p_from, 9, 2)::int),
		make_date(substr(p_to, 1, 4)::int, substr(p_to, 6, 2)::int, substr(p_to, 9, 2)::int), '[]')
	else 'empty'::daterange end;

-- On no day has one agency two rates for the same thing, whatever two of its people do at once.
alter table rate
	add column subject text collate "C" not null generated always as (doc ->> 'type' || ' ' || coalesce(doc ->> 'subject', '')) stored,
	add column valid daterange not null generated always as (rate_days(doc ->> 'from', doc ->> 'to')) stored,
	add constraint rate_overlap exclude using gist (realm with =, agency with =, subject with =, valid with &&);

-- That a loan is claimed once is the ledger's to refuse: a claim is an exclusive use of its loans (see use).
