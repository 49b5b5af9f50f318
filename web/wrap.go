package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"liandong/dispatch"
)

// policy is the console's: nothing from any other host, no script but our own files. MapLibre sets
// styles on elements, which is why inline style is allowed and inline script is not.
const policy = "default-src 'self'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; object-src 'none'; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'"

// headers go on every answer. Strict-Transport-Security is left out on purpose: the certificate is
// usually the server's own, and a browser that remembers HSTS offers no way past a certificate
// that it does not (or no longer) trust, which would lock a command post out at the worst moment.
// An operator with a public certificate sets it at the proxy in front.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()")
		next.ServeHTTP(w, r)
	})
}

// wrap puts the limits and headers around every route.
func (s *Server) wrap(mux http.Handler) http.Handler {
	zip, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.ExceptContentTypes([]string{
		"image/jpeg", "image/png", "image/webp", "font/woff2", "application/octet-stream", "application/vnd.pmtiles", "application/x-ndjson"}))
	if err != nil {
		panic(err) // the options are constants
	}
	zipped := zip(mux)
	routed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The socket takes the connection over; a compressing writer in between would be in its way.
		if r.URL.Path == "/api/v1/socket" {
			mux.ServeHTTP(w, r)
			return
		}
		zipped.ServeHTTP(w, r)
	})
	return headers(s.counted(s.recovered(s.limited(s.crossOrigin(unpacked(s, routed))))))
}

// crossOrigin refuses requests that change something and come from another site's page, by
// Sec-Fetch-Site and Origin. Devices are no browsers and carry a token of their own.
func (s *Server) crossOrigin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/devices/") {
			if err := guard.Check(r); err != nil {
				s.meter.refuse(refusedCrossSite)
				s.fail(w, r, refusal(codeCSRF, "请求来自其他网站，已拒绝", "the request comes from another site's page"))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// limited bounds the requests under way per address and logs each one: the path, never the query,
// which may hold a device's token.
func (s *Server) limited(next http.Handler) http.Handler {
	busy := newAddresses(s.cfg.PerAddress)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := s.addressOf(r)
		// A socket stays for hours and is counted by itself; see socket.
		if r.URL.Path != "/api/v1/socket" {
			if !busy.enter(from) {
				s.meter.refuse(refusedBusy)
				p := refusal(dispatch.Throttled, "同一地址的并发请求过多", "too many requests under way from one address")
				p.RetryAfter = 1
				s.fail(w, r, p)
				return
			}
			defer busy.leave(from)
		}
		start := time.Now()
		next.ServeHTTP(w, r)
		s.cfg.Log.Debug().Str("method", r.Method).Str("path", r.URL.Path).Str("from", from).Dur("took", time.Since(start)).Msg("request")
	})
}

// recovered turns a panic of one request into an internal error of that request.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			p := refusal(codeInternal, "服务器内部错误", "internal error")
			p.ID = s.newID()
			s.cfg.Log.Error().Interface("panic", v).Str("path", r.URL.Path).Str("id", p.ID).Bytes("stack", stack()).Msg("panic")
			writeProblem(w, p, s.cfg.Log)
		}()
		next.ServeHTTP(w, r)
	})
}

// counted counts every request with what it was answered.
func (s *Server) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, a := time.Now(), &answered{ResponseWriter: w}
		next.ServeHTTP(a, r)
		s.meter.request(r, a.sent(r), time.Since(start))
	})
}

// unpacked refuses bodies that are compressed: nobody who talks to this server has to send any, and a
// few bytes of them can become gigabytes.
func unpacked(s *Server, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kind := r.Header.Get("Content-Encoding"); kind != "" && !strings.EqualFold(kind, "identity") {
			s.meter.refuse(refusedEncoding)
			p := invalid("Content-Encoding", shorten(kind), "请求内容不可压缩", "the body of a request must not be compressed", "identity")
			p.Status, p.Title = http.StatusUnsupportedMediaType, http.StatusText(http.StatusUnsupportedMediaType)
			s.fail(w, r, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func shorten(text string) string { return text[:min(len(text), 40)] }
