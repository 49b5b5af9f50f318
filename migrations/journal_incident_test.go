package migrations_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"liandong/migrations"
	"liandong/migrations/pgtest"
)

// TestJournalIncidentOfBefore: what was in the journal before it was indexed is found, too.
func TestJournalIncidentOfBefore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	owner := pgtest.Admin(t, pgtest.Empty(t))
	if err := migrations.UpTo(ctx, owner, 5); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	add := func(command, payload string) {
		t.Helper()
		if _, err := conn.Exec(ctx, "select append_journal('live', now(), now(), '{}', 'p1', 'test', $1, $2)", command, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	add("c1", `{"put":[{"record":{"kind":"incident","id":"i1"}},{"record":{"kind":"task","id":"t1","incident":"i1"}}]}`)
	add("c2", `{"put":[{"record":{"kind":"team","id":"x"}}],"note":"无关"}`)
	add("c3", `{"put":[{"record":{"kind":"note","id":"n1","incident":"i2"}},{"record":{"kind":"report","id":"r","incident":"i1"}}]}`)
	add("c4", `{"drop":[{"ref":{"kind":"incident","id":"i1"},"before":{}},{"ref":{"kind":"task","id":"t1"},"before":{}}]}`)
	add("c5", `{"reset":["area"]}`)
	if _, err := conn.Exec(ctx, "update journal set payload = null where seq = 2"); err != nil { // as retention does
		t.Fatal(err)
	}
	if err := migrations.Up(ctx, owner); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, "select incident || ' ' || seq from journal_incident order by seq, incident")
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if want := []string{"i1 1", "i1 3", "i2 3", "i1 4"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}
