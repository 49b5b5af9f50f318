//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// settings hold for every private cluster. An operator's "alter system set …" wins over them.
var settings = map[string]string{
	"listen_addresses":        "''",
	"unix_socket_permissions": "0700",
	"max_connections":         "200",
	"timezone":                "'UTC'",
	"log_timezone":            "'UTC'",
	// A refused double booking is an ERROR that the program handles; the file would fill with them.
	"log_min_messages": "log",
	"log_checkpoints":  "off",
}

// major returns the version that made the data, 0 when there is none.
func (f folder) major() (int, error) {
	body, err := os.ReadFile(filepath.Join(f.data(), "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cluster: %w", err)
	}
	v, err := strconv.Atoi(strings.TrimSpace(string(body)))
	if err != nil {
		return 0, fmt.Errorf("cluster: %s/PG_VERSION holds %q, which is no version", f.data(), body)
	}
	return v, nil
}

// initialise makes the data folder. It works in postgres.new and renames at the end, so that an
// interrupted run leaves nothing that looks like a cluster.
func (f folder) initialise(ctx context.Context, bin string) error {
	fresh := f.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("cluster: left over from an interrupted start: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	if err := f.who.own(fresh); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	// Without -N: the new files have to be on disk before we rename. C.UTF-8 sorts the same on
	// every machine and version of the C library, so that no index breaks with an upgrade.
	out, err := f.command(ctx, filepath.Join(bin, "initdb"), "-D", fresh, "-U", "postgres",
		"--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--auth=peer", "--no-instructions").CombinedOutput()
	if err != nil {
		return fmt.Errorf("cluster: initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	conf, err := os.OpenFile(filepath.Join(fresh, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	_, err = conf.WriteString("\ninclude 'liandong.conf'\n")
	if err := errors.Join(err, conf.Sync(), conf.Close()); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	if err := os.Rename(fresh, f.data()); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}

// configure writes the files that may differ from one start to the next: settings and who may enter.
func (f folder) configure(extra map[string]string) error {
	all := map[string]string{}
	for _, set := range []map[string]string{settings, extra} {
		for k, v := range set {
			all[k] = v
		}
	}
	keys := make([]string, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var conf strings.Builder
	conf.WriteString("# Written at each start. Your own settings: alter system set …\n")
	for _, k := range keys {
		fmt.Fprintf(&conf, "%s = %s\n", k, all[k])
	}

	names := []string{f.who.name}
	if self, err := user.Current(); err == nil && !slices.Contains(names, self.Username) {
		names = append(names, self.Username)
	}
	var ident strings.Builder
	ident.WriteString("# Written at each start: which user of this machine may be which role.\n")
	for _, name := range names {
		for _, role := range []string{superRole, ownerRole, appRole} {
			fmt.Fprintf(&ident, "liandong \"%s\" %s\n", name, role)
		}
	}
	hba := "# Written at each start. No network, no password: the machine knows who asks.\n" +
		"local all all peer map=liandong\nlocal replication all peer map=liandong\n"

	for name, body := range map[string]string{"liandong.conf": conf.String(), "pg_ident.conf": ident.String(), "pg_hba.conf": hba} {
		path := filepath.Join(f.data(), name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			return fmt.Errorf("cluster: %w", err)
		}
		if err := f.who.own(path); err != nil {
			return fmt.Errorf("cluster: %w", err)
		}
	}
	return nil
}

// command prepares a program of PostgreSQL to run as the server's user, with no environment that
// could lead it elsewhere (PGHOST, PGDATA …).
func (f folder) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = f.dir // the folder we were started in may be closed to that user
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = f.who.attr()
	return cmd
}
