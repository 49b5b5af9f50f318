package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"liandong/dispatch"
)

//go:embed all:console/dist
var dist embed.FS

// Console is the console as it was built into this program; nil when it was not built.
func Console() fs.FS {
	sub, err := fs.Sub(dist, "console/dist")
	if err != nil {
		panic(err) // the folder is embedded
	}
	if _, err := fs.Stat(sub, "index.html"); err != nil {
		return nil
	}
	return sub
}

// pages are the addresses of the screens.
var pages = map[string]string{
	"/": "index.html", "/wall": "wall.html", "/admin": "admin.html", "/drill": "drill.html", "/field/": "field/index.html",
}

// kinds are content types that not every system knows.
var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8", ".json": "application/json", ".geojson": "application/geo+json", ".svg": "image/svg+xml",
	".webmanifest": "application/manifest+json", ".woff2": "font/woff2", ".pmtiles": "application/vnd.pmtiles", ".wasm": "application/wasm",
}

func (s *Server) consoleRoutes() {
	f := &files{fs: s.cfg.Console, tags: map[string]string{}}
	s.mux.HandleFunc("GET /field", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/field/", http.StatusMovedPermanently)
	})
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			s.fail(w, r, refusal(dispatch.NotFound, "没有这个接口："+r.Method+" "+r.URL.Path, "there is no such endpoint: "+r.Method+" "+r.URL.Path))
			return
		}
		if f.fs == nil {
			unbuilt(w, r)
			return
		}
		err := f.serve(w, r)
		if errors.Is(err, fs.ErrNotExist) {
			err = refusal(dispatch.NotFound, "没有这个页面", "there is no such page")
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// files serves a built console. Folders are not listed.
type files struct {
	fs   fs.FS
	mu   sync.Mutex
	tags map[string]string
}

func (f *files) serve(w http.ResponseWriter, r *http.Request) error {
	name, page := pages[r.URL.Path]
	if !page {
		name = strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if name == "field" || strings.HasPrefix(path.Base(name), ".") {
			return fs.ErrNotExist
		}
	}
	data, err := f.fs.Open(name)
	if err != nil {
		return fs.ErrNotExist
	}
	defer data.Close()
	info, err := data.Stat()
	content, seeks := data.(io.ReadSeeker)
	if err != nil || info.IsDir() || !seeks {
		return fs.ErrNotExist
	}
	tag, err := f.tag(name, content)
	if err != nil {
		return err
	}
	h := w.Header()
	if kind, ok := kinds[path.Ext(name)]; ok {
		h.Set("Content-Type", kind)
	} else if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		h.Set("Content-Type", kind)
	}
	h.Set("ETag", tag)
	switch {
	case strings.Contains(name, "assets/"): // the name holds a hash of the content
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	case path.Ext(name) == ".pmtiles":
		h.Set("Cache-Control", "public, max-age=300")
	default:
		h.Set("Cache-Control", "no-cache")
	}
	if path.Base(name) == "sw.js" {
		h.Set("Service-Worker-Allowed", "/field/")
	}
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// tag is the hash of a file's content, computed once.
func (f *files) tag(name string, content io.ReadSeeker) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t, ok := f.tags[name]; ok {
		return t, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, content); err != nil {
		return "", err
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	f.tags[name] = `"` + hex.EncodeToString(h.Sum(nil)[:12]) + `"`
	return f.tags[name], nil
}

// unbuilt is shown by a program that was built without its console: the API works all the same.
func unbuilt(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	page := bytes.NewReader([]byte(`<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>联动 Liandong</title>
<body style="font:17px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem">
<h1>联动 Liandong</h1>
<p>此程序未包含控制台页面。请在源码目录执行 <code>make build</code> 后重新启动。</p>
<p>This program was built without its console. Run <code>make build</code> in the source folder and start it again.
The interface is there: <a href="/api/v1/openapi.json">openapi.json</a>.</p></body></html>`))
	_, _ = io.Copy(w, page) // the reader may have left
}
