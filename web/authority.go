package web

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"rsc.io/qr"

	"liandong/dispatch"
)

//go:embed authority.html
var authorityPage string

//go:embed authority.xml
var authorityProfile string

// authorityRoutes serve the page that puts the server's certificate authority on a phone or console,
// the certificate itself and Apple's profile with it. The certificate is public; its fingerprint is
// printed where the server was started, so that it can be compared.
func (s *Server) authorityRoutes() {
	for _, path := range []string{"/ca", "/ca.pem", "/ca.crt", "/ca.mobileconfig", "/ca.svg"} {
		s.mux.HandleFunc("GET "+path, s.authority)
	}
}

func (s *Server) authority(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	block, _ := pem.Decode(s.cfg.Authority)
	if block == nil && r.URL.Path != "/ca" && r.URL.Path != "/ca.svg" {
		s.fail(w, r, refusal(dispatch.NotFound, "本服务器使用运营方自己的证书，无需安装", "this server has a certificate of its operator: there is nothing to install"))
		return
	}
	page := "https://" + r.Host + "/ca"
	city, err := s.city(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	switch r.URL.Path {
	case "/ca.pem":
		h.Set("Content-Type", "application/x-pem-file")
		h.Set("Content-Disposition", `attachment; filename="liandong-ca.pem"`)
		_, _ = w.Write(s.cfg.Authority)
	case "/ca.crt": // Android and Windows install this one by a tap
		h.Set("Content-Type", "application/x-x509-ca-cert")
		h.Set("Content-Disposition", `attachment; filename="liandong-ca.crt"`)
		_, _ = w.Write(block.Bytes)
	case "/ca.mobileconfig":
		h.Set("Content-Type", "application/x-apple-aspen-config")
		h.Set("Content-Disposition", `attachment; filename="liandong-ca.mobileconfig"`)
		id := fmt.Sprintf("%x", sha256.Sum256(block.Bytes))
		fmt.Fprintf(w, authorityProfile, base64.StdEncoding.EncodeToString(block.Bytes), escapeXML(city.Name), uuid(id[:32]), uuid(id[32:]))
	case "/ca.svg":
		svg, err := qrSVG(page)
		if err != nil {
			s.fail(w, r, invalid("Host", r.Host, "地址过长", "the address does not fit into a QR code"))
			return
		}
		h.Set("Content-Type", "image/svg+xml")
		_, _ = w.Write(svg)
	default:
		s.authorityHTML(w, r, block, page, city.Name)
	}
}

var authorityTemplate = template.Must(template.New("ca").Parse(authorityPage))

func (s *Server) authorityHTML(w http.ResponseWriter, r *http.Request, block *pem.Block, page, city string) {
	data := struct {
		City, Address, Fingerprint, Until string
		Own                               bool
	}{City: city, Address: page, Own: block != nil}
	if block != nil {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			s.fail(w, r, fmt.Errorf("the certificate authority: %w", err))
			return
		}
		data.Fingerprint, data.Until = Fingerprint(block.Bytes), cert.NotAfter.Format("2006-01-02")
	}
	var out bytes.Buffer
	if err := authorityTemplate.Execute(&out, data); err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}

// Fingerprint is the SHA-256 of a certificate (DER) as people compare it.
func Fingerprint(der []byte) string {
	var parts []string
	for _, b := range sha256.Sum256(der) {
		parts = append(parts, fmt.Sprintf("%02X", b))
	}
	return strings.Join(parts, ":")
}

func uuid(hex string) string {
	return strings.ToUpper(hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:32])
}

func escapeXML(text string) string {
	var out bytes.Buffer
	if err := xml.EscapeText(&out, []byte(text)); err != nil {
		return ""
	}
	return out.String()
}

// qrSVG draws the code as one path, with the four modules of margin that readers need.
func qrSVG(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	side := code.Size + 8
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><rect width="100%%" height="100%%" fill="#fff"/><path fill="#000" d="`, side, side)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&out, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	out.WriteString(`"/></svg>`)
	return out.Bytes(), nil
}
