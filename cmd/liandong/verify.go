package main

import (
	"context"
	"fmt"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
)

type verifyJournalCmd struct {
	databaseFlags `embed:""`
	Realm         string `help:"Only this realm; all of them when left out." placeholder:"live"`
	Tables        bool   `help:"Also replay the record from its beginning and compare it with the tables; the server should be idle."`
	Heads         string `help:"Also compare with these signed heads (a copy of seal/heads.jsonl)." type:"existingfile" and:"seal"`
	Seal          string `help:"The public key they were signed with (a copy of seal/seal.pub)." type:"existingfile" and:"seal"`
}

// Run checks every realm and prints the verdict; a bad one is exit code 1.
func (v *verifyJournalCmd) Run(ctx context.Context, c console) error {
	return v.with(ctx, c, func(_ *database, store *pgstore.Store) error {
		realms := []dispatch.Realm{dispatch.Realm(v.Realm)}
		if v.Realm == "" {
			var err error
			if realms, err = store.Realms(ctx); err != nil {
				return err
			}
		}
		good := true
		for _, realm := range realms {
			report, err := verify(ctx, c, store, realm, v.Tables)
			if err != nil {
				return err
			}
			good = good && report.OK()
		}
		if len(realms) == 0 {
			c.say("the journal is empty")
		}
		if v.Heads != "" {
			n, wrong, err := checkSealed(ctx, store, v.Heads, v.Seal, realms)
			if err != nil {
				return err
			}
			if good = good && wrong == ""; wrong != "" {
				c.say("BAD   %s", wrong)
			} else {
				c.say("good  %d signed heads are in the journal", n)
			}
		}
		if !good {
			return failedVerdict{}
		}
		return nil
	})
}

// verify checks one realm and says what it found.
func verify(ctx context.Context, c console, store *pgstore.Store, realm dispatch.Realm, tables bool) (pgstore.VerifyReport, error) {
	check := store.VerifyJournal
	if tables {
		check = store.VerifyTables
	}
	report, err := check(ctx, realm, func(rows int64) {
		if rows%100_000 == 0 {
			fmt.Fprintf(c.err, "%s: %d rows\n", realm, rows)
		}
	})
	if err != nil {
		return report, err
	}
	switch {
	case report.Bad != 0:
		c.say("BAD   %s: row %d: %s (%d rows before it are good)", realm, report.Bad, report.Reason, report.Rows)
	case len(report.Differ) > 0:
		c.say("BAD   %s: %d rows are good, but the tables say otherwise of %d records, the first %s/%s", realm, report.Rows, len(report.Differ), report.Differ[0].Kind, report.Differ[0].ID)
	case tables:
		c.say("good  %s: %d rows, head %d, hash %x; %d records equal their replay, %d came by an import that was not kept", realm, report.Rows, report.Head, report.Hash, report.Records, report.Skipped)
	default:
		c.say("good  %s: %d rows, head %d, hash %x", realm, report.Rows, report.Head, report.Hash)
	}
	return report, nil
}
