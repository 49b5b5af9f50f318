-- +goose Up
-- The ledger: a team or an item is promised to one use at a time, and it is the database that refuses
-- the second one, whatever programs and people do. Only exclusive uses are written here: a task that
-- may be interrupted, and those of a team that may hold several, stand outside.
--
-- The range is by this server's own clock at the moment of the booking: neither the clock of a node
-- nor an imported time can open a gap or an overlap.
create table use (
	realm         text not null,
	resource_kind text not null, -- team, equipment
	resource      text not null,
	for_kind      text not null, -- task, incident
	for_id        text not null,
	during        tstzrange not null,
	by_name       text not null, -- who booked it: the loser of a race is told
	command       text not null,
	constraint use_during check (not isempty(during) and not lower_inf(during)),
	constraint use_exclusive exclude using gist (realm with =, resource_kind with =, resource with =, during with &&)
);
create index use_open on use (realm, resource_kind, resource) where upper_inf(during);
create index use_for on use (realm, for_kind, for_id);

-- A new use starts after the last one that ended, even where the clock was set back meanwhile.
-- +goose StatementBegin
create function take_use(p_realm text, p_kind text, p_resource text, p_for_kind text, p_for text, p_by text, p_command text)
returns void language sql volatile as $$
	insert into use (realm, resource_kind, resource, for_kind, for_id, during, by_name, command)
	select p_realm, p_kind, p_resource, p_for_kind, p_for,
		tstzrange(greatest(clock_timestamp(), (
			select max(upper(during)) from use where realm = p_realm and resource_kind = p_kind and resource = p_resource)), null),
		p_by, p_command
$$;

create function free_use(p_realm text, p_kind text, p_resource text, p_for_kind text, p_for text)
returns void language sql volatile as $$
	update use set during = tstzrange(lower(during), greatest(clock_timestamp(), lower(during) + interval '1 microsecond'))
	where realm = p_realm and resource_kind = p_kind and resource = p_resource
		and for_kind = p_for_kind and for_id = p_for and upper_inf(during)
$$;
-- +goose StatementEnd

-- What was taken from and added to a stock. The balance is stock.quantity, which is never below zero.
create table stock_move (
	realm    text not null,
	stock    text not null,
	at       timestamptz not null default clock_timestamp(),
	delta    integer not null check (delta <> 0),
	balance  integer not null constraint stock_move_balance check (balance >= 0),
	incident text not null,
	by_name  text not null,
	command  text not null
);
create index stock_move_stock on stock_move (realm, stock, at);
