//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain lets this binary play another test process: one that opens the server in a folder,
// prints its address and stays until it is killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("PGTEST_PLAY_IN")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := open(context.Background(), dir, 100*time.Millisecond)
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(s.cluster.SuperURL())
	select {}
}

// process starts another test process and returns the server's address it printed.
func process(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "PGTEST_PLAY_IN="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.HasPrefix(line, "error:") {
		t.Fatalf("the other process said %q (%v)", line, err)
	}
	return cmd, strings.TrimSpace(line)
}

// TestStopsWithItsLastUser: two processes share a server. Killed with -9, the first takes nothing
// with it; after the second the server ends by itself, and a third process gets a new one with the
// data of the old.
func TestStopsWithItsLastUser(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	dir, err := os.MkdirTemp("", "pgtest") // not t.TempDir: user postgres could not enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}

	first, address := process(t, dir)
	second, same := process(t, dir)
	if address != same {
		t.Fatalf("two processes got two servers: %s and %s", address, same)
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	if _, err := conn.Exec(ctx, "create table kept (n int)"); err != nil {
		t.Fatalf("the server ended with the first of its two users: %v", err)
	}

	if err := second.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = second.Wait()
	if _, err := conn.WaitForNotification(ctx); err == nil || ctx.Err() != nil {
		t.Fatalf("the server still ran long after its last user was killed: %v", err)
	}

	_, address = process(t, dir)
	again, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close(ctx)
	if _, err := again.Exec(ctx, "select from kept"); err != nil {
		t.Errorf("what the first server committed is gone: %v", err)
	}
}

// TestKeepsTheDatabaseOfAFailure runs the clean-up of a failed test.
func TestKeepsTheDatabaseOfAFailure(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := shared(t)
	var logged string
	failed := &failure{TB: t, log: &logged}
	dsn := Empty(failed)
	failed.cleanup()
	if logged == "" {
		t.Fatal("the name of the kept database was not logged")
	}
	name := logged[strings.Index(logged, "/failed_")+1:]
	name = name[:strings.Index(name, "?")]
	if _, err := pgx.Connect(ctx, dsn); err == nil {
		t.Error("the database still has the name that the next process would sweep")
	}
	if err := s.exec(ctx, "drop database "+name); err != nil {
		t.Errorf("the kept database is not there: %v", err)
	}
}

// failure is a test that has failed.
type failure struct {
	testing.TB
	log     *string
	cleanup func()
}

func (f *failure) Failed() bool                    { return true }
func (f *failure) Cleanup(do func())               { f.cleanup = do }
func (f *failure) Logf(format string, args ...any) { *f.log = fmt.Sprintf(format, args...) }
