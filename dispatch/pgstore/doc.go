// Package pgstore keeps the records, the journal, the ledger and everything else that must last, in
// PostgreSQL with PostGIS. It is the one dispatch.Store there is.
//
// # Tables
//
// Each noun has a table of its own and all of them have one shape (migrations/0001_records.sql): the
// journal carries whole records, so the row is the record. The column doc holds it as JSON; the other
// columns are what SQL must know to find, fence and order it, and are all written by one function
// (row.go), so they cannot say different things than the document.
//
// # How a command is written
//
//	begin; insert the idempotency key        one round trip; a twin waits here for the first
//	the rule reads and locks                 dispatch.Service
//	rows, ledger, append_journal, commit     one round trip
//
// append_journal numbers the change under the realm's lock, which is held for the time of one commit
// and while nothing is waited for; so numbers have no gaps and are in commit order (journal.go).
//
// A lost update cannot be written: a row that the rule put without having locked it is locked now and
// compared with what the rule read; when it moved, the whole command starts again (tx.go).
//
// When the connection dies while the commit is under way nobody knows whether it happened. The command
// is then simply done again with the same key: the insert of the key waits for the old transaction, if
// it still runs, and tells. What cannot be found out in time is answered Unavailable, and the caller
// asks again with the same key.
//
// # Who sees what
//
// The rule is dispatch.See. The condition in SQL is derived from it by asking it (scope.go); what the
// rule redacts is redacted in Go. Sessions, accounts and the audit are fenced a second time by
// row-level security (account.go; migrations/0004_account.sql), which a backup has to open:
// PGOPTIONS='-c liandong.house=on' pg_dump --enable-row-security.
package pgstore
