package geo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Feature is one feature of a GeoJSON file, its geometry in WGS-84.
type Feature struct {
	// ID is the feature's id, or "".
	ID         string
	Properties map[string]any
	// Point is set for a point, Area for a polygon or multipolygon.
	Point *Point
	Area  MultiPolygon
}

// Text returns the first of the named properties that is a text or a number.
func (f Feature) Text(names ...string) string {
	for _, name := range names {
		switch v := f.Properties[name].(type) {
		case string:
			if v != "" {
				return v
			}
		case json.Number:
			return v.String()
		}
	}
	return ""
}

// Limits bound what a GeoJSON file may hold. Each must be positive.
type Limits struct {
	Bytes    int64
	Features int
	Vertices int
}

// DefaultLimits are enough for the townships of a province.
var DefaultLimits = Limits{Bytes: 64 << 20, Features: 20_000, Vertices: 2_000_000}

// ErrTooLarge is wrapped by the error for a file that is over a limit.
var ErrTooLarge = errors.New("the file is too large")

// ErrNoSystem is wrapped by the error for a file whose coordinate system nobody
// said. GeoJSON by its standard is WGS-84, but Chinese files often are not, and a
// wrong guess moves every border by half a kilometre: so it must be said.
var ErrNoSystem = errors.New("the file does not say its coordinate system: choose wgs84, cgcs2000, gcj02 or bd09")

// FeatureError says which feature of a file is wrong.
type FeatureError struct {
	Index int // from 0
	ID    string
	Err   error
}

func (e *FeatureError) Error() string {
	if e.ID != "" {
		return fmt.Sprintf("feature %d (%s): %v", e.Index+1, e.ID, e.Err)
	}
	return fmt.Sprintf("feature %d: %v", e.Index+1, e.Err)
}

func (e *FeatureError) Unwrap() error { return e.Err }

// ReadFeatures reads a GeoJSON FeatureCollection (RFC 7946) of points, polygons
// and multipolygons and converts it to WGS-84. The declared system says what the
// coordinates are; when it is empty, the file's own member "crs" must say it
// (the old named form), and where both speak they must agree. It returns the
// system too. Shapes are read as they are: call Check on each.
func ReadFeatures(r io.Reader, declared System, limits Limits) ([]Feature, System, error) {
	counted := &io.LimitedReader{R: r, N: limits.Bytes + 1}
	d := &featureReader{dec: json.NewDecoder(counted), limits: limits}
	d.dec.UseNumber()
	err := d.collection()
	if counted.N <= 0 {
		return nil, "", fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limits.Bytes)
	}
	if err != nil {
		return nil, "", err
	}
	system, err := d.system(declared)
	if err != nil {
		return nil, "", err
	}
	for i := range d.features {
		f := &d.features[i]
		f.Area = system.AreaToWGS84(f.Area)
		if f.Point != nil {
			*f.Point = system.ToWGS84(*f.Point)
		}
	}
	return d.features, system, nil
}

type featureReader struct {
	dec      *json.Decoder
	limits   Limits
	kind     string
	crs      string
	features []Feature
	vertices int
}

func (d *featureReader) system(declared System) (System, error) {
	if d.crs == "" {
		if declared == "" {
			return "", ErrNoSystem
		}
		return declared, nil
	}
	own, err := ParseSystem(d.crs)
	if err != nil {
		return "", fmt.Errorf("member crs: %w", err)
	}
	if declared != "" && declared != own {
		return "", fmt.Errorf("the file says its coordinate system is %s, but %s was chosen", own, declared)
	}
	return own, nil
}

// collection reads the outer object member by member, so that a file of any
// size needs the memory of its features only.
func (d *featureReader) collection() error {
	if err := d.open('{'); err != nil {
		return err
	}
	for d.dec.More() {
		name, err := d.dec.Token()
		if err != nil {
			return badJSON(err)
		}
		switch name {
		case "type":
			err = d.dec.Decode(&d.kind)
		case "crs":
			var crs struct {
				Properties struct {
					Name string `json:"name"`
				} `json:"properties"`
			}
			err = d.dec.Decode(&crs)
			d.crs = crs.Properties.Name
		case "features":
			if err := d.list(); err != nil {
				return err
			}
		default:
			var skip json.RawMessage
			err = d.dec.Decode(&skip)
		}
		if err != nil {
			return badJSON(err)
		}
	}
	if _, err := d.dec.Token(); err != nil {
		return badJSON(err)
	}
	if d.kind != "FeatureCollection" {
		return fmt.Errorf("the file's type is %.30q: want a GeoJSON FeatureCollection", d.kind)
	}
	return nil
}

func (d *featureReader) list() error {
	if err := d.open('['); err != nil {
		return err
	}
	for d.dec.More() {
		i := len(d.features)
		if i >= d.limits.Features {
			return fmt.Errorf("%w: more than %d features", ErrTooLarge, d.limits.Features)
		}
		var raw rawFeature
		if err := d.dec.Decode(&raw); err != nil {
			return &FeatureError{Index: i, Err: badJSON(err)}
		}
		f, err := raw.feature()
		if err != nil {
			return &FeatureError{Index: i, ID: f.ID, Err: err}
		}
		if d.vertices += f.Area.Vertices(); d.vertices > d.limits.Vertices {
			return fmt.Errorf("%w: more than %d vertices", ErrTooLarge, d.limits.Vertices)
		}
		d.features = append(d.features, f)
	}
	if _, err := d.dec.Token(); err != nil {
		return badJSON(err)
	}
	return nil
}

func (d *featureReader) open(want json.Delim) error {
	token, err := d.dec.Token()
	if err != nil {
		return badJSON(err)
	}
	if token != want {
		return fmt.Errorf("the file is no GeoJSON FeatureCollection: want %q at byte %d", want.String(), d.dec.InputOffset())
	}
	return nil
}

func badJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("the file is no JSON: %w at byte %d", err, syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends too early")
	}
	return err
}

type rawFeature struct {
	Type       string          `json:"type"`
	ID         any             `json:"id"`
	Properties map[string]any  `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

func (r rawFeature) feature() (Feature, error) {
	f := Feature{Properties: r.Properties}
	switch id := r.ID.(type) {
	case string:
		f.ID = id
	case json.Number:
		f.ID = id.String()
	}
	if r.Type != "Feature" {
		return f, fmt.Errorf("type is %.30q: want Feature", r.Type)
	}
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if len(r.Geometry) == 0 || string(r.Geometry) == "null" {
		return f, errors.New("it has no geometry")
	}
	if err := json.Unmarshal(r.Geometry, &g); err != nil {
		return f, fmt.Errorf("geometry: %w", err)
	}
	if len(g.Coordinates) == 0 || string(g.Coordinates) == "null" {
		return f, errors.New("its geometry has no coordinates")
	}
	var err error
	switch g.Type {
	case "Point":
		f.Point = new(Point)
		err = json.Unmarshal(g.Coordinates, f.Point)
	case "Polygon":
		var p Polygon
		err = json.Unmarshal(g.Coordinates, &p)
		f.Area = MultiPolygon{p}
	case "MultiPolygon":
		err = json.Unmarshal(g.Coordinates, &f.Area)
	default:
		err = fmt.Errorf("geometry type is %.30q: want Point, Polygon or MultiPolygon", g.Type)
	}
	return f, err
}
