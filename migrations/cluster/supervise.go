//go:build unix

package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"time"
)

// supervise keeps PostgreSQL running until ctx ends: it starts it again when it died, and takes
// over when the process that supervised it left.
func (c *Cluster) supervise(ctx context.Context) {
	defer close(c.done)
	wait := time.Second
	for ctx.Err() == nil {
		c.mu.Lock()
		owner, ch := c.lock != nil, c.child
		c.mu.Unlock()
		switch {
		case !owner:
			if pause(ctx, time.Second) != nil {
				return
			}
			l, err := takeLock(filepath.Join(c.folder.dir, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
			if err != nil {
				c.cfg.Log(err.Error())
			}
			if l == nil {
				continue
			}
			c.mu.Lock()
			c.lock = l
			c.mu.Unlock()
			c.cfg.Log("the process that ran PostgreSQL is gone: this one takes over")
		case ch != nil:
			select {
			case <-ctx.Done():
				return
			case <-ch.exited:
			}
			c.cfg.Log(fmt.Sprintf("PostgreSQL ended unexpectedly (%s): starting it again", ch.state))
			c.mu.Lock()
			c.child = nil
			c.mu.Unlock()
		}
		if err := c.launch(ctx, c.folder.spawn); err != nil && ctx.Err() == nil {
			c.cfg.Log(fmt.Sprintf("%v; next try in %v", err, wait))
			if pause(ctx, wait) != nil {
				return
			}
			wait = min(2*wait, 30*time.Second)
			continue
		}
		wait = time.Second
		if ctx.Err() == nil {
			c.cfg.Log("PostgreSQL runs again")
		}
	}
}

// Stop ends the supervision and shuts PostgreSQL down if this process runs it: running
// transactions are rolled back, everything committed is on disk. When ctx ends first, PostgreSQL
// is stopped at once and recovers at the next start. One that another process runs stays. For a
// Cluster of Launch, it ends the shared server.
func (c *Cluster) Stop(ctx context.Context) error {
	if c.cancel == nil { // of Launch
		if pid, _ := c.folder.postmaster(); pid != 0 {
			return c.folder.end(ctx, pid)
		}
		return nil
	}
	c.cancel()
	<-c.done
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lock == nil {
		return nil
	}
	var err error
	if ch := c.child; ch != nil {
		err = c.folder.end(ctx, ch.pid)
		if err == nil {
			<-ch.exited
		}
	}
	c.lock.release()
	c.lock, c.child = nil, nil
	return err
}
