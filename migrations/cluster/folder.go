//go:build unix

package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// stateRoot is where the data goes when root runs the program in a folder that the user postgres
// cannot reach, /root above all.
var stateRoot = "/var/lib/liandong"

// socketLimit is the longest path of a unix socket in bytes, without the closing zero. macOS has
// 103, Linux 107: one limit for all keeps a folder usable on both.
const socketLimit = 103

const socketName = ".s.PGSQL.5432"

// folder is where one cluster lives.
type folder struct {
	dir     string // holds lock, postgres/, postgres.log
	sockets string
	who     account
}

func (f folder) data() string { return filepath.Join(f.dir, "postgres") }
func (f folder) log() string  { return filepath.Join(f.dir, "postgres.log") }

// place makes the folder, or another one when the server's user could not reach it; why is then
// the sentence that says so.
func place(dir string) (f folder, why string, err error) {
	who, err := server()
	if err != nil {
		return folder{}, "", err
	}
	dir, err = make0755(dir)
	if err != nil {
		return folder{}, "", err
	}
	if blocked, mode := firstBlocked(who, dir); blocked != "" {
		instead := filepath.Join(stateRoot, filepath.Base(filepath.Dir(dir))+"-"+short(dir))
		why = fmt.Sprintf("user %s, who runs PostgreSQL, cannot enter %s (mode %04o), so the data is in %s instead", who.name, blocked, mode, instead)
		if dir, err = make0755(instead); err != nil {
			return folder{}, "", fmt.Errorf("%s, which failed: %w", why, err)
		}
	}
	f = folder{dir: dir, who: who, sockets: filepath.Join(dir, "run")}
	if len(filepath.Join(f.sockets, socketName)) > socketLimit {
		f.sockets = filepath.Join("/tmp", "liandong-"+short(dir))
	}
	return f, why, f.makeSockets()
}

func (f folder) makeSockets() error {
	err := os.Mkdir(f.sockets, 0o700)
	if err == nil {
		return f.who.own(f.sockets)
	}
	if !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("cluster: folder for the socket: %w", err)
	}
	// In /tmp anybody could have made it first.
	info, err := os.Lstat(f.sockets)
	if err != nil {
		return fmt.Errorf("cluster: folder for the socket: %w", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm() != 0o700 || ok && st.Uid != f.who.uid {
		return fmt.Errorf("cluster: %s must be a folder of user %s with mode 0700: remove it", f.sockets, f.who.name)
	}
	return nil
}

// make0755 makes a folder and returns its real path. A folder made here can be entered by others
// whatever the umask is; one that was there keeps its mode.
func make0755(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("cluster: %w", err)
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", fmt.Errorf("cluster: %w", err)
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			return "", fmt.Errorf("cluster: %w", err)
		}
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", fmt.Errorf("cluster: %w", err)
	}
	return dir, nil
}

// firstBlocked walks from the root to dir and returns the first folder that who cannot enter.
func firstBlocked(who account, dir string) (path string, mode os.FileMode) {
	at := "/"
	for _, part := range append([]string{""}, strings.Split(strings.Trim(dir, "/"), "/")...) {
		at = filepath.Join(at, part)
		info, err := os.Stat(at)
		if err != nil {
			return at, 0
		}
		if !who.mayEnter(info) {
			return at, info.Mode().Perm()
		}
	}
	return "", 0
}

func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:5])
}

// lock is a file that one process holds; it is free again when that process is gone, however it ended.
type lock struct{ file *os.File }

// takeLock returns nil without an error when another process holds it and wait is false.
func takeLock(path string, how int) (*lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cluster: lock: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if err != syscall.EINTR {
			break
		}
	}
	if err == nil {
		return &lock{f}, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("cluster: lock %s: %w", path, err)
}

func (l *lock) release() {
	if l != nil {
		l.file.Close()
	}
}
