-- +goose Up
-- Drills: their nouns, in tables of the shape that 0001_records.sql tells. All of a drill lies in its own
-- realm, the record of the drill itself too; nothing of it lies in the realm live.

-- +goose StatementBegin
do $$
declare
	noun text;
begin
	foreach noun in array array['drill', 'part', 'objective', 'inject', 'sim', 'observation', 'improvement'] loop
		execute format('create table %I (like incident including defaults including constraints)', noun);
		execute format('alter table %1$I add constraint %2$I primary key (realm, id)', noun, noun || '_pkey');
		execute format('create unique index %I on %I (realm, uniq) where uniq is not null', noun || '_uniq', noun);
		execute format('create index %I on %I (due) where due is not null and not archived', noun || '_due', noun);
		execute format('create index %I on %I (realm, updated)', noun || '_updated', noun);
		execute format('create index %I on %I (realm, id) where not archived', noun || '_board', noun);
	end loop;
	-- Which drills a person takes part in is asked across realms.
	create index part_person on part (id) where not archived;
end $$;
-- +goose StatementEnd

-- A person who leaves a drill is at once again what the person was before.
alter table session add column live_role text not null default '';
