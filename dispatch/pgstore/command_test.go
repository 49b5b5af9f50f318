package pgstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

func refusalOf(err error) *dispatch.Error {
	var e *dispatch.Error
	if !errors.As(err, &e) {
		return &dispatch.Error{}
	}
	return e
}

var errAbandoned = errors.New("the rule gave up")

// TestSeqHasNoGaps writes from 32 sides at once, a third of it rolled back at two different places, and
// reads meanwhile: the reader sees every seq once and in order, and none is missing at the end.
func TestSeqHasNoGaps(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	const writers, each = 32, 24
	f.put(dispatch.Live, testTeam("taken"))
	var done atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				_, err := f.command(ctx, dispatch.Live, func(_ context.Context, _ dispatch.Tx, c *dispatch.Change) error {
					team := testTeam(fmt.Sprintf("t%d-%d", w, n))
					if n%6 == 1 {
						team.CallSign = "call taken" // fails in the last round trip
					}
					c.Puts = append(c.Puts, dispatch.Put{Record: team, After: team.Scope})
					if n%6 == 4 {
						return errAbandoned
					}
					return nil
				})
				switch {
				case err == nil:
					done.Add(1)
				case n%6 == 4 && errors.Is(err, errAbandoned), n%6 == 1 && dispatch.CodeOf(err) == dispatch.Invalid:
				default:
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	cursor := int64(0)
	for over := false; ; {
		cs, err := f.Changes(ctx, dispatch.Live, cursor, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cs {
			if c.Seq != cursor+1 {
				t.Fatalf("read seq %d after %d", c.Seq, cursor)
			}
			cursor = c.Seq
		}
		if over && len(cs) == 0 {
			break
		}
		select {
		case <-written:
			over = true
		default:
		}
	}
	if want := done.Load() + 1; cursor != want {
		t.Errorf("the journal ends at %d after %d commits", cursor, want)
	}
	if want := int64(writers * each * 4 / 6); done.Load() != want {
		t.Errorf("%d commands were accepted, want %d", done.Load(), want)
	}
	report, err := f.VerifyTables(ctx, dispatch.Live, nil)
	if err != nil || !report.OK() || report.Rows != cursor || report.Records != cursor {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

// TestTwins sends one command from many sides at once with one key: it is carried out once.
func TestTwins(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ran, first := atomic.Int64{}, atomic.Int64{}
	var wg sync.WaitGroup
	key := testKey(dispatch.Live, "one-command")
	for range 24 {
		wg.Go(func() {
			c, replayed, err := f.Command(t.Context(), key, func(context.Context, dispatch.Tx) (*dispatch.Change, error) {
				ran.Add(1)
				c := change(dispatch.Live, key.ID)
				c.Note = "原因"
				c.Puts = append(c.Puts, dispatch.Put{Record: testAgency("a1"), After: testAgency("a1").Scope})
				return c, nil
			})
			if err != nil {
				t.Error(err)
				return
			}
			if !replayed {
				first.Add(1)
			}
			if c.Seq != 1 || c.Note != "原因" || len(c.Puts) != 1 || asJSON(t, c.Puts[0].Record) != asJSON(t, testAgency("a1")) || c.Actor.Name != "张三" {
				t.Errorf("the answer is %+v", c)
			}
		})
	}
	wg.Wait()
	if ran.Load() != 1 || first.Load() != 1 {
		t.Errorf("ran %d times, %d answers say they were the first", ran.Load(), first.Load())
	}
	other := key
	other.Hash = sha256.Sum256([]byte("something else"))
	never := func(context.Context, dispatch.Tx) (*dispatch.Change, error) {
		t.Error("a used key ran again")
		return nil, errAbandoned
	}
	_, _, err := f.Command(t.Context(), other, never)
	wantCode(t, err, dispatch.Reused, "Idempotency-Key")
	// The same key of somebody else is another key.
	other.Actor = "p2"
	ranToo := false
	if _, _, err := f.Command(t.Context(), other, func(context.Context, dispatch.Tx) (*dispatch.Change, error) {
		ranToo = true
		return nil, errAbandoned
	}); !ranToo || !errors.Is(err, errAbandoned) {
		t.Errorf("another actor's command: ran %v, %v", ranToo, err)
	}
}

// TestOneWinner lets 200 commands book one team at once, with rules that look at nothing: the ledger
// alone decides.
func TestOneWinner(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testTeam("t1"), testIncident("i1"))
	var won, lost atomic.Int64
	var wg sync.WaitGroup
	for n := range 200 {
		wg.Go(func() {
			task := testTask(fmt.Sprintf("k%d", n), "i1", "t1")
			_, err := f.command(t.Context(), dispatch.Live, func(_ context.Context, _ dispatch.Tx, c *dispatch.Change) error {
				c.Puts = append(c.Puts, dispatch.Put{Record: task, After: task.Scope})
				c.Take = append(c.Take, dispatch.Use{Resource: dispatch.Ref{Kind: dispatch.KindTeam, ID: "t1"}, For: dispatch.RefOf(task)})
				return nil
			})
			switch {
			case err == nil:
				won.Add(1)
			case dispatch.CodeOf(err) == dispatch.Conflict:
				lost.Add(1)
				e := refusalOf(err)
				if !strings.Contains(e.MessageZH, "张三") || !strings.Contains(e.Message, "20261123-i1") || len(e.Blockers) != 1 || e.Value != "t1" {
					t.Errorf("the refusal does not name the winner: %+v", e)
				}
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != 199 {
		t.Errorf("%d won, %d lost", won.Load(), lost.Load())
	}
	tasks, err := f.Find(t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindTask, Limit: -1})
	if err != nil || len(tasks) != 1 {
		t.Errorf("%d tasks, %v", len(tasks), err)
	}
	if head, err := f.Head(t.Context(), dispatch.Live); err != nil || head != 2 {
		t.Errorf("head is %d, %v", head, err)
	}
}

// TestUseEndsAndBeginsAnew frees a team and takes it again, in one change and in two.
func TestUseEndsAndBeginsAnew(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testTeam("t1"), testIncident("i1"), testTask("k1", "i1", "t1"), testTask("k2", "i1", "t1"))
	use := func(task string) []dispatch.Use {
		return []dispatch.Use{{Resource: dispatch.Ref{Kind: dispatch.KindTeam, ID: "t1"}, For: dispatch.Ref{Kind: dispatch.KindTask, ID: task}}}
	}
	book := func(free, take []dispatch.Use) error {
		_, err := f.command(t.Context(), dispatch.Live, func(_ context.Context, _ dispatch.Tx, c *dispatch.Change) error {
			c.Free, c.Take = free, take
			return nil
		})
		return err
	}
	for range 5 {
		for _, step := range []struct{ free, take []dispatch.Use }{{nil, use("k1")}, {use("k1"), use("k2")}, {use("k2"), nil}} {
			if err := book(step.free, step.take); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := book(nil, use("k1")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, book(use("k2"), use("k2")), dispatch.Conflict, "team") // k2 does not hold it: freeing it frees nothing
}

// TestNoLostUpdate reads a record without a lock from two commands at once, and both write it.
func TestNoLostUpdate(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testIncident("i1"))
	ref := dispatch.Ref{Kind: dispatch.KindIncident, ID: "i1"}
	var both sync.WaitGroup
	both.Add(2)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			first := true
			_, err := f.command(t.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, c *dispatch.Change) error {
				r, err := tx.Get(ctx, dispatch.Live, ref, nil)
				if err != nil {
					return err
				}
				if first { // both have read before either writes
					first = false
					both.Done()
					both.Wait()
				}
				i := r.(*dispatch.Incident)
				before := i.Scope
				i.Casualties.Injured++
				c.Puts = append(c.Puts, dispatch.Put{Record: i, Before: &before, After: i.Scope})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	r, err := f.Get(t.Context(), dispatch.Live, ref, nil)
	if err != nil || r.(*dispatch.Incident).Casualties.Injured != 2 {
		t.Errorf("two commands counted %d, %v", r.(*dispatch.Incident).Casualties.Injured, err)
	}
}

// TestBlindWriteIsABug refuses a put of a record that the command never read.
func TestBlindWriteIsABug(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testIncident("i1"))
	_, err := f.command(t.Context(), dispatch.Live, func(_ context.Context, _ dispatch.Tx, c *dispatch.Change) error {
		i := testIncident("i1")
		c.Puts = append(c.Puts, dispatch.Put{Record: i, Before: &i.Scope, After: i.Scope})
		return nil
	})
	if err == nil || dispatch.CodeOf(err) != "" || !strings.Contains(err.Error(), "without having read it") {
		t.Errorf("a blind write was answered %v", err)
	}
}

// TestDeadlockIsDoneAgain locks two records in opposite orders by two Locks each.
func TestDeadlockIsDoneAgain(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testTeam("t1"), testTeam("t2"))
	refs := []dispatch.Ref{{Kind: dispatch.KindTeam, ID: "t1"}, {Kind: dispatch.KindTeam, ID: "t2"}}
	var both, wg sync.WaitGroup
	both.Add(2)
	for n := range 2 {
		wg.Go(func() {
			first := true
			_, err := f.command(t.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, c *dispatch.Change) error {
				if _, err := tx.Lock(ctx, dispatch.Live, refs[n]); err != nil {
					return err
				}
				if first {
					first = false
					both.Done()
					both.Wait()
				}
				_, err := tx.Lock(ctx, dispatch.Live, refs[1-n])
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if head, err := f.Head(t.Context(), dispatch.Live); err != nil || head != 3 {
		t.Errorf("head is %d, %v", head, err)
	}
}

func TestRefusalsByConstraint(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	stock := &dispatch.Stock{Head: newHead(dispatch.KindStock, "s1", dispatch.Scope{Agency: "a1"}), Name: "沙袋", Type: "sandbag", Unit: "个", Available: 3}
	f.put(dispatch.Live, testTeam("t1"), testIncident("i1"), stock)
	rows := count(t, f)
	try := func(records ...dispatch.Record) error {
		_, err := f.command(t.Context(), dispatch.Live, func(_ context.Context, _ dispatch.Tx, c *dispatch.Change) error {
			for _, r := range records {
				c.Puts = append(c.Puts, dispatch.Put{Record: r, After: dispatch.HeadOf(r).Scope})
			}
			return nil
		})
		return err
	}
	same := testTeam("t2")
	same.CallSign = "call t1"
	wantCode(t, try(same), dispatch.Invalid, "call_sign")
	number := testIncident("i2")
	number.Number = "20261123-i1"
	wantCode(t, try(testTeam("t3"), number), dispatch.Invalid, "number")
	wantCode(t, try(testTeam("t1")), dispatch.Invalid, "id")
	wantCode(t, f.edit(dispatch.Live, dispatch.Ref{Kind: dispatch.KindStock, ID: "s1"}, func(r dispatch.Record) { r.(*dispatch.Stock).Available = -1 }),
		dispatch.Conflict, "quantity")
	_, err := f.command(t.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, _ *dispatch.Change) error {
		return tx.PutBulk(ctx, []dispatch.Record{testTeam("t4"), same})
	})
	wantCode(t, err, dispatch.Invalid, "call_sign")
	_, err = f.command(t.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, _ *dispatch.Change) error {
		_, err := tx.Lock(ctx, dispatch.Live, dispatch.Ref{Kind: dispatch.KindTeam, ID: "t1"}, dispatch.Ref{Kind: dispatch.KindTeam, ID: "none"})
		return err
	})
	wantCode(t, err, dispatch.NotFound, "")
	if now := count(t, f); now != rows {
		t.Errorf("refusals left traces: %s became %s", rows, now)
	}
}

// count tells how many rows are in the tables and where the journal stands.
func count(t testing.TB, f *fixture) string {
	t.Helper()
	rows, err := f.pool.Query(t.Context(), `select format('%s agency %s team %s incident %s stock %s command %s use, head %s', (select count(*) from agency), (select count(*) from team),
		(select count(*) from incident), (select sum(quantity) from stock), (select count(*) from command), (select count(*) from use), (select max(seq) from journal))`)
	if err != nil {
		t.Fatal(err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNumbersHaveNoGaps(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	var got [3]int
	for i, fail := range []bool{false, true, false} {
		_, err := f.command(t.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, _ *dispatch.Change) (err error) {
			if got[i], err = tx.NextNumber(ctx, dispatch.Live, "20261123"); err == nil && fail {
				err = errAbandoned
			}
			return err
		})
		if fail != errors.Is(err, errAbandoned) {
			t.Fatal(err)
		}
	}
	if got != [3]int{1, 2, 2} {
		t.Errorf("numbers are %v", got)
	}
}

func TestRealmsAreApart(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testTeam("t1"))
	c := f.put("drill:1", testTeam("t1")) // the same id and call sign: another realm
	if c.Seq != 1 {
		t.Errorf("the drill's first change has seq %d", c.Seq)
	}
	realms, err := f.Realms(t.Context())
	if err != nil || fmt.Sprint(realms) != "[drill:1 live]" {
		t.Errorf("realms are %v, %v", realms, err)
	}
	_, err = f.command(t.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, _ *dispatch.Change) error {
		_, err := tx.Lock(ctx, "drill:1", dispatch.Ref{Kind: dispatch.KindTeam, ID: "t1"})
		return err
	})
	if err == nil {
		t.Error("a command of one realm locked in another")
	}
	if _, err := f.Find(t.Context(), dispatch.Query{Realm: "drill:1", Kind: dispatch.KindTeam, Audience: &dispatch.Onlooker{Audience: dispatch.Audience{Realm: dispatch.Live, Role: dispatch.RoleSystem}}}); err == nil {
		t.Error("an audience of one realm read in another")
	}
}
