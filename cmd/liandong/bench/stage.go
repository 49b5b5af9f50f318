package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// stage is a server under test in a process of its own, with the crowd that
// listens to it here.
type stage struct {
	*crowd
	kind  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	given int64 // changes so far
}

// raise starts a server of the kind: hub or floor.
func (b *bench) raise(kind string, flags ...string) (*stage, error) {
	s := &stage{kind: kind, cmd: exec.Command(b.opt.Program, append([]string{"bench-server", kind}, flags...)...)}
	s.cmd.Stderr = os.Stderr
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server under test tells no address: %w", err), s.end())
	}
	s.crowd = newCrowd(strings.TrimSpace(line))
	return s, nil
}

// say has the server commit n changes.
func (s *stage) say(n int64) error {
	now := int64(time.Since(s.begun))
	for range n {
		s.given++
		s.said[s.given%ring].Store(now)
	}
	_, err := fmt.Fprintf(s.in, "say %d\n", n)
	return err
}

func (s *stage) end() error {
	err := s.in.Close()
	return errors.Join(err, s.cmd.Wait())
}

func (s *stage) pid() int { return s.cmd.Process.Pid }

// profile writes a profile where the bench was asked for them, of the hub only.
func (b *bench) profile(s *stage, kind, name string) error {
	if b.opt.Profile == "" || s.kind != "hub" {
		return nil
	}
	_, err := fmt.Fprintf(s.in, "%s %s\n", kind, filepath.Join(b.opt.Profile, name+"."+kind+".pprof"))
	return err
}

// assemble opens n connections and waits until each has got a first change.
func (s *stage) assemble(ctx context.Context, n int) (*sockets, error) {
	to, err := s.connect(n, true)
	if err != nil {
		return nil, err
	}
	if err := s.say(1); err != nil {
		return nil, err
	}
	return to, s.await(ctx, s.given)
}

// seconds of CPU that the server has used.
func (s *stage) cpu() (time.Duration, error) { return cpu(s.pid()) }

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
