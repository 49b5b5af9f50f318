#!/bin/bash
# Runs once in the database container, when its volume is empty (see docker-compose.yml).
set -euo pipefail
as_super() { psql --no-psqlrc -v ON_ERROR_STOP=1 -U postgres "$@"; }
as_super -d postgres -f /liandong/roles.sql
# The passwords reach psql through its environment: a command line can be read by others.
as_super -d postgres <<'SQL'
\getenv owner OWNER_PASSWORD
\getenv app APP_PASSWORD
alter role liandong_owner password :'owner';
alter role liandong password :'app';
create database liandong owner liandong_owner;
SQL
as_super -d liandong -f /liandong/bootstrap.sql
