package imports_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/web"
	"liandong/web/imports"
)

// door is the house behind HTTP, with a dispatcher signed in.
type door struct {
	*house
	client *http.Client
	url    string
	csrf   string
}

func behindHTTP(t *testing.T) *door {
	t.Helper()
	h := open(t)
	server := httptest.NewTLSServer(web.New(web.Config{Service: h.svc, Store: h.store, Log: zerolog.Nop(), Routes: imports.Routes(h.svc)}))
	t.Cleanup(server.Close)
	d := &door{house: h, client: server.Client(), url: server.URL}
	var err error
	if d.client.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	system := dispatch.System(dispatch.Live)
	res, err := h.svc.Do(t.Context(), system, "person.save", "person-1", []byte(`{"agency":"bureau","name":"张帆","login":"zhang","roles":["dispatcher"]}`))
	if err != nil {
		t.Fatal(err)
	}
	id := dispatch.RefOf(res.Change.Puts[0].Record).ID
	if _, err := h.svc.Do(t.Context(), system, "person.password", "password-1", []byte(`{"person":"`+id+`","password":"a-long-enough-one"}`)); err != nil {
		t.Fatal(err)
	}
	resp, err := d.client.Post(d.url+"/api/v1/session", "application/json", strings.NewReader(`{"login":"zhang","password":"a-long-enough-one"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var session struct {
		CSRF string `json:"csrf"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&session); err != nil || session.CSRF == "" {
		t.Fatalf("sign in: %d, %v", resp.StatusCode, err)
	}
	d.csrf = session.CSRF
	return d
}

func (d *door) post(path, csrf string, body io.Reader, contentType string) *http.Response {
	d.Helper()
	req, err := http.NewRequestWithContext(d.Context(), http.MethodPost, d.url+path, body)
	if err != nil {
		d.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("X-CSRF", csrf)
	req.Header.Set("Idempotency-Key", "upload-0001")
	resp, err := d.client.Do(req)
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestUpload(t *testing.T) {
	d := behindHTTP(t)
	for range 2 { // the second time is the same request once more: it answers alike
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		part, err := w.CreateFormFile("file", "队伍.csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, teams); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		resp := d.post("/api/v1/imports/team?crs=gcj02", d.csrf, &form, w.FormDataContentType())
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/x-ndjson" {
			t.Fatalf("%d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
		}
		var last string
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			last = lines.Text()
		}
		var answer struct{ Report imports.Report }
		if err := json.Unmarshal([]byte(last), &answer); err != nil || !answer.Report.OK || answer.Report.Imported != 2 {
			t.Fatalf("%s, %v", last, err)
		}
	}
	if n := len(d.teams()); n != 2 {
		t.Errorf("%d teams", n)
	}
}

func TestUploadIsRefusedAsAProblem(t *testing.T) {
	d := behindHTTP(t)
	before := d.state()
	for name, c := range map[string]struct {
		path, csrf, body string
		status           int
		code, field      string
	}{
		"no proof of our page": {"/api/v1/imports/team", "", teams, http.StatusForbidden, "csrf", ""},
		"wrong header":         {"/api/v1/imports/team", d.csrf, "甲,乙\n1,2\n", http.StatusUnprocessableEntity, "invalid", "header"},
		"unknown kind":         {"/api/v1/imports/incident", d.csrf, teams, http.StatusUnprocessableEntity, "invalid", "kind"},
		"unknown system":       {"/api/v1/imports/team?crs=beijing54", d.csrf, teams, http.StatusUnprocessableEntity, "invalid", "crs"},
		"unknown parameter":    {"/api/v1/imports/team?dryrun=1", d.csrf, teams, http.StatusUnprocessableEntity, "invalid", "dryrun"},
		"too large":            {"/api/v1/imports/team", d.csrf, strings.Repeat("a", imports.MaxBytes+1), http.StatusRequestEntityTooLarge, "too_large", "file"},
		"not for a dispatcher": {"/api/v1/imports/area", d.csrf, "区划名称,代码\n甲,411002\n", http.StatusForbidden, "forbidden", ""},
	} {
		resp := d.post(c.path, c.csrf, strings.NewReader(c.body), "text/csv")
		var p web.Problem
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if resp.StatusCode != c.status || p.Code != c.code || p.Field != c.field || p.DetailZH == "" {
			t.Errorf("%s: %d %+v", name, resp.StatusCode, p)
		}
	}
	if after := d.state(); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

func TestTemplateDownload(t *testing.T) {
	d := behindHTTP(t)
	resp, err := d.client.Get(d.url + "/api/v1/imports/team/template.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.HasPrefix(data, []byte("\xEF\xBB\xBF队伍名称")) {
		t.Errorf("%.60s, %v", data, err)
	}
}
