package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Process is a server of our own in a process of its own, with its private
// database in a folder.
type Process struct {
	*Server
	Dir    string
	cmd    *exec.Cmd
	exited chan struct{}
}

// Launch says how to start one.
type Launch struct {
	Program string   // the liandong binary
	Dir     string   // its folder; what is in it stays
	Addr    string   // "127.0.0.1:0" picks a free port
	Args    []string // further flags of liandong serve
	Env     []string // added to this process's environment
	Log     io.Writer
}

// Start starts the server and returns once it is ready.
func (l Launch) Start(ctx context.Context) (*Process, error) {
	address := filepath.Join(l.Dir, "address")
	// One that was killed left its file behind.
	if err := os.Remove(address); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	args := append([]string{"serve", "--dir", l.Dir, "--addr", l.Addr, "--http-addr", "off", "--no-demo"}, l.Args...)
	p := &Process{Dir: l.Dir, cmd: exec.Command(l.Program, args...), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = io.Discard, l.Log
	p.cmd.Env = append(os.Environ(), l.Env...)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // the state is asked of ProcessState
		close(p.exited)
	}()
	if err := p.await(ctx, address); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

// await polls until the server has told its address and answers.
func (p *Process) await(ctx context.Context, address string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.exited:
			return fmt.Errorf("the server ended while it started: %s", p.cmd.ProcessState)
		case <-tick.C:
		}
		if p.Server == nil {
			base, err := os.ReadFile(address)
			if err != nil || !strings.HasSuffix(string(base), "\n") {
				continue
			}
			authority, err := os.ReadFile(filepath.Join(p.Dir, "certs", "authority.pem"))
			if err != nil {
				return err
			}
			if p.Server, err = Dial(strings.TrimSpace(string(base)), authority); err != nil {
				return err
			}
		}
		if p.Ready(ctx) == nil {
			return nil
		}
	}
}

// Kill ends the server as a power cut does, and returns when it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
}

// Stop asks the server to end and returns when it has.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.exited:
	case <-time.After(time.Minute):
		p.Kill()
		return errors.New("the server did not end within a minute and was killed")
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("the server ended badly: %s", p.cmd.ProcessState)
	}
	return nil
}

// PID is the server's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Addr is where it listens: host:port, to start it there again.
func (p *Process) Addr() string { return strings.TrimPrefix(p.Base, "https://") }
