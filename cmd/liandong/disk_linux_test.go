package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// mountSmall mounts a file system of four megabytes in memory, which belongs to whoever runs the database.
func mountSmall(at, database string) error {
	info, err := os.Stat(filepath.Join(database, "postgres"))
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%s has no owner", database)
	}
	return syscall.Mount("tmpfs", at, "tmpfs", 0, fmt.Sprintf("size=4m,mode=0700,uid=%d,gid=%d", owner.Uid, owner.Gid))
}

func unmount(at string) error { return syscall.Unmount(at, syscall.MNT_DETACH) }
