package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// oldest is the oldest PostgreSQL that will do: 15 brought "create database … strategy file_copy"
// and took the right to create in schema public from everybody.
const oldest = 15

// ErrMissing says what to install. It is the whole sentence for the user.
var ErrMissing = errors.New("PostgreSQL 15 or newer with PostGIS is not installed: " +
	"run scripts/install as root (Debian, Ubuntu: apt-get install --no-install-recommends postgresql-postgis; " +
	"macOS: brew install postgis), or set DATABASE_URL to a server that has it")

// places are where packages put the programs of PostgreSQL, beside $PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                   // Red Hat and its heirs, PGDG packages
	"/opt/homebrew/opt/postgresql@*/bin", // Homebrew
	"/usr/local/opt/postgresql@*/bin",    // Homebrew on Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/usr/local/pgsql/bin",
}

// FindBin returns the folder of the newest PostgreSQL here that has PostGIS and btree_gist, and
// its major version. With major > 0 only that version will do, because data of one version cannot
// be read by another. The error is ErrMissing, or a sentence that names the version wanted.
func FindBin(major int) (dir string, found int, err error) {
	candidates := []string{}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			candidates = append(candidates, filepath.Dir(real))
		}
	}
	for _, place := range places {
		dirs, err := filepath.Glob(place)
		if err != nil {
			panic(err) // the patterns are constants
		}
		candidates = append(candidates, dirs...)
	}
	var others []string
	for _, c := range candidates {
		v := complete(c)
		if major > 0 && v != major {
			if v > 0 && !slices.Contains(others, strconv.Itoa(v)) {
				others = append(others, strconv.Itoa(v))
			}
			continue
		}
		if v >= oldest && v > found {
			dir, found = c, v
		}
	}
	switch {
	case dir != "":
		return dir, found, nil
	case len(others) > 0:
		return "", 0, fmt.Errorf("the data was made by PostgreSQL %d, which is not installed with PostGIS (here: %s): install that version (apt-get install postgresql-%d-postgis-3), or keep the data with liandong backup there and restore here",
			major, strings.Join(others, ", "), major)
	}
	return "", 0, ErrMissing
}

// complete returns the major version of the PostgreSQL in dir, 0 unless everything is there.
func complete(dir string) int {
	for _, name := range []string{"postgres", "initdb"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return 0
		}
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(out)) // "postgres (PostgreSQL) 15.18 (Debian …)"
	if len(fields) < 3 {
		return 0
	}
	major, err := strconv.Atoi(strings.SplitN(fields[2], ".", 2)[0])
	if err != nil {
		return 0
	}
	for _, extension := range []string{"postgis", "btree_gist"} {
		if !hasExtension(dir, extension) {
			return 0
		}
	}
	return major
}

func hasExtension(dir, name string) bool {
	var shares []string
	if out, err := exec.Command(filepath.Join(dir, "pg_config"), "--sharedir").Output(); err == nil {
		shares = append(shares, strings.TrimSpace(string(out)))
	} else {
		// Red Hat has pg_config only in its -devel package; its files lie beside the programs.
		shares = append(shares, filepath.Join(dir, "../share"), filepath.Join(dir, "../share/postgresql"))
	}
	for _, share := range shares {
		if _, err := os.Stat(filepath.Join(share, "extension", name+".control")); err == nil {
			return true
		}
	}
	return false
}
