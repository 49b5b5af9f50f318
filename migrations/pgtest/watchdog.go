//go:build unix

package pgtest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// script stops the server when nobody has held the file "users" for a while. One watchdog runs per
// folder (lock on "watch"); a further one ends at once. It keeps "users" for itself while it stops
// the server, so that a new test process waits and then starts a new one, and it gives up "watch"
// before "users", so that the new process's watchdog never meets the old one's lock.
const script = `
cd "$1" || exit 1
exec 8>watch 9>users
flock -n 8 || exit 0
while :; do
	flock -x 9 && flock -u 9
	sleep "$2"
	flock -n -x 9 || continue
	read -r pid <postgres/postmaster.pid 2>/dev/null || exit 0
	case "$(readlink "/proc/$pid/cwd")" in */postgres) kill -INT "$pid" ;; *) exit 0 ;; esac
	while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
	flock -u 8
	exit 0
done`

// watch starts the watchdog on its own, away from our terminal, session and output: "go test"
// waits for whoever holds its output.
func watch(dir string, linger time.Duration) error {
	if _, err := exec.LookPath("flock"); err != nil {
		return fmt.Errorf("the program flock (package util-linux) is needed to stop the test server when no test runs: %w", err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	cmd := exec.Command("/bin/sh", "-c", script, "watchdog", abs, fmt.Sprintf("%.1f", linger.Seconds()))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	// Nobody waits for it, and no goroutine either, which tests would take for a leak: it outlives this
	// process, and one that ended at once is reaped with it.
	return cmd.Process.Release()
}
