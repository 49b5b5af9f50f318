//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// look is how long we wait before asking again where the system gives no signal.
const look = 25 * time.Millisecond

// giveUp bounds a start or a stop: crash recovery of a large journal takes a while.
const giveUp = 5 * time.Minute

// postmaster returns the process number and socket folder that a running PostgreSQL wrote down,
// or 0 when none runs on this data.
func (f folder) postmaster() (pid int, sockets string) {
	body, err := os.ReadFile(filepath.Join(f.data(), "postmaster.pid"))
	if err != nil {
		return 0, ""
	}
	lines := strings.Split(string(body), "\n")
	if len(lines) < 5 { // still being written
		return 0, ""
	}
	pid, err = strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return 0, ""
	}
	if pids, known := living(f.data()); known && !slices.Contains(pids, pid) {
		return 0, ""
	}
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return 0, ""
	}
	return pid, strings.TrimSpace(lines[4])
}

// clear makes the data free for a new start: it ends a PostgreSQL whose supervisor is gone, waits
// for processes that a killed one left, and then removes the files that would block the start.
// Only the holder of the lock may call it.
func (f folder) clear(ctx context.Context, say func(string)) error {
	if pid, _ := f.postmaster(); pid != 0 {
		say(fmt.Sprintf("stopping the PostgreSQL (process %d) that an earlier run left in %s", pid, f.data()))
		if err := f.end(ctx, pid); err != nil {
			return err
		}
	}
	deadline := time.Now().Add(giveUp)
	for {
		pids, known := living(f.data())
		if !known {
			return nil // PostgreSQL decides itself
		}
		if len(pids) == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("cluster: processes %v still work in %s; end them, then start again", pids, f.data())
		}
		if err := pause(ctx, look); err != nil {
			return err
		}
	}
	// Nobody works here any more. While orphaned processes lived, postmaster.pid had to stay: it is
	// PostgreSQL's own guard against two servers on one shared memory.
	for _, path := range []string{
		filepath.Join(f.data(), "postmaster.pid"),
		filepath.Join(f.sockets, socketName),
		filepath.Join(f.sockets, socketName+".lock"),
	} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cluster: %w", err)
		}
	}
	return nil
}

// end shuts a running PostgreSQL down: politely (SIGINT: roll back and flush), and after half a
// minute at once (SIGQUIT: the next start recovers from the journal of the database).
func (f folder) end(ctx context.Context, pid int) error {
	begun, hard := time.Now(), false
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("cluster: cannot stop PostgreSQL, process %d: %w", pid, err)
	}
	for {
		if now, _ := f.postmaster(); now != pid {
			return nil
		}
		if !hard && (time.Since(begun) > 30*time.Second || ctx.Err() != nil) {
			hard = true
			if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("cluster: cannot stop PostgreSQL, process %d: %w", pid, err)
			}
		}
		if time.Since(begun) > giveUp {
			return fmt.Errorf("cluster: PostgreSQL, process %d, does not stop", pid)
		}
		time.Sleep(look)
	}
}

// child is a PostgreSQL that this process started.
type child struct {
	pid    int
	exited chan struct{} // closed when it is gone
	state  string        // how it ended; read after exited
}

// spawn starts PostgreSQL as a child that ends with us.
func (f folder) spawn(bin string) (*child, error) {
	out, err := f.openLog()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := f.command(context.Background(), filepath.Join(bin, "postgres"), "-D", f.data(), "-k", f.sockets)
	cmd.Stdout, cmd.Stderr = out, out
	dieWithParent(cmd.SysProcAttr)

	c := &child{exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel's "parent" is a thread: this one has to stay as long as PostgreSQL does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			c.pid = cmd.Process.Pid
		}
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // the state tells the same
		c.state = cmd.ProcessState.String()
		close(c.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	return c, nil
}

// detach starts PostgreSQL so that it outlives this process.
func (f folder) detach(bin string) (*child, error) {
	out, err := f.openLog()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := f.command(context.Background(), filepath.Join(bin, "postgres"), "-D", f.data(), "-k", f.sockets)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Setsid = false, true
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	c := &child{pid: cmd.Process.Pid, exited: make(chan struct{})}
	go func() { // reaps it when it ends before we do
		_ = cmd.Wait()
		c.state = cmd.ProcessState.String()
		close(c.exited)
	}()
	return c, nil
}

// openLog opens the log for appending; one of more than 10 MB is put aside first.
func (f folder) openLog() (*os.File, error) {
	if info, err := os.Stat(f.log()); err == nil && info.Size() > 10<<20 {
		if err := os.Rename(f.log(), f.log()+".1"); err != nil {
			return nil, fmt.Errorf("cluster: %w", err)
		}
	}
	out, err := os.OpenFile(f.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	return out, nil
}

// lastWords returns the end of the log, for the sentence that says why a start failed.
func (f folder) lastWords() string {
	body, err := os.ReadFile(f.log())
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(body)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
