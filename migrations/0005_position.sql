-- +goose Up
-- The position lane: the last known position of each team, and the track.
--
-- Longitude and latitude are WGS-84 degrees times ten million (about one centimetre). There is no
-- spatial index: screens are fed from memory, and an index would cost twelve times the insert.
-- Unknown speed (m/s), heading (degrees from north) and accuracy (m) are null.

create table position (
	realm    text collate "C" not null,
	team     text collate "C" not null,
	device   text not null,
	lon      integer not null,
	lat      integer not null,
	speed    real,
	heading  real,
	accuracy real,
	fixed    timestamptz not null, -- by the source's own clock
	received timestamptz not null, -- by the server's clock
	source   text not null,
	primary key (realm, team)
) with (fillfactor = 70);

-- One partition a day by the server's clock (UTC): a source whose clock is wrong cannot write into a
-- day that does not exist yet.
create table track (
	realm    text collate "C" not null,
	team     text collate "C" not null,
	device   text not null,
	lon      integer not null,
	lat      integer not null,
	speed    real,
	heading  real,
	accuracy real,
	fixed    timestamptz not null,
	received timestamptz not null,
	source   text not null,
	flag     text not null -- why it was not shown: future, jump, late; '' when it was
) partition by range (received);
create index track_received on track using brin (received);

-- keep_track makes the partitions from the day before p_now to three days after it, gives days that
-- are over the index that reading one team's track wants, and drops days older than p_keep. It
-- returns the days dropped. It runs with the owner's rights, and one caller at a time.
-- +goose StatementBegin
create function keep_track(p_now timestamptz, p_keep interval) returns date[]
language plpgsql volatile security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
	today date := (p_now at time zone 'UTC')::date;
	made date;
	part text;
	gone date[] := '{}';
begin
	perform pg_advisory_xact_lock(hashtextextended('track', 0));
	for made in select d::date from generate_series(today - 1, today + 3, interval '1 day') d loop
		part := 'track_' || to_char(made, 'YYYYMMDD');
		if to_regclass(part) is null then
			execute format('create table %I partition of track for values from (%L) to (%L)',
				part, made::text || ' 00:00:00+00', (made + 1)::text || ' 00:00:00+00');
		end if;
	end loop;
	for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
			where i.inhparent = 'track'::regclass order by 1 loop
		made := to_date(substr(part, 7), 'YYYYMMDD');
		if made + 1 <= (p_now - p_keep)::date then
			execute format('drop table %I', part);
			gone := gone || made;
		elsif made < today - 1 and to_regclass(part || '_team') is null then
			execute format('create index %I on %I (realm, team, fixed)', part || '_team', part);
		end if;
	end loop;
	return gone;
end $$;
-- +goose StatementEnd
