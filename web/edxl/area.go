package edxl

import (
	"slices"
	"strings"

	"liandong/geo"
)

// Area is a place drawn in GML, in the profile of EDXL: one shape, in WGS-84
// degrees. GML writes latitude first; the values here are this house's points,
// longitude first.
type Area struct {
	Feature      string    `edxl:"@featuretypetag"` // a word such as "location"
	Relationship string    `edxl:"@relationshiptag"`
	Elevation    *float64  `edxl:"@elev"`   // metres
	Floor        *float64  `edxl:"@floor"`  // storey of a building
	Radius       *float64  `edxl:"@radius"` // metres around the shape
	Point        *Spot     `edxl:"gml:Point"`
	Line         *Line     `edxl:"gml:LineString"`
	Circle       *Disc     `edxl:"gml:CircleByCenterPoint"`
	Polygon      *Polygon  `edxl:"gml:Polygon"`
	Envelope     *Envelope `edxl:"gml:Envelope"`
}

func (a *Area) rule() *breach {
	shapes := 0
	for _, there := range []bool{a.Point != nil, a.Line != nil, a.Circle != nil, a.Polygon != nil, a.Envelope != nil} {
		if there {
			shapes++
		}
	}
	if shapes != 1 {
		return &breach{zh: "必须且只能有一个图形（Point、LineString、CircleByCenterPoint、Polygon、Envelope）",
			en: "holds exactly one of Point, LineString, CircleByCenterPoint, Polygon, Envelope"}
	}
	for _, tag := range []string{a.Feature, a.Relationship} {
		if tag != "" && !validName(tag) {
			return &breach{value: cut(tag), zh: "标签必须是 XML 名称", en: "a tag must be a name of XML, such as location"}
		}
	}
	return nil
}

// Spot is a point.
type Spot struct {
	At Position `edxl:"gml:pos,must"`
}

// Line is a line of two points at least.
type Line struct {
	Points Positions `edxl:"gml:posList,must"`
}

// Disc is a circle.
type Disc struct {
	_             struct{} `edxl:"@numArc,fixed=1"`
	Interpolation string   `edxl:"@interpolation" legal:"circularArcCenterPointWithRadius"`
	Center        Position `edxl:"gml:pos,must"`
	Radius        Length   `edxl:"gml:radius,must"`
}

// Length is a number of units.
type Length struct {
	Unit   string  `edxl:"@uom,must,uri"` // such as "m" or "urn:ogc:def:uom:EPSG::9001"
	Amount float64 `edxl:"."`
}

func (l *Length) rule() *breach {
	if !(l.Amount >= 0 && l.Amount <= MaxQuantity) {
		return &breach{value: l.Amount, zh: "半径不能为负", en: "a radius is not negative"}
	}
	return nil
}

// Polygon is a surface with its holes.
type Polygon struct {
	Exterior *Boundary  `edxl:"gml:exterior"`
	Interior []Boundary `edxl:"gml:interior"`
}

// Boundary is an edge of a polygon.
type Boundary struct {
	Ring Ring `edxl:"gml:LinearRing,must"`
}

// Ring is a closed line: four points at least, the last is the first again.
type Ring struct {
	Points Positions `edxl:"gml:posList,must"`
}

func (r *Ring) rule() *breach {
	if n := len(r.Points); n < 4 || r.Points[0] != r.Points[n-1] {
		return &breach{field: "posList", zh: "环至少四个点，且首尾相同", en: "a ring has four points at least and ends where it begins"}
	}
	return nil
}

// Envelope is a box.
type Envelope struct {
	Lower Position `edxl:"gml:lowerCorner,must"` // south-west
	Upper Position `edxl:"gml:upperCorner,must"` // north-east
}

func (l *Line) rule() *breach {
	if len(l.Points) < 2 {
		return &breach{field: "posList", zh: "线至少两个点", en: "a line has two points at least"}
	}
	return nil
}

// The elements of GML at which a system of coordinates may be named, and those
// that may have an identifier.
var (
	gmlWithSRS = []string{"Point", "LineString", "Polygon", "LinearRing", "pos", "posList", "lowerCorner", "upperCorner"}
	gmlWithID  = []string{"Point", "LineString", "Polygon", "LinearRing"}
)

// gmlAttribute looks at an attribute that GML lets stand at shapes and
// positions. None is kept: values are always WGS-84 with two numbers, and an
// identifier names nothing that anything here refers to. Another system of
// coordinates is refused: a shape that is taken for another lies in another town.
func gmlAttribute(n *node, a Attr) (known bool, b *breach) {
	srs := a.Space == "" && slices.Contains(gmlWithSRS, n.local)
	switch {
	case a.Space == spaceGML && a.Name == "id" && slices.Contains(gmlWithID, n.local):
		if !validName(a.Value) {
			return true, wrong(a.Value, "必须是 XML 名称", "must be a name of XML")
		}
		return true, nil
	case srs && a.Name == "srsName":
		upper := strings.ToUpper(strings.TrimSpace(a.Value))
		if !validURI(upper) || !strings.HasSuffix(upper, "4326") || !strings.Contains(upper, "EPSG") {
			return true, &breach{value: cut(a.Value), legal: []string{"EPSG:4326"},
				zh: "坐标系必须是 WGS-84（EPSG:4326）", en: "coordinates must be WGS-84 (EPSG:4326)"}
		}
		return true, nil
	case srs && a.Name == "srsDimension":
		if a.Value != "2" {
			return true, wrong(a.Value, "坐标必须是二维", "coordinates must have two dimensions")
		}
		return true, nil
	}
	return false, nil
}

// Position is a point that XML writes as "latitude longitude".
type Position geo.Point

// Positions are several, in one text.
type Positions []geo.Point

// UnmarshalText takes one position.
func (p *Position) UnmarshalText(b []byte) error {
	var all Positions
	if err := all.UnmarshalText(b); err != nil {
		return err
	}
	if len(all) != 1 {
		return fault{wrong(string(b), "必须是一个点：纬度 经度", "must be one point: latitude longitude")}
	}
	*p = Position(all[0])
	return nil
}

// MarshalText gives one position.
func (p Position) MarshalText() ([]byte, error) { return Positions{geo.Point(p)}.MarshalText() }

// UnmarshalText takes positions.
func (p *Positions) UnmarshalText(b []byte) error {
	words := strings.Fields(string(b))
	if len(words)%2 != 0 {
		return fault{wrong(string(b), "坐标必须成对：纬度 经度", "coordinates come in pairs: latitude longitude")}
	}
	out := make(Positions, 0, len(words)/2)
	for i := 0; i < len(words); i += 2 {
		at, b := pointOf(words[i], words[i+1])
		if b != nil {
			return fault{b}
		}
		out = append(out, at)
	}
	*p = out
	return nil
}

// MarshalText gives positions.
func (p Positions) MarshalText() ([]byte, error) {
	words := make([]string, 0, len(p))
	for _, at := range p {
		if b := onEarth(at); b != nil {
			return nil, fault{b}
		}
		words = append(words, numberText(at.Lat())+" "+numberText(at.Lon()))
	}
	return []byte(strings.Join(words, " ")), nil
}

func pointOf(lat, lon string) (geo.Point, *breach) {
	y, b := parseNumber(lat)
	if b != nil {
		return geo.Point{}, b
	}
	x, b := parseNumber(lon)
	if b != nil {
		return geo.Point{}, b
	}
	at := geo.At(x, y)
	return at, onEarth(at)
}

func onEarth(at geo.Point) *breach {
	if err := at.Check(); err != nil {
		return &breach{value: at.String(), zh: "坐标不在地球上，顺序应为纬度 经度", en: err.Error() + "; XML writes latitude first"}
	}
	return nil
}
