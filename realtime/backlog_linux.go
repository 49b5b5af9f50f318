package realtime

import "syscall"

// backlog is how many bytes that have not left yet the kernel may hold for a console. Without a bound it
// takes megabytes: minutes of old positions on a slow line, which would all be told before the newest.
const backlog = 128 << 10

// notsentLowat is TCP_NOTSENT_LOWAT of tcp(7).
const notsentLowat = 25

// shorten has the kernel keep no more than backlog of the socket's bytes. Where it cannot (no TCP), it
// takes what it takes.
func (d *door) shorten() {
	_ = d.raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, notsentLowat, backlog) })
}
