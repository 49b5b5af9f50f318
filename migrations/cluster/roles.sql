-- The two roles of the program. May run again.
do $$
begin
	if not exists (select from pg_roles where rolname = 'liandong_owner') then
		create role liandong_owner login;
	end if;
	if not exists (select from pg_roles where rolname = 'liandong') then
		create role liandong login;
	end if;
end $$;
