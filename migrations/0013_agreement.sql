-- +goose Up
-- Agreements and their activations; their tables are of the shape that 0001_records.sql tells.

-- +goose StatementBegin
do $$
declare
	noun text;
begin
	foreach noun in array array['agreement', 'activation'] loop
		execute format('create table %I (like incident including defaults including constraints)', noun);
		execute format('alter table %1$I add constraint %2$I primary key (realm, id)', noun, noun || '_pkey');
		execute format('create unique index %I on %I (realm, uniq) where uniq is not null', noun || '_uniq', noun);
		execute format('create index %I on %I (due) where due is not null and not archived', noun || '_due', noun);
		execute format('create index %I on %I (realm, updated)', noun || '_updated', noun);
		execute format('create index %I on %I (realm, id) where not archived', noun || '_board', noun);
	end loop;

	-- Two columns more for all nouns, which are the tables that have a reach:
	--
	--   timed        agencies that may see it for a limited time; one may be there several times
	--   timed_until  until when, in the same order
	--
	-- shares holds those without a limit.
	for noun in
		select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
		where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attname = 'reach' and not a.attisdropped loop
		execute format('alter table %I add column timed text[] not null default ''{}'', add column timed_until timestamptz[] not null default ''{}''', noun);
	end loop;

	-- What an agency owns is looked through when one of its agreements changes.
	foreach noun in array array['hazard', 'incident', 'request', 'team', 'equipment', 'stock'] loop
		execute format('create index %I on %I (realm, agency) where not archived', noun || '_agency', noun);
	end loop;
end $$;
-- +goose StatementEnd
