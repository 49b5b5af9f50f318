package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

// maxPhoto bounds an upload, in bytes.
const maxPhoto = 8 << 20

var photoTypes = []string{"image/jpeg", "image/png", "image/webp"}

// PhotoID is what an upload answers; a note refers to it.
type PhotoID struct {
	ID string `json:"id"`
}

func (s *Server) photoRoutes() {
	binary := asBytes(photoTypes...)
	up := &huma.Operation{OperationID: "upload-photo", Method: http.MethodPost, Path: "/api/v1/photos", Tags: []string{"photos"},
		Summary: "upload a JPEG, PNG or WebP of at most 8 MiB, as the body or as the field photo of a form", RequestBody: &huma.RequestBody{Required: true, Content: binary},
		Parameters: []*huma.Param{parameter("header", "X-CSRF", "the session's csrf", true)}}
	s.document(up, asJSON(s.schema(reflect.TypeFor[PhotoID]())))
	s.mux.HandleFunc("POST /api/v1/photos", s.signed(s.upload))
	s.document(&huma.Operation{OperationID: "photo", Method: http.MethodGet, Path: "/api/v1/photos/{id}", Summary: "a photo of a note that you see, or your own", Tags: []string{"photos"},
		Parameters: []*huma.Param{parameter("path", "id", "", true)}}, asBytes(photoTypes...))
	s.mux.HandleFunc("GET /api/v1/photos/{id}", s.signed(s.photo))
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request, me *signedIn) error {
	if me.actor.Role == dispatch.RoleObserver || me.actor.Role == dispatch.RoleAdmin {
		return refusal(dispatch.Forbidden, "您的角色不能上传照片", "your role may not upload photos")
	}
	if !s.photos.enter(me.Person.ID, s.cfg.Now()) {
		p := refusal(dispatch.Throttled, "上传过于频繁，请稍后再试", "too many uploads; wait a moment")
		p.RetryAfter = 10
		return p
	}
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	data, err := photoBytes(w, r)
	if err != nil {
		return err
	}
	// What it is, its bytes say; the name and the header are only claims.
	kind := http.DetectContentType(data)
	if !slices.Contains(photoTypes, kind) {
		return invalid("photo", kind, "照片应为 JPEG、PNG 或 WebP", "a photo is a JPEG, PNG or WebP file", photoTypes...)
	}
	p := dispatch.Photo{ID: randomText(16), Realm: me.actor.Realm, Owner: me.Person.ID, Type: kind, Bytes: data, Created: s.cfg.Now()}
	if err := s.cfg.Store.SavePhoto(r.Context(), p); err != nil {
		return err
	}
	return writeJSON(w, PhotoID{p.ID})
}

func photoBytes(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body := io.Reader(http.MaxBytesReader(w, r.Body, maxPhoto+64<<10))
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		r.Body = io.NopCloser(body)
		form, err := r.MultipartReader()
		if err != nil {
			return nil, invalid("body", nil, "表单无法读取", "the form cannot be read")
		}
		for {
			part, err := form.NextPart()
			if errors.Is(err, io.EOF) {
				return nil, invalid("photo", nil, "表单中没有 photo 字段", "the form has no field photo")
			}
			if err != nil {
				return nil, bodyError(err)
			}
			if part.FormName() == "photo" {
				body = part
				break
			}
		}
	}
	var data bytes.Buffer
	n, err := io.Copy(&data, io.LimitReader(body, maxPhoto+1))
	if err != nil {
		return nil, bodyError(err)
	}
	if n > maxPhoto {
		return nil, tooLargeProblem(maxPhoto)
	}
	return data.Bytes(), nil
}

func (s *Server) photo(w http.ResponseWriter, r *http.Request, me *signedIn) error {
	id := r.PathValue("id")
	p, err := s.cfg.Store.Photo(r.Context(), me.actor.Realm, id)
	if err != nil && dispatch.CodeOf(err) != dispatch.NotFound {
		return err
	}
	if err == nil && p.Owner != me.Person.ID {
		var seen bool
		if seen, err = s.cfg.Store.PhotoSeen(r.Context(), s.onlooker(me.actor), id); err == nil && !seen {
			err = &dispatch.Error{Code: dispatch.NotFound}
		}
	}
	if err != nil {
		if dispatch.CodeOf(err) == dispatch.NotFound {
			return refusal(dispatch.NotFound, "没有您可查看的该照片", "there is no such photo that you may see")
		}
		return err
	}
	h := w.Header()
	h.Set("Content-Type", p.Type)
	// Kept by the browser alone, and asked again each time: a share may have ended.
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+p.ID+`"`)
	h.Set("Content-Disposition", "inline")
	http.ServeContent(w, r, "", p.Created, bytes.NewReader(p.Bytes))
	return nil
}

// uploads bounds how many photos one person sends: 30 in five minutes.
type uploads struct {
	mu   sync.Mutex
	sent map[string][]time.Time
}

func newUploads() *uploads { return &uploads{sent: map[string][]time.Time{}} }

func (u *uploads) enter(person string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	recent := slices.DeleteFunc(u.sent[person], func(t time.Time) bool { return now.Sub(t) > 5*time.Minute })
	if len(recent) >= 30 {
		u.sent[person] = recent
		return false
	}
	u.sent[person] = append(recent, now)
	return true
}
