// Package floors_test keeps the house in order: arrows between packages point down, each library
// stays in its rooms, files stay short, and each package says what it is.
package floors_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "liandong"

// The libraries that live in few rooms only.
const (
	pgx       = "github.com/jackc/pgx/v5"
	websocket = "github.com/gorilla/websocket"
	zerolog   = "github.com/rs/zerolog"
	orb       = "github.com/paulmach/orb"
	goGeom    = "github.com/twpayne/go-geom"
	nats      = "github.com/nats-io"
)

// room names packages: one of them and all below it, without those in except.
type room struct {
	path   string
	except []string
}

func (r room) has(pkg string) bool {
	return within(pkg, r.path) && !slices.ContainsFunc(r.except, func(e string) bool { return within(pkg, e) })
}

func within(pkg, path string) bool { return pkg == path || strings.HasPrefix(pkg, path+"/") }

func in(path string, except ...string) room { return room{path, except} }

// store is the only part of the domain that knows a database.
const store = module + "/dispatch/pgstore"

// never says what a room must not depend on, directly or through others, tests apart.
var never = []struct {
	room room
	on   []string
	why  string
}{
	{in(module + "/geo"), []string{module + "/dispatch", module + "/realtime", module + "/web", module + "/migrations", pgx, websocket, zerolog},
		"geometry is the ground floor: it is tested with nothing but numbers and knows no incident"},
	{in(module + "/migrations"), []string{module + "/geo", module + "/dispatch", module + "/realtime", module + "/web"},
		"the shape of the database stands below the domain, so that an old schema can be built without today's code"},
	{in(module+"/dispatch", store), []string{pgx, "net/http", "database/sql", websocket, zerolog, store, module + "/realtime", module + "/web", module + "/migrations"},
		"rules are plain functions on records: no database, no network and no logger may decide or delay a decision"},
	{in(store), []string{"net/http", websocket, zerolog, module + "/realtime", module + "/web"},
		"the store turns constraints into the domain's errors; who asked, and over which wire, is not its business"},
	{in(module + "/realtime"), []string{pgx, store, module + "/web"},
		"feed and hub work on any journal, so that order, replay and slow readers are tested without a database"},
	{in(module + "/web"), []string{pgx, store},
		"doors state what they need as small interfaces; only cmd knows that PostgreSQL stands behind them"},
	{in(module + "/web/edxl"), []string{module + "/dispatch", module + "/realtime", "net/http", zerolog},
		"a codec of a public standard: bytes in, values out, so that every refusal can be tested without a loan"},
	{in(module, module+"/cmd"), []string{module + "/cmd"},
		"cmd wires the rooms together; what it wires cannot know it"},
}

// only says which rooms may import a library; the others get its work through a package of ours.
var only = []struct {
	library string
	rooms   []room
	why     string
}{
	{pgx, []room{in(store), in(module + "/migrations"), in(module + "/cmd")}, "SQL in one place: the scope predicate must stand in every query"},
	{websocket, []room{in(module + "/realtime")}, "who may write to a connection, and when, is settled in one place"},
	{zerolog, []room{in(module + "/web"), in(module + "/realtime"), in(module + "/cmd")}, "the domain returns errors, the rim logs them"},
	{nats, []room{in(module + "/realtime/bus")}, "what nodes tell each other may be lost: nobody else may come to rely on it"},
	{orb, []room{in(module + "/geo"), in(store)}, "coordinates carry our types, with unit and axis order, outside geo"},
	{goGeom, []room{in(module + "/geo"), in(store)}, "coordinates carry our types, with unit and axis order, outside geo"},
}

type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestArrows fails when a package depends on one it must not know.
func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range never {
			if !rule.room.has(p.ImportPath) {
				continue
			}
			for _, dep := range p.Deps {
				for _, bad := range rule.on {
					// database/sql/driver alone is a few interfaces that geometry libraries implement.
					if within(dep, bad) && !within(p.ImportPath, bad) && dep != "database/sql/driver" {
						t.Errorf("%s depends on %s: %s", p.ImportPath, dep, rule.why)
					}
				}
			}
		}
	}
}

// TestRooms fails when a library is imported outside its rooms.
func TestRooms(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range only {
			if slices.ContainsFunc(rule.rooms, func(r room) bool { return r.has(p.ImportPath) }) {
				continue
			}
			for _, imported := range p.Imports {
				if within(imported, rule.library) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, rule.why)
				}
			}
		}
	}
}

// TestDomainImports: the domain stands on geo and the standard library alone.
func TestDomainImports(t *testing.T) {
	domain := in(module+"/dispatch", store)
	for _, p := range packages(t) {
		if !domain.has(p.ImportPath) {
			continue
		}
		for _, imported := range p.Imports {
			standard := !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") && !within(imported, module)
			if !standard && !within(imported, module+"/dispatch") && !within(imported, module+"/geo") {
				t.Errorf("%s imports %s: the domain needs geo and the standard library, nothing that can change under it", p.ImportPath, imported)
			}
		}
	}
}

// TestOneDoc: each package says in one place, and only one, what it is.
func TestOneDoc(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		var docs []string
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Error(err)
				continue
			}
			if f.Doc != nil && len(strings.TrimSpace(f.Doc.Text())) > 0 {
				docs = append(docs, name)
			}
		}
		if len(docs) != 1 {
			t.Errorf("%s has a package comment in %d files %v, want exactly one", p.ImportPath, len(docs), docs)
		}
	}
}

// code are the endings of what we write by hand.
var code = []string{".go", ".sql", ".ts", ".svelte", ".js", ".mjs", ".css", ".html"}

// TestFiles: no file over 500 lines, no folder that is named after nothing.
func TestFiles(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			switch name {
			case ".git", "node_modules", "dist", "var", "bin", "test-results", "playwright-report":
				return filepath.SkipDir
			case "util", "utils", "common", "helpers", "models":
				t.Errorf("%s: a folder is named after what it holds, not after being left over", path)
			}
			return nil
		}
		if !slices.Contains(code, filepath.Ext(name)) || strings.Contains(name, ".gen.") {
			return nil
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		head, _, _ := bytes.Cut(body, []byte("\npackage "))
		if bytes.Contains(head, []byte("Code generated")) && bytes.Contains(head, []byte("DO NOT EDIT")) {
			return nil
		}
		if lines := bytes.Count(body, []byte("\n")); lines > 500 {
			t.Errorf("%s has %d lines, the wall is 500: find the second thing it does", path, lines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
