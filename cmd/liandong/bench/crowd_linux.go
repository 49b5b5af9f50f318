package bench

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// sockets reads a crowd's sockets through one epoll, in one goroutine.
type sockets struct {
	crowd *crowd
	epoll int
	fds   map[int32]*member
	ended chan struct{}
	wake  [2]int // a pipe that ends the reading
}

// connect opens n connections; since < 0 asks for no resume. Each that has
// existed before goes on at its cursor.
func (c *crowd) connect(n int, resume bool) (*sockets, error) {
	addr, err := netip.ParseAddrPort(c.addr)
	if err != nil {
		return nil, err
	}
	s := &sockets{crowd: c, fds: make(map[int32]*member, n), ended: make(chan struct{})}
	if s.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if err := syscall.Pipe2(s.wake[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil, err
	}
	for len(c.members) < n {
		c.members = append(c.members, &member{crowd: c})
	}
	if err := s.watch(s.wake[0]); err != nil {
		return nil, err
	}
	to := &syscall.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	for _, m := range c.members {
		if err := s.dial(m, to, resume); err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
	}
	go s.read()
	return s, nil
}

func (s *sockets) watch(fd int) error {
	return syscall.EpollCtl(s.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

// dial connects and asks. Over loopback neither waits for the server.
func (s *sockets) dial(m *member, to syscall.Sockaddr, resume bool) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := syscall.Connect(fd, to); err != nil {
		return errors.Join(err, syscall.Close(fd))
	}
	since := int64(-1)
	if resume {
		since = m.cursor
	}
	*m = member{crowd: s.crowd, cursor: m.cursor, pong: func(b []byte) { _, _ = syscall.Write(fd, b) }}
	s.fds[int32(fd)] = m
	if _, err := syscall.Write(fd, s.crowd.request(since)); err != nil {
		return err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	return s.watch(fd)
}

func (s *sockets) read() {
	defer close(s.ended)
	b := make([]byte, 256<<10)
	events := make([]syscall.EpollEvent, 512)
	for {
		n, err := syscall.EpollWait(s.epoll, events, -1)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			s.crowd.fault(err)
			return
		}
		for _, e := range events[:max(n, 0)] {
			m := s.fds[e.Fd]
			if m == nil { // the pipe
				return
			}
			n, err := syscall.Read(int(e.Fd), b)
			switch {
			case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR):
				continue
			case n > 0:
				err = m.hear(b[:n])
			case err == nil:
				err = errors.New("the server ended the connection")
			}
			if err != nil {
				s.crowd.fault(err)
				_ = syscall.EpollCtl(s.epoll, syscall.EPOLL_CTL_DEL, int(e.Fd), nil)
			}
		}
	}
}

// cut drops all connections without a word.
func (s *sockets) cut() {
	_, _ = syscall.Write(s.wake[1], []byte{0})
	<-s.ended
	for fd := range s.fds {
		_ = syscall.Close(int(fd))
	}
	for _, fd := range []int{s.epoll, s.wake[0], s.wake[1]} {
		_ = syscall.Close(fd)
	}
}
