-- +goose Up
-- One table for each noun of the domain, all of one shape. The journal carries whole records, so the
-- row is the record: doc holds it byte by byte as the program wrote it (json, not jsonb), and the columns beside it are
-- only what SQL has to know to find, fence and order it. One function of the program writes all of
-- them from the record (dispatch/pgstore/row.go), so they cannot say different things.
--
--   realm     'live', or 'drill:<id>'; part of every record's identity
--   version   counts edits of the content, from 1
--   agency    who owns it, '' for the whole house
--   area      division code in which it lies: jurisdiction is a prefix of it
--   shares    agencies that may see it beside the owner
--   teams     teams that are on it: their leaders see it
--   open      reference data that every signed-in person sees, at least redacted
--   admin     for administrators of the scope only
--   archived  has left the board
--   state, incident, team, search, point (WGS-84), due, uniq, quantity: see dispatch.Index
--
-- Text that is compared by prefix or paged by is collated "C": the same order as in the program.

-- +goose StatementBegin
do $$
declare
	noun text;
begin
	foreach noun in array array[
		'agency', 'area', 'person', 'depot', 'hazard', 'report', 'incident',
		'team', 'task', 'equipment', 'stock', 'device', 'note', 'alarm'] loop
		execute format($sql$
			create table %1$I (
				realm    text collate "C" not null,
				id       text collate "C" not null,
				version  bigint not null,
				agency   text collate "C" not null,
				area     text collate "C" not null,
				shares   text[] not null,
				teams    text[] not null,
				open     boolean not null,
				admin    boolean not null,
				archived boolean not null default false,
				state    text not null,
				incident text not null,
				team     text not null,
				search   text not null,
				point    geometry(Point, 4326),
				due      timestamptz,
				uniq     text,
				quantity integer,
				created  timestamptz not null,
				updated  timestamptz not null,
				doc      json not null,
				constraint %2$I primary key (realm, id),
				constraint %3$I check (quantity >= 0),
				constraint %4$I check (version >= 1)
			)$sql$, noun, noun || '_pkey', noun || '_quantity', noun || '_version');
		execute format('create unique index %I on %I (realm, uniq) where uniq is not null', noun || '_uniq', noun);
		execute format('create index %I on %I (due) where due is not null and not archived', noun || '_due', noun);
		execute format('create index %I on %I (realm, updated)', noun || '_updated', noun);
	end loop;

	-- The board is read whole and in order; what was archived in ten years must not slow that down.
	foreach noun in array array['report', 'incident', 'task', 'note', 'alarm'] loop
		execute format('create index %I on %I (realm, id) where not archived', noun || '_board', noun);
	end loop;
	foreach noun in array array['report', 'task', 'equipment', 'note', 'alarm'] loop
		execute format('create index %I on %I (realm, incident)', noun || '_incident', noun);
	end loop;
	foreach noun in array array['person', 'task', 'equipment', 'device', 'alarm'] loop
		execute format('create index %I on %I (realm, team) where not archived', noun || '_team', noun);
	end loop;
	-- The agency goes into the index with the point: the fence is then part of the search.
	foreach noun in array array['depot', 'hazard', 'report', 'incident', 'team', 'equipment', 'stock'] loop
		execute format('create index %I on %I using gist (agency, point)', noun || '_point', noun);
	end loop;
	foreach noun in array array['report', 'incident', 'task', 'note'] loop
		execute format('create index %I on %I (area)', noun || '_area', noun);
	end loop;
end $$;
-- +goose StatementEnd

alter table stock alter column quantity set not null;

-- A photo is seen by who sees a note that refers to it.
create index note_photo on note (realm, (doc ->> 'photo')) where doc ->> 'photo' is not null;

-- The polygon of an area is no part of its record: it is drawn from tiles. WGS-84.
create table area_shape (
	realm text collate "C" not null,
	area  text collate "C" not null,
	shape geometry(MultiPolygon, 4326) not null,
	constraint area_shape_pkey primary key (realm, area),
	constraint area_shape_valid check (st_isvalid(shape))
);
create index area_shape_shape on area_shape using gist (shape);

-- Thresholds, the city, the version of the areas: data, not code.
create table setting (
	key     text primary key,
	value   jsonb not null,
	updated timestamptz not null default now()
);
insert into setting (key, value) values ('areas_version', '1');

-- Made-up data is loaded into, and kept alive in, a database that carries this mark and in no other.
create table demo_marker (
	lone   boolean primary key default true check (lone),
	seed   bigint not null,
	marked timestamptz not null default now()
);

-- Numbers of incidents: per realm and local day, without gaps.
create table incident_counter (
	realm text not null,
	day   text not null,
	n     integer not null,
	primary key (realm, day)
);

-- Photographs that notes refer to.
create table photo (
	realm   text not null,
	id      text not null,
	owner   text not null,
	type    text not null,
	bytes   bytea not null,
	sha256  bytea not null,
	created timestamptz not null default now(),
	primary key (realm, id),
	constraint photo_size check (octet_length(bytes) between 1 and 8388608)
);
