//go:build unix

package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain lets this binary play another program on the same folder, to be killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("CLUSTER_PLAY_IN")
	if dir == "" {
		os.Exit(m.Run())
	}
	if _, err := Start(context.Background(), Config{Dir: dir}); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {}
}

// play starts another process that supervises the folder, and waits until its server is ready.
func play(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "CLUSTER_PLAY_IN="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the other process said %q (%v)", line, err)
	}
	return cmd
}

// home is a folder that every user may enter; t.TempDir is not.
func home(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cluster")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "var")
}

func begin(t *testing.T, dir string) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), Config{Dir: dir, Log: func(msg string) { t.Log(msg) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, url, sql string) {
	t.Helper()
	conn := connect(t, url)
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// count reads how many notes are there, as the application.
func count(t *testing.T, c *Cluster) (n int) {
	t.Helper()
	conn := connect(t, c.URL())
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), "select count(*) from note").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// gone waits until the server behind conn has ended.
func gone(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if _, err := conn.WaitForNotification(ctx); err == nil || ctx.Err() != nil {
		t.Fatalf("the server is still there: %v", err)
	}
}

func ready(t *testing.T, c *Cluster) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := c.Wait(ctx); err != nil {
		t.Fatalf("PostgreSQL did not come back: %v", err)
	}
}

func TestFirstAndSecondStart(t *testing.T) {
	t.Parallel()
	dir := home(t)
	c := begin(t, dir)
	exec1(t, c.AdminURL(), "create table note (n int, p geometry(point, 4326))")
	exec1(t, c.URL(), "insert into note values (1, st_setsrid(st_point(113.8, 34.0), 4326))")

	app := connect(t, c.URL())
	var super, owner bool
	err := app.QueryRow(t.Context(), `select rolsuper, pg_get_userbyid(d.datdba) = current_user
		from pg_roles r, pg_database d where rolname = current_user and datname = current_database()`).Scan(&super, &owner)
	if err != nil {
		t.Fatal(err)
	}
	if super || owner {
		t.Errorf("the application's role: superuser %v, owner %v; want neither", super, owner)
	}
	var listen string
	if err := app.QueryRow(t.Context(), "show listen_addresses").Scan(&listen); err != nil || listen != "" {
		t.Errorf("listen_addresses is %q (%v), want none: nobody on the network may reach it", listen, err)
	}

	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.Ready() == nil || c.PID() != 0 {
		t.Errorf("after Stop: Ready says yes, or process %d still runs", c.PID())
	}
	again := begin(t, dir)
	if n := count(t, again); n != 1 {
		t.Errorf("%d notes after the second start, want 1", n)
	}
}

// TestPostgresKilled: the supervisor starts a killed server again, with everything committed.
func TestPostgresKilled(t *testing.T) {
	t.Parallel()
	c := begin(t, home(t))
	exec1(t, c.AdminURL(), "create table note (n int)")
	exec1(t, c.URL(), "insert into note select generate_series(1, 1000)")
	witness, before := connect(t, c.URL()), c.PID()
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone(t, witness)
	ready(t, c)
	if n := count(t, c); n != 1000 {
		t.Errorf("%d notes after kill -9, want 1000", n)
	}
	if after := c.PID(); after == 0 || after == before {
		t.Errorf("process %d before, %d after: want another one", before, after)
	}
}

// TestSupervisorKilled: PostgreSQL ends with its killed parent, and the next start works.
func TestSupervisorKilled(t *testing.T) {
	t.Parallel()
	dir := home(t)
	other := play(t, dir)
	c := begin(t, dir) // adopts
	exec1(t, c.AdminURL(), "create table note (n int)")
	exec1(t, c.URL(), "insert into note values (1)")
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	witness := connect(t, c.URL()) // an adopter's Stop leaves the server alone
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	gone(t, witness)
	if n := count(t, begin(t, dir)); n != 1 {
		t.Errorf("%d notes after the supervisor was killed, want 1", n)
	}
}

// TestBothKilled: with everything killed at once, stale lock files do not block the next start.
func TestBothKilled(t *testing.T) {
	t.Parallel()
	dir := home(t)
	other := play(t, dir)
	c := begin(t, dir)
	exec1(t, c.AdminURL(), "create table note (n int)")
	exec1(t, c.URL(), "insert into note values (1)")
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	witness, pid := connect(t, c.URL()), c.PID()
	// Stopped first, so that the kernel's SIGINT for the orphan cannot end it in good order.
	for _, kill := range []struct {
		pid int
		sig syscall.Signal
	}{{pid, syscall.SIGSTOP}, {other.Process.Pid, syscall.SIGKILL}, {pid, syscall.SIGKILL}} {
		if err := syscall.Kill(kill.pid, kill.sig); err != nil {
			t.Fatal(err)
		}
	}
	gone(t, witness)
	if n := count(t, begin(t, dir)); n != 1 {
		t.Errorf("%d notes after everything was killed, want 1", n)
	}
}

// TestAdoptAndTakeOver: a second process uses the server of the first and keeps it running when the
// first leaves.
func TestAdoptAndTakeOver(t *testing.T) {
	t.Parallel()
	dir := home(t)
	first := begin(t, dir)
	second := begin(t, dir)
	if first.PID() != second.PID() || first.URL() != second.URL() {
		t.Fatalf("two servers: processes %d and %d", first.PID(), second.PID())
	}
	exec1(t, second.AdminURL(), "create table note (n int)")
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready(t, second)
	if n := count(t, second); n != 0 {
		t.Errorf("%d notes, want 0", n)
	}
}

// TestLeftOver: an interrupted initdb and the number of an unrelated process in postmaster.pid.
func TestLeftOver(t *testing.T) {
	t.Parallel()
	dir := home(t)
	if err := os.MkdirAll(filepath.Join(dir, "postgres.new", "base"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := begin(t, dir)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	stale := fmt.Sprintf("%d\n%s\n1\n5432\n%s\n\n", os.Getpid(), c.folder.data(), c.folder.sockets)
	for _, path := range []string{filepath.Join(c.folder.data(), "postmaster.pid"), filepath.Join(c.folder.sockets, socketName+".lock")} {
		if err := os.WriteFile(path, []byte(stale), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := begin(t, dir).Ready(); err != nil {
		t.Error(err)
	}
}

// TestDeepFolder: the path of a unix socket is short; the folder need not be.
func TestDeepFolder(t *testing.T) {
	t.Parallel()
	c := begin(t, filepath.Join(home(t), strings.Repeat("deep/", 25)))
	t.Cleanup(func() { _ = os.RemoveAll(c.folder.sockets) })
	if err := c.Ready(); err != nil {
		t.Error(err)
	}
}

func TestFindBin(t *testing.T) {
	if _, _, err := FindBin(9); err == nil || !strings.Contains(err.Error(), "PostgreSQL 9") {
		t.Errorf("data of version 9: %v, want a sentence that names it", err)
	}
	old := places
	defer func() { places = old }()
	places = []string{filepath.Join(t.TempDir(), "*")}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := FindBin(0); !errors.Is(err, ErrMissing) {
		t.Errorf("nothing installed: %v, want ErrMissing", err)
	}
}

// TestClosedParent: only root has this difficulty, because only root hands PostgreSQL to another user.
func TestClosedParent(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: an ordinary user runs PostgreSQL as itself")
	}
	old := stateRoot
	defer func() { stateRoot = old }()
	stateRoot = filepath.Join(home(t), "state")
	closed := home(t)
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	f, why, err := place(filepath.Join(closed, "checkout", "var"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(why, closed) || !strings.Contains(why, "0700") {
		t.Errorf("the sentence is %q, want the closed folder and its mode in it", why)
	}
	if !strings.HasPrefix(f.dir, stateRoot) {
		t.Errorf("the data goes to %s, want a folder below %s", f.dir, stateRoot)
	}
	twice, _, err := place(filepath.Join(closed, "checkout", "var"))
	if err != nil || twice.dir != f.dir {
		t.Errorf("the second start goes to %s (%v), want %s again", twice.dir, err, f.dir)
	}
}
