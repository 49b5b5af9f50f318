package pgstore

import (
	"context"
	"net"
	"sync"
	"testing"

	"liandong/dispatch"
)

// valve makes connections on which nothing comes through while it is shut.
type valve struct {
	mu    sync.Mutex
	shut  bool
	moved *sync.Cond
}

func newValve() *valve {
	v := &valve{}
	v.moved = sync.NewCond(&v.mu)
	return v
}

func (v *valve) set(shut bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shut = shut
	v.moved.Broadcast()
}

func (v *valve) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	here, there := net.Pipe()
	for _, pair := range [][2]net.Conn{{conn, there}, {there, conn}} {
		go func() {
			defer conn.Close()
			defer there.Close()
			part := make([]byte, 32<<10)
			for {
				n, err := pair[0].Read(part)
				v.mu.Lock()
				for v.shut {
					v.moved.Wait()
				}
				v.mu.Unlock()
				if _, bad := pair[1].Write(part[:n]); err != nil || bad != nil {
					return
				}
			}
		}()
	}
	return here, nil
}

// TestSilence: a database that says nothing any more is given up, whatever was asked of it, and used
// again when it speaks.
func TestSilence(t *testing.T) {
	t.Parallel()
	v := newValve()
	f := open(t, Options{dial: v.dial})
	t.Cleanup(func() { v.set(false) })
	f.put(dispatch.Live, testTeam("t0"))
	v.set(true)
	var all sync.WaitGroup
	for name, ask := range map[string]func() error{
		"a read": func() error { _, err := f.Head(t.Context(), dispatch.Live); return err },
		"a command": func() error {
			_, _, err := f.Command(t.Context(), testKey(dispatch.Live, "silent-command"), func(context.Context, dispatch.Tx) (*dispatch.Change, error) {
				t.Error("the rule was asked although the database is silent")
				return change(dispatch.Live, "silent-command"), nil
			})
			return err
		},
	} {
		all.Go(func() {
			// Without a limit of the store's own this would wait as long as the test may run.
			if err := ask(); dispatch.CodeOf(err) != dispatch.Unavailable {
				t.Errorf("%s: %v, want unavailable", name, err)
			}
		})
	}
	all.Wait()
	v.set(false)
	for {
		head, err := f.Head(t.Context(), dispatch.Live)
		if err == nil && head == 1 {
			break
		}
		if t.Context().Err() != nil || dispatch.CodeOf(err) != dispatch.Unavailable {
			t.Fatalf("after its return: head %d, %v", head, err)
		}
	}
}

// TestSlowIsNotSilent: one statement that takes long, while nobody asks anything else, is waited for.
func TestSlowIsNotSilent(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	if err := f.exec(t.Context(), "select pg_sleep(3)"); err != nil {
		t.Errorf("a slow statement was given up: %v", err)
	}
}
