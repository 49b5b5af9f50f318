//go:build unix && !linux

package cluster

import "syscall"

// dieWithParent needs Linux. Elsewhere PostgreSQL outlives a killed parent, and the next start
// stops it first.
func dieWithParent(*syscall.SysProcAttr) {}

// living is unknown here: PostgreSQL's own check of postmaster.pid has to do.
func living(string) (pids []int, known bool) { return nil, false }
