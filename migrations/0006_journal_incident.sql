-- +goose Up
-- Which changes touch an incident: the changes of its own record, of its tasks, notes, reports and
-- alarms. Without it the record of one incident means reading the journal of the whole city.
create table journal_incident (
	realm    text collate "C" not null,
	incident text collate "C" not null,
	seq      bigint not null,
	constraint journal_incident_pkey primary key (realm, incident, seq)
);

-- What a payload touches: of each record put the incident that it belongs to, and incidents that left
-- the board. The program computes the same for new changes (dispatch/pgstore/command.go).
insert into journal_incident (realm, incident, seq)
select distinct j.realm, t.incident, j.seq
from journal j cross join lateral (select convert_from(j.payload, 'UTF8')::jsonb as body) p
cross join lateral (
	select case when x -> 'record' ->> 'kind' = 'incident' then x -> 'record' ->> 'id' else x -> 'record' ->> 'incident' end as incident
	from jsonb_array_elements(p.body -> 'put') x
	union
	select x -> 'ref' ->> 'id' from jsonb_array_elements(p.body -> 'drop') x where x -> 'ref' ->> 'kind' = 'incident'
) t
where j.payload is not null and coalesce(t.incident, '') <> '';

-- Rows are only ever added.
-- +goose StatementBegin
do $$
begin
	if exists (select from pg_roles where rolname = 'liandong') then
		revoke update, delete, truncate on journal_incident from liandong;
	end if;
end $$;
-- +goose StatementEnd
