-- +goose Up
-- Linked regions: the links themselves, and the commands that wait for a neighbour's answer. Their
-- tables are of the shape that 0001_records.sql tells. What a neighbour tells lies in the tables of its
-- nouns; where it is at home stands in the record.

-- +goose StatementBegin
do $$
declare
	noun text;
begin
	foreach noun in array array['link', 'parcel'] loop
		execute format('create table %I (like incident including defaults including constraints)', noun);
		execute format('alter table %1$I add constraint %2$I primary key (realm, id)', noun, noun || '_pkey');
		execute format('create unique index %I on %I (realm, uniq) where uniq is not null', noun || '_uniq', noun);
		execute format('create index %I on %I (due) where due is not null and not archived', noun || '_due', noun);
		execute format('create index %I on %I (realm, updated)', noun || '_updated', noun);
		execute format('create index %I on %I (realm, id) where not archived', noun || '_board', noun);
	end loop;
end $$;
-- +goose StatementEnd
