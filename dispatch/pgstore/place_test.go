package pgstore

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"liandong/dispatch"
	"liandong/geo"
)

// areas writes a county of one degree with two townships in it, and the county's neighbour.
func (f *fixture) areas() {
	f.t.Helper()
	boxes := []struct {
		code, name string
		level      dispatch.AreaLevel
		box        geo.Bound
	}{
		{"411002", "西县", dispatch.LevelCounty, geo.Bound{113, 34, 114, 35}},
		{"411003", "东县", dispatch.LevelCounty, geo.Bound{114, 34, 115, 35}},
		{"411002001", "北乡", dispatch.LevelTownship, geo.Bound{113, 34.5, 114, 35}},
		{"411002002", "南乡", dispatch.LevelTownship, geo.Bound{113, 34, 114, 34.5}},
	}
	_, err := f.command(f.t.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, c *dispatch.Change) error {
		c.Reset = []dispatch.Kind{dispatch.KindArea}
		var records []dispatch.Record
		for _, b := range boxes {
			center := b.box.Center()
			records = append(records, &dispatch.Area{Head: newHead(dispatch.KindArea, b.code, dispatch.Scope{Area: b.code, Open: true}),
				Code: b.code, Level: b.level, Name: b.name, Center: &center})
		}
		if err := tx.PutBulk(ctx, records); err != nil {
			return err
		}
		for _, b := range boxes {
			if err := tx.SetShape(ctx, dispatch.Live, b.code, b.box.Box()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func TestAreas(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	v1, err := f.AreasVersion(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f.areas()
	if v2, err := f.AreasVersion(ctx); err != nil || v2 <= v1 {
		t.Errorf("the version of the areas was %d and is %d, %v", v1, v2, err)
	}
	for p, want := range map[geo.Point]string{geo.At(113.5, 34.7): "411002001", geo.At(113.5, 34.2): "411002002", geo.At(114.5, 34.2): "411003", geo.At(34.2, 113.5): "", geo.At(0, 0): ""} {
		if got, err := f.AreaAt(ctx, dispatch.Live, p); err != nil || got != want {
			t.Errorf("%v lies in %q, want %q, %v", p, got, want, err)
		}
	}
	if got, err := f.AreaAt(ctx, "drill:1", geo.At(113.5, 34.7)); err != nil || got != "" {
		t.Errorf("in a drill without areas the point lies in %q, %v", got, err)
	}
	shape, err := f.Shape(ctx, dispatch.Live, "411003")
	if want := (geo.Bound{114, 34, 115, 35}).Box(); err != nil || asJSON(t, shape) != asJSON(t, want) {
		t.Errorf("the shape came back as %v, %v", shape, err)
	}
	bow := geo.MultiPolygon{{{{113, 34}, {114, 35}, {114, 34}, {113, 35}, {113, 34}}}}
	_, err = f.command(ctx, dispatch.Live, func(ctx context.Context, tx dispatch.Tx, _ *dispatch.Change) error {
		return tx.SetShape(ctx, dispatch.Live, "411003", bow)
	})
	wantCode(t, err, dispatch.Invalid, "shape")
}

func TestAreaTile(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.areas()
	names := func(z int, p geo.Point) string {
		t.Helper()
		at := maptile.At([2]float64(p), maptile.Zoom(z))
		b, err := f.AreaTile(t.Context(), z, int(at.X), int(at.Y))
		if err != nil {
			t.Fatal(err)
		}
		layers, err := mvt.Unmarshal(b)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, l := range layers {
			for _, x := range l.Features {
				if x.Properties["level"] != l.Name {
					t.Errorf("layer %s has %v", l.Name, x.Properties)
				}
				out = append(out, fmt.Sprint(x.Properties["code"], x.Properties["name"]))
			}
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		z    int
		p    geo.Point
		want string
	}{
		{4, geo.At(113.5, 34.7), "411002西县 411003东县"},
		{12, geo.At(113.5, 34.7), "411002西县 411002001北乡"},
		{12, geo.At(113.5, 34.2), "411002西县 411002002南乡"},
		{12, geo.At(114.5, 34.2), "411003东县"},
		{12, geo.At(0, 0), ""},
	} {
		if got := names(c.z, c.p); got != c.want {
			t.Errorf("at zoom %d, %v: %s, want %s", c.z, c.p, got, c.want)
		}
	}
	for _, bad := range [][3]int{{-1, 0, 0}, {2, 4, 0}, {2, 0, -1}, {99, 0, 0}} {
		_, err := f.AreaTile(t.Context(), bad[0], bad[1], bad[2])
		wantCode(t, err, dispatch.Invalid, "tile")
	}
	a, err := f.AreaTile(t.Context(), 4, 13, 6)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := f.AreaTile(t.Context(), 4, 13, 6); err != nil || !bytes.Equal(a, b) {
		t.Errorf("the same tile came out as other bytes, %v", err)
	}
}
