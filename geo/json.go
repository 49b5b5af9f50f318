package geo

import (
	"encoding/json"
	"fmt"
)

// UnmarshalJSON reads the GeoJSON position [lon, lat]. A third number (height)
// is left out. Fewer numbers, or none, are refused: read as zeros they would put
// a rescue into the Gulf of Guinea.
func (p *Point) UnmarshalJSON(b []byte) error {
	var v []float64
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("position %.60s: want [longitude, latitude]", b)
	}
	if len(v) < 2 || len(v) > 3 {
		return fmt.Errorf("position %.60s has %d numbers: want [longitude, latitude]", b, len(v))
	}
	p[0], p[1] = v[0], v[1]
	return nil
}

// UnmarshalJSON reads the GeoJSON bbox [west, south, east, north] and nothing else.
func (b *Bound) UnmarshalJSON(raw []byte) error {
	var v []float64
	if err := json.Unmarshal(raw, &v); err != nil || len(v) != 4 {
		return fmt.Errorf("box %.80s: want [west, south, east, north]", raw)
	}
	copy(b[:], v)
	return b.Check()
}
