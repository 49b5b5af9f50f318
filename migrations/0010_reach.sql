-- +goose Up
-- One column more for all nouns (0001_records.sql):
--
--   reach     division code: the desks of agencies that are at home in that division see the record

-- +goose StatementBegin
do $$
declare
	noun text;
begin
	foreach noun in array array[
		'agency', 'area', 'person', 'depot', 'hazard', 'report', 'incident', 'fence',
		'team', 'task', 'equipment', 'stock', 'device', 'note', 'stay', 'alarm'] loop
		execute format('alter table %I add column reach text collate "C" not null default ''''', noun);
	end loop;
end $$;
-- +goose StatementEnd
