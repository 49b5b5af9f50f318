package main

import (
	"syscall"

	"liandong/web"
)

// disk measures the file system under the folder; nil when it cannot be measured. Free is what the
// program itself may use.
func disk(dir string) *web.Disk {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return nil
	}
	free, size := int64(st.Bavail)*st.Bsize, int64(st.Blocks)*st.Bsize
	return &web.Disk{Free: free, Size: size, Low: free < size/10}
}
