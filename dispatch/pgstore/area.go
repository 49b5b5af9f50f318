package pgstore

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	orbwkb "github.com/paulmach/orb/encoding/wkb"

	"liandong/dispatch"
	"liandong/geo"
)

// wkb is an area as well-known binary, the form in which shapes go into SQL.
func wkb(m geo.MultiPolygon) []byte {
	out := make(orb.MultiPolygon, len(m))
	for i, polygon := range m {
		for _, ring := range polygon {
			line := make(orb.Ring, len(ring))
			for j, p := range ring {
				line[j] = orb.Point(p)
			}
			out[i] = append(out[i], line)
		}
	}
	return orbwkb.MustMarshal(out)
}

// AreaAt returns the code of the smallest division whose polygon holds the point (WGS-84), its edge
// included; "" when none does.
func (r reader) AreaAt(ctx context.Context, realm dispatch.Realm, p geo.Point) (string, error) {
	var code string
	err := r.q.QueryRow(ctx, `select area from area_shape
		where realm = $1 and st_covers(shape, st_setsrid(st_makepoint($2, $3), 4326))
		order by length(area) desc, st_area(shape), area limit 1`, realm, p.Lon(), p.Lat()).Scan(&code)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return code, fault(err)
}

// Shape reads an area's polygon as stored.
func (r reader) Shape(ctx context.Context, realm dispatch.Realm, area string) (geo.MultiPolygon, error) {
	var b []byte
	err := r.q.QueryRow(ctx, "select st_asbinary(shape) from area_shape where realm = $1 and area = $2", realm, area).Scan(&b)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindArea, ID: area})
	}
	if err != nil {
		return nil, fault(err)
	}
	shape, err := orbwkb.Unmarshal(b)
	if err != nil {
		return nil, err
	}
	var out geo.MultiPolygon
	for _, polygon := range shape.(orb.MultiPolygon) {
		var p geo.Polygon
		for _, line := range polygon {
			ring := make(geo.Ring, len(line))
			for i, q := range line {
				ring[i] = geo.Point(q)
			}
			p = append(p, ring)
		}
		out = append(out, p)
	}
	return out, nil
}

// AreasVersion is a part of the tiles' address: it moves when an area or its polygon does.
func (s *Store) AreasVersion(ctx context.Context) (int64, error) {
	var v int64
	err := s.pool.QueryRow(ctx, "select (value #>> '{}')::bigint from setting where key = 'areas_version'").Scan(&v)
	return v, fault(err)
}

// maxZoom is where tiles end; a console draws larger scales from these.
const maxZoom = 16

// AreaTile draws the live grid areas as a Mapbox vector tile (spec 2.1) with the layers city, county
// and, from zoom 7, township, each feature with code, name and level. An empty tile has no bytes. The
// outlines are simplified to a quarter of a pixel of a 512-pixel tile.
func (s *Store) AreaTile(ctx context.Context, z, x, y int) ([]byte, error) {
	if z < 0 || z > maxZoom || x < 0 || x >= 1<<z || y < 0 || y >= 1<<z {
		return nil, &dispatch.Error{Code: dispatch.Invalid, Field: "tile", Value: []int{z, x, y},
			Message: "there is no such tile", MessageZH: "没有这个瓦片", Legal: []string{"z 0 to " + strconv.Itoa(maxZoom) + ", x and y below 2^z"}}
	}
	levels := []dispatch.AreaLevel{dispatch.LevelCity, dispatch.LevelCounty}
	if z >= 7 {
		levels = append(levels, dispatch.LevelTownship)
	}
	var tile []byte
	err := s.pool.QueryRow(ctx, `with
		tile as (select st_tileenvelope($1, $2, $3) as box),
		drawn as (
			select a.id as code, a.doc ->> 'name' as name, a.state as level,
				st_asmvtgeom(st_simplify(s.flat, $5, true), box) as geom
			from tile, area_shape s join area a on a.realm = s.realm and a.id = s.area
			where s.realm = 'live' and not a.archived and a.state = any($4)
				and s.flat && st_expand(box, $5 * 256)
			order by a.id)
		select coalesce(string_agg(layer, ''::bytea), ''::bytea) from (
			select st_asmvt(d, level) as layer from drawn d where geom is not null group by level order by level) layers`,
		z, x, y, levels, pixel(z)).Scan(&tile)
	return tile, fault(err)
}

// pixel is two of the 4096 steps of a tile's side, in metres of web Mercator.
func pixel(z int) float64 { return 2 * 40_075_016.68557849 / float64(int(1)<<z) / 4096 }
