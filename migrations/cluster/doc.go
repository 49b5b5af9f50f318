// Package cluster runs a private PostgreSQL with PostGIS for a server that was given none.
//
// Everything lives in one folder, normally var/ beside the program:
//
//	var/lock           held by the one process that supervises; others adopt its server
//	var/postgres/      the data (made as postgres.new, then renamed: half a cluster never counts)
//	var/postgres.log   what PostgreSQL says
//	var/run/           the socket; there is no TCP port and no password
//
// Who may enter is decided by the operating system: the user who runs the program and the user
// who runs PostgreSQL ("peer" in pg_hba.conf). PostgreSQL refuses to run as root, so a program
// started by root runs it as the user postgres, or nobody where there is none.
//
// Three roles: postgres (superuser, only for the first minutes of a database), liandong_owner
// (owns the database and its schema, migrates), liandong (what the application works with: neither
// owner nor superuser, so that the fences of the database hold against the application too).
//
// Lifetime. PostgreSQL is started as a child that ends when its parent does, also when the parent
// is killed (Linux). When PostgreSQL itself dies it is started again. A second process on the same
// folder uses the running server and takes over when the first one leaves.
package cluster
