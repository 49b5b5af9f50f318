package pgstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"liandong/dispatch"
)

// cutter makes connections that end at a chosen moment: once armed, the next write of the connection
// that armed it is where it happens.
type cutter struct {
	armed atomic.Pointer[cut]
	cuts  atomic.Int64
}

// cut is how a connection ends.
type cut int

const (
	before   cut = iota + 1 // nothing was sent
	unread                  // it was sent, and the connection ended at once
	answered                // it was carried out, and the answer got lost
)

func (c *cutter) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &cutConn{Conn: conn, cutter: c}, nil
}

type cutConn struct {
	net.Conn
	cutter *cutter
}

func (c *cutConn) Write(b []byte) (int, error) {
	how := c.cutter.armed.Swap(nil)
	if how == nil {
		return c.Conn.Write(b)
	}
	c.cutter.cuts.Add(1)
	defer c.Conn.Close()
	if *how == before {
		return 0, io.ErrClosedPipe
	}
	n, err := c.Conn.Write(b)
	if err == nil && *how == answered {
		var heard []byte
		part := make([]byte, 4096)
		for !bytes.Contains(heard, []byte("COMMIT")) && !bytes.Contains(heard, []byte("SERROR")) {
			k, err := c.Conn.Read(part)
			if err != nil {
				return n, errors.New("the server did not answer: " + err.Error())
			}
			heard = append(heard, part[:k]...)
		}
	}
	return n, err
}

// TestCutAtCommit ends the connection at the moment of the commit in three ways. The answer is true
// each time: the command was carried out once, and says so.
func TestCutAtCommit(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]cut{"nothing was sent": before, "sent, not read": unread, "carried out, answer lost": answered} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c cutter
			f := open(t, Options{dial: c.dial, MaxConns: 1})
			f.put(dispatch.Live, testTeam("t0")) // so that the statements are prepared on the only connection
			runs := 0
			key := testKey(dispatch.Live, "cut-command")
			did, replayed, err := f.Command(t.Context(), key, func(context.Context, dispatch.Tx) (*dispatch.Change, error) {
				if runs++; runs == 1 {
					c.armed.Store(&how)
				}
				x := change(dispatch.Live, key.ID)
				x.Puts = []dispatch.Put{{Record: testTeam("t1"), After: testTeam("t1").Scope}}
				return x, nil
			})
			if err != nil || replayed || did.Seq != 2 || c.cuts.Load() != 1 {
				t.Fatalf("answered %+v, replayed %v, %v after %d cuts", did, replayed, err, c.cuts.Load())
			}
			if how == before && runs != 2 || how == answered && runs != 1 {
				t.Errorf("the rule ran %d times", runs)
			}
			report, err := f.VerifyTables(t.Context(), dispatch.Live, nil)
			if err != nil || !report.OK() || report.Rows != 2 || report.Records != 2 {
				t.Errorf("verify: %+v, %v", report, err)
			}
			if _, replayed, err := f.Command(t.Context(), key, nil); err != nil || !replayed {
				t.Errorf("sent again: replayed %v, %v", replayed, err)
			}
		})
	}
}

// TestHangUpAtCommit: a caller that is gone does not undo what it asked for.
func TestHangUpAtCommit(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx, hangUp := context.WithCancel(t.Context())
	key := testKey(dispatch.Live, "hang-up-command")
	c, _, err := f.Command(ctx, key, func(context.Context, dispatch.Tx) (*dispatch.Change, error) {
		hangUp()
		return change(dispatch.Live, key.ID), nil
	})
	if err != nil || c.Seq != 1 {
		t.Errorf("answered %+v, %v", c, err)
	}
	if _, _, err := f.Command(ctx, testKey(dispatch.Live, "never-begun"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a command of a caller that is gone was answered %v", err)
	}
}

// TestServerAway: without a server everything is refused as unavailable, and what was said stays so
// when it is back.
func TestServerAway(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if gone.Load() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	f := open(t, Options{dial: dial, Patience: 1})
	f.put(dispatch.Live, testTeam("t1"))
	gone.Store(true)
	f.pool.Reset()
	_, _, err := f.Command(t.Context(), testKey(dispatch.Live, "away-command"), nil)
	wantCode(t, err, dispatch.Unavailable, "")
	wantCode(t, f.Ping(t.Context()), dispatch.Unavailable, "")
	_, err = f.Head(t.Context(), dispatch.Live)
	wantCode(t, err, dispatch.Unavailable, "")
	_, err = f.Snapshot(t.Context(), dispatch.Audience{Realm: dispatch.Live, Role: dispatch.RoleSystem}.At(time.Now()), nil, nil)
	wantCode(t, err, dispatch.Unavailable, "")
	_, err = Open(t.Context(), f.dsn, Options{dial: dial})
	wantCode(t, err, dispatch.Unavailable, "")
	gone.Store(false)
	if head, err := f.Head(t.Context(), dispatch.Live); err != nil || head != 1 {
		t.Errorf("head is %d, %v", head, err)
	}
}

// TestKilledBackend ends the server's side of the connection inside a command: it is done again.
func TestKilledBackend(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	runs := 0
	c, err := f.command(t.Context(), dispatch.Live, func(ctx context.Context, db dispatch.Tx, c *dispatch.Change) error {
		if runs++; runs == 1 {
			var pid int
			if err := db.(*tx).q.QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
				return err
			}
			var ok bool
			if err := f.pool.QueryRow(ctx, "select pg_terminate_backend($1, 5000)", pid).Scan(&ok); err != nil || !ok {
				t.Errorf("terminate: %v, %v", ok, err)
			}
		}
		c.Puts = append(c.Puts, dispatch.Put{Record: testTeam("t1"), After: testTeam("t1").Scope})
		return nil
	})
	if err != nil || runs != 2 || c.Seq != 1 {
		t.Errorf("ran %d times: %+v, %v", runs, c, err)
	}
}
