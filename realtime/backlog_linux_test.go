package realtime

import (
	"net"
	"testing"
	"time"
)

// The kernel holds little for a console that reads nothing: what waits there is told before the newest.
func TestKernelHoldsLittle(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if err := peer.(*net.TCPConn).SetReadBuffer(8 << 10); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	d := newDoor(c, c)
	d.open()
	taken := 0
	for part := make([]byte, 16<<10); !d.waits(); taken += len(part) {
		if _, err := d.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if taken > 3*backlog {
		t.Errorf("the kernel took %d bytes for a peer that reads nothing", taken)
	}
}

// A slow line that goes on taking is no dead one: what it takes longer for than a write may wait is
// written all the same.
func TestFlushIsPatientWithASlowLine(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if err := peer.(*net.TCPConn).SetReadBuffer(128 << 10); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	d := newDoor(c, c)
	d.open()
	const all = 2 << 20
	if _, err := d.Write(make([]byte, all)); err != nil {
		t.Fatal(err)
	}
	const within = time.Second
	begun, read := time.Now(), make(chan int, 1)
	go func() {
		tick := time.NewTicker(50 * time.Millisecond) // 640 KB/s
		defer tick.Stop()
		n := 0
		for part := make([]byte, 32<<10); n < all; <-tick.C {
			k, err := peer.Read(part)
			n += k
			if err != nil {
				break
			}
		}
		read <- n
	}()
	if err := d.flush(within); err != nil {
		t.Errorf("the line was given up after %s: %v", time.Since(begun), err)
		_ = c.Close()
	}
	if took := time.Since(begun); took < within {
		t.Errorf("all was taken within %s: the test shows nothing", took)
	}
	if n := <-read; n != all {
		t.Errorf("%d of %d bytes arrived", n, all)
	}
}
