-- +goose Up
-- Positions are written once, into the track. The last known positions are made from it every few
-- minutes: up to position_mark they are there, and what was received since is looked up in the track.
create table position_mark (
	one boolean primary key default true check (one),
	at  timestamptz not null
);
insert into position_mark (at) values (now());

-- The track in parts of four hours: those that are over get an index while nobody writes into them, so
-- that today's track is found by it, too, but for the last hours, which the BRIN index narrows. Days
-- that were made before stay what they are.

-- keep_track makes the parts from the one before p_now to eight hours after it, and drops what is
-- older than p_keep. It returns the days of what was dropped. It runs with the owner's rights, and one
-- caller at a time.
-- +goose StatementBegin
create or replace function keep_track(p_now timestamptz, p_keep interval) returns date[]
language plpgsql volatile security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
	span constant interval := '4 hours';
	now_part constant timestamptz := date_bin(span, p_now, '2000-01-01 00:00:00+00');
	made timestamptz;
	part text;
	gone date[] := '{}';
begin
	perform pg_advisory_xact_lock(hashtextextended('track', 0));
	for made in select generate_series(now_part - span, now_part + 2 * span, span) loop
		part := 'track_' || to_char(made, 'YYYYMMDD_HH24');
		if to_regclass(part) is null then
			begin
				execute format('create table %I partition of track for values from (%L) to (%L)', part, made, made + span);
			exception when invalid_object_definition then
				null; -- a partition of a whole day holds it
			end;
		end if;
	end loop;
	for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
			where i.inhparent = 'track'::regclass order by 1 loop
		if track_end(part) <= p_now - p_keep then
			execute format('drop table %I', part);
			if not to_date(substr(part, 7, 8), 'YYYYMMDD') = any (gone) then
				gone := gone || to_date(substr(part, 7, 8), 'YYYYMMDD');
			end if;
		end if;
	end loop;
	return gone;
end $$;

-- track_end is when the part of the name ends: a day, or four hours of it.
create function track_end(part text) returns timestamptz
language sql immutable set timezone = 'UTC' as $$
	select case when length(part) = 14 then to_timestamp(substr(part, 7), 'YYYYMMDD') + interval '1 day'
		else to_timestamp(substr(part, 7), 'YYYYMMDD_HH24') + interval '4 hours' end
$$;

-- index_track gives one part that is over the index that reading one team's track wants, and returns
-- its name; null where none is left.
create function index_track(p_now timestamptz) returns text
language plpgsql volatile security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
	part text;
begin
	perform pg_advisory_xact_lock(hashtextextended('track', 1));
	for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
			where i.inhparent = 'track'::regclass order by 1 loop
		if track_end(part) <= p_now - interval '5 minutes' and to_regclass(part || '_team') is null then
			execute format('create index %I on %I (realm, team, fixed)', part || '_team', part);
			return part;
		end if;
	end loop;
	return null;
end $$;
-- +goose StatementEnd
