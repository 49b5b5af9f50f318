package web

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Tianditu (天地图) is the national online map. It is an option: the key stays on the server, and a
// console asks nobody but us. Its coordinates are CGCS2000, within centimetres of WGS-84.
type Tianditu struct {
	Key string
	// Base is the service's address; empty for the public one.
	Base string
}

// tiandituLayers are vector, imagery and terrain ground, and their labels, in Web Mercator.
var tiandituLayers = []string{"vec_w", "cva_w", "img_w", "cia_w", "ter_w", "cta_w"}

// maxTile bounds what is taken from the service for one tile, in bytes.
const maxTile = 2 << 20

func (s *Server) tiandituRoutes() {
	if s.cfg.Tianditu.Key == "" {
		return
	}
	if s.cfg.Tianditu.Base == "" {
		s.cfg.Tianditu.Base = "https://t0.tianditu.gov.cn"
	}
	s.cfg.Settings.Tianditu = true
	client := &http.Client{Timeout: 8 * time.Second}
	s.document(&huma.Operation{OperationID: "tianditu-tile", Method: http.MethodGet, Path: "/api/v1/tiles/tianditu/{layer}/{z}/{x}/{y}", Tags: []string{"map"},
		Summary: "a raster tile of Tianditu, where the operator has a key for it", Parameters: []*huma.Param{parameter("path", "layer", "vec_w, cva_w, img_w, cia_w, ter_w, cta_w", true),
			parameter("path", "z", "1 to 18", true), parameter("path", "x", "", true), parameter("path", "y", "", true)}}, asBytes("image/png", "image/jpeg"))
	s.mux.HandleFunc("GET /api/v1/tiles/tianditu/{layer}/{z}/{x}/{y}", s.signed(func(w http.ResponseWriter, r *http.Request, _ *signedIn) error {
		return s.tianditu(w, r, client)
	}))
}

func (s *Server) tianditu(w http.ResponseWriter, r *http.Request, client *http.Client) error {
	layer := r.PathValue("layer")
	if !slices.Contains(tiandituLayers, layer) {
		return invalid("layer", layer, "没有这个图层", "there is no such layer", tiandituLayers...)
	}
	q := url.Values{"T": {layer}, "tk": {s.cfg.Tianditu.Key}}
	most := 18
	for _, part := range []struct{ name, theirs string }{{"z", "l"}, {"x", "x"}, {"y", "y"}} {
		n, err := strconv.Atoi(r.PathValue(part.name))
		if err != nil || n < 0 || n > most {
			return invalid(part.name, r.PathValue(part.name), fmt.Sprintf("应为 0 至 %d", most), fmt.Sprintf("is 0 to %d", most))
		}
		if part.name == "z" {
			most = 1<<n - 1
		}
		q.Set(part.theirs, strconv.Itoa(n))
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, s.cfg.Tianditu.Base+"/DataServer?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	away := refusal("unavailable", "天地图暂时无法访问", "Tianditu cannot be reached")
	answer, err := client.Do(req)
	if err != nil {
		return away // the error holds the address, and that the key
	}
	defer answer.Body.Close()
	kind := answer.Header.Get("Content-Type")
	if answer.StatusCode != http.StatusOK || kind != "image/png" && kind != "image/jpeg" {
		return away
	}
	tile, err := io.ReadAll(io.LimitReader(answer.Body, maxTile))
	if err != nil {
		return away
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=604800")
	_, _ = w.Write(tile) // the reader may have left
	return nil
}
