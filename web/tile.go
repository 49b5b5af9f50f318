package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// maxZoom is the deepest zoom for which area tiles are made; the map stretches those beyond.
const maxZoom = 14

func (s *Server) tileRoutes() {
	s.document(&huma.Operation{OperationID: "area-tile", Method: http.MethodGet, Path: "/api/v1/tiles/areas/{z}/{x}/{y}.mvt", Tags: []string{"map"},
		Summary: "grid areas as a vector tile, layers county and township (code, name, level)",
		Parameters: []*huma.Param{parameter("path", "z", "0 to 14", true), parameter("path", "x", "", true), parameter("path", "y", "", true),
			parameter("query", "v", "areas_version of the settings: with it the tile may be kept for good", false)}},
		asBytes("application/vnd.mapbox-vector-tile"))
	s.mux.HandleFunc("GET /api/v1/tiles/areas/{z}/{x}/{y}", s.signed(s.areaTile))
}

// areaTile draws polygons of reference data, which everybody who is signed in sees (dispatch.See: areas
// are open); nothing operational is in a tile.
func (s *Server) areaTile(w http.ResponseWriter, r *http.Request, _ *signedIn) error {
	y, ok := strings.CutSuffix(r.PathValue("y"), ".mvt")
	if !ok {
		return invalid("y", r.PathValue("y"), "地址应以 .mvt 结尾", "the address ends in .mvt", "26.mvt")
	}
	var at [3]int
	for i, part := range []struct{ name, text string }{{"z", r.PathValue("z")}, {"x", r.PathValue("x")}, {"y", y}} {
		n, err := strconv.Atoi(part.text)
		most := maxZoom
		if i > 0 {
			most = 1<<at[0] - 1
		}
		if err != nil || n < 0 || n > most {
			return invalid(part.name, part.text, fmt.Sprintf("应为 0 至 %d", most), fmt.Sprintf("is 0 to %d", most), fmt.Sprintf("0 to %d", most))
		}
		at[i] = n
	}
	tile, err := s.cfg.Store.AreaTile(r.Context(), at[0], at[1], at[2])
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/vnd.mapbox-vector-tile")
	h.Set("Cache-Control", "private, max-age=60")
	version, err := s.cfg.Store.AreasVersion(r.Context())
	if err != nil {
		return err
	}
	// Only under its own version: an old address must not keep a new tile for good.
	if r.URL.Query().Get("v") == strconv.FormatInt(version, 10) {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	if len(tile) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	_, _ = w.Write(tile) // the reader may have left
	return nil
}
