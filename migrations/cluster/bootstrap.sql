-- What a superuser gives the database before the owner's migrations run. Every statement may run
-- again. The roles come first, from roles.sql; this file runs inside the database liandong.
create extension if not exists postgis;
create extension if not exists btree_gist;

-- The owner builds in public; the application only works there. Extensions stay with the superuser.
alter schema public owner to liandong_owner;
grant usage on schema public to liandong;

-- What the owner creates later, the application may use. A migration takes back what it must not
-- (revoke update, delete on the journal).
alter default privileges for role liandong_owner grant usage on schemas to liandong;
alter default privileges for role liandong_owner grant select, insert, update, delete on tables to liandong;
alter default privileges for role liandong_owner grant usage, select on sequences to liandong;
alter default privileges for role liandong_owner grant execute on functions to liandong;
alter default privileges for role liandong_owner grant usage on types to liandong;
