package cluster

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// dieWithParent lets the kernel shut PostgreSQL down (SIGINT: roll back, flush, end) when the
// thread that started it is gone. The caller keeps that thread: runtime.LockOSThread.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// living returns the processes that work in the folder. PostgreSQL itself only asks whether the
// number in postmaster.pid exists, which a zombie or any later process with that number answers
// wrongly; a zombie has no working folder. known is false where the system does not tell.
func living(data string) (pids []int, known bool) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, false
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// Processes of other users cannot be read, and cannot be our PostgreSQL either.
		if cwd, err := os.Readlink(filepath.Join("/proc", e.Name(), "cwd")); err == nil && cwd == data {
			pids = append(pids, pid)
		}
	}
	return pids, true
}
