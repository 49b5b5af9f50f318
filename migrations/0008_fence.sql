-- +goose Up
-- Fences and the stays of teams in them: two nouns more, their tables of the shape that
-- 0001_records.sql tells. A stay that lasts has uniq, so that the database refuses a second one of the
-- same team in the same fence, whichever node saw it enter.

-- +goose StatementBegin
do $$
declare
	noun text;
begin
	foreach noun in array array['fence', 'stay'] loop
		execute format('create table %I (like incident including defaults including constraints)', noun);
		execute format('alter table %1$I add constraint %2$I primary key (realm, id)', noun, noun || '_pkey');
		execute format('create unique index %I on %I (realm, uniq) where uniq is not null', noun || '_uniq', noun);
		execute format('create index %I on %I (due) where due is not null and not archived', noun || '_due', noun);
		execute format('create index %I on %I (realm, updated)', noun || '_updated', noun);
		execute format('create index %I on %I (realm, id) where not archived', noun || '_board', noun);
		execute format('create index %I on %I (realm, incident)', noun || '_incident', noun);
		execute format('create index %I on %I (realm, team) where not archived', noun || '_team', noun);
	end loop;
	create index fence_point on fence using gist (agency, point);
end $$;
-- +goose StatementEnd
