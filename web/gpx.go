package web

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"time"

	"liandong/dispatch"
)

// What of GPX 1.1 (https://www.topografix.com/GPX/1/1/gpx.xsd) a track needs, in the schema's order.
type gpxFile struct {
	XMLName xml.Name   `xml:"http://www.topografix.com/GPX/1/1 gpx"`
	Version string     `xml:"version,attr"`
	Creator string     `xml:"creator,attr"`
	Name    string     `xml:"trk>name"`
	Pieces  []gpxPiece `xml:"trk>trkseg"`
}

type gpxPiece struct {
	Points []gpxPoint `xml:"trkpt"`
}

type gpxPoint struct {
	Lat  degrees   `xml:"lat,attr"`
	Lon  degrees   `xml:"lon,attr"`
	Time time.Time `xml:"time"` // RFC 3339 is a dateTime of XML Schema
}

// degrees are told to a centimetre and, as the schema wants decimals, without an exponent.
type degrees float64

func (d degrees) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, math.Round(float64(d)*1e7)/1e7, 'f', -1, 64), nil
}

// gpx is the file of a track with a segment for each piece.
func gpx(name string, pieces [][]dispatch.Position) ([]byte, error) {
	f := gpxFile{Version: "1.1", Creator: "Liandong", Name: name}
	for _, piece := range pieces {
		var g gpxPiece
		for _, p := range piece {
			g.Points = append(g.Points, gpxPoint{degrees(p.Point.Lat()), degrees(p.Point.Lon()), p.Fixed.UTC()})
		}
		f.Pieces = append(f.Pieces, g)
	}
	out := bytes.NewBufferString(xml.Header)
	in := xml.NewEncoder(out)
	in.Indent("", " ")
	if err := in.Encode(f); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
