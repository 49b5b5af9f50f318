-- +goose Up
-- Requisitions and the messages of foreign systems: two nouns more, their tables of the shape that 0001_records.sql tells.

-- +goose StatementBegin
do $$
declare
	noun text;
begin
	foreach noun in array array['requisition', 'letter'] loop
		execute format('create table %I (like incident including defaults including constraints)', noun);
		execute format('alter table %1$I add constraint %2$I primary key (realm, id)', noun, noun || '_pkey');
		execute format('create unique index %I on %I (realm, uniq) where uniq is not null', noun || '_uniq', noun);
		execute format('create index %I on %I (due) where due is not null and not archived', noun || '_due', noun);
		execute format('create index %I on %I (realm, updated)', noun || '_updated', noun);
		execute format('create index %I on %I (realm, id) where not archived', noun || '_board', noun);
		execute format('create index %I on %I (realm, incident)', noun || '_incident', noun);
		execute format('create index %I on %I (realm, team) where not archived', noun || '_team', noun);
	end loop;
	create index requisition_point on requisition using gist (agency, point);
end $$;
-- +goose StatementEnd

-- What is requisitioned is out of its owner's hands as what is lent is: a resource has one of either.
alter table use drop constraint use_exclusive;
alter table use drop column loan;
alter table use add column loan boolean generated always as (for_kind in ('loan', 'requisition')) stored;
alter table use add constraint use_exclusive
	exclude using gist (realm with =, resource_kind with =, resource with =, (loan::int) with =, during with &&);

-- +goose StatementBegin
create or replace function take_use(p_realm text, p_kind text, p_resource text, p_for_kind text, p_for text, p_by text, p_command text)
returns void language sql volatile as $$
	insert into use (realm, resource_kind, resource, for_kind, for_id, during, by_name, command)
	select p_realm, p_kind, p_resource, p_for_kind, p_for,
		tstzrange(greatest(clock_timestamp(), (
			select max(upper(during)) from use where realm = p_realm and resource_kind = p_kind and resource = p_resource
				and loan = (p_for_kind in ('loan', 'requisition')))), null),
		p_by, p_command
$$;
-- +goose StatementEnd

-- A name of this house that no other has: it stands in the IDs of the messages that go out, and a
-- restored backup keeps it.
insert into setting (key, value) values ('sender', to_jsonb('h' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 16)));
