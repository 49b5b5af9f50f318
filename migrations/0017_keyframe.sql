-- +goose Up
-- Replay: pictures of past moments.
--
-- A keyframe is the whole picture of a realm right after the change seq: every record that is on the
-- board, whole. A past picture is the newest keyframe before it, with the changes since folded in.
--   at, wall  those of the change seq
--   records   how many
--   body      gzip of one JSON object a line, in the order of dispatch.Kinds and by id
create table keyframe (
	realm   text collate "C" not null,
	seq     bigint not null,
	at      timestamptz not null,
	wall    timestamptz not null,
	records integer not null,
	body    bytea not null,
	constraint keyframe_pkey primary key (realm, seq),
	constraint keyframe_seq check (seq >= 1),
	constraint keyframe_size check (octet_length(body) between 1 and 268435456)
);
alter table keyframe alter column body set storage external; -- it is compressed already

-- The records that a change wrote at once (an import), which its payload does not hold but names:
-- digest is the sha256 of the lines before compression, so the chain of the journal holds for them,
-- too. They are kept as long as payloads are.
create table bulk (
	realm   text collate "C" not null,
	digest  bytea not null,
	records integer not null,
	body    bytea not null, -- as in keyframe, in the order written
	constraint bulk_pkey primary key (realm, digest)
);
alter table bulk alter column body set storage external;

-- Which change was the last at a moment.
create index journal_at on journal (realm, at, seq);

-- +goose StatementBegin
do $$
begin
	if exists (select from pg_roles where rolname = 'liandong') then
		revoke update, delete, truncate on bulk from liandong;
		revoke update, truncate on keyframe from liandong;
	end if;
end $$;
-- +goose StatementEnd
