package pgstore

import "time"

// PoolStats is how the connections to the database are used.
type PoolStats struct {
	Used, Idle, Most int
	Waits            int64         // questions that had to wait for a free connection, since Open
	Waited           time.Duration // how long they waited, in all
}

// PoolStats counts what is there now.
func (s *Store) PoolStats() PoolStats {
	p := s.pool.Stat()
	return PoolStats{Used: int(p.AcquiredConns()), Idle: int(p.IdleConns()), Most: int(p.MaxConns()), Waits: p.EmptyAcquireCount(), Waited: p.EmptyAcquireWaitTime()}
}
