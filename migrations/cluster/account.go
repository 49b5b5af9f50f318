//go:build unix

package cluster

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is the operating system user that runs PostgreSQL.
type account struct {
	name     string
	uid, gid uint32
	other    bool // not the user of this process, so processes and files must be handed over
}

// server returns the user to run PostgreSQL as: ourselves, or postgres or nobody when we are root.
func server() (account, error) {
	if os.Geteuid() != 0 {
		self, err := user.Current()
		if err != nil {
			return account{}, fmt.Errorf("cluster: the user with number %d has no name, which PostgreSQL needs: add it to /etc/passwd: %w", os.Geteuid(), err)
		}
		return newAccount(self, false)
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return newAccount(u, true)
		}
	}
	return account{}, fmt.Errorf("cluster: PostgreSQL does not run as root, and neither the user postgres nor nobody exists: start as an ordinary user, or set DATABASE_URL")
}

func newAccount(u *user.User, other bool) (account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("cluster: user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("cluster: user %s: %w", u.Username, err)
	}
	return account{name: u.Username, uid: uint32(uid), gid: uint32(gid), other: other}, nil
}

// attr are the process attributes that start a child as this account, away from the terminal's
// process group: ^C must reach us, not PostgreSQL, which has to outlive our own clean-up.
func (a account) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a.other {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// own gives a file to the account.
func (a account) own(path string) error {
	if !a.other {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// mayEnter reports whether the account may pass through the folder.
func (a account) mayEnter(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	switch {
	case st.Uid == a.uid:
		return info.Mode()&0o100 != 0
	case st.Gid == a.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}
