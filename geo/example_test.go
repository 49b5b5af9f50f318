package geo_test

import (
	"errors"
	"fmt"

	"liandong/geo"
)

func ExampleParsePoint() {
	city := geo.Bound{112.9, 33.6, 114.4, 34.6}
	p, _ := geo.ParsePoint("北纬34度2分9秒,东经113度51分10秒", city)
	fmt.Println(p)

	_, err := geo.ParsePoint("34.0358, 113.8527", city)
	var swapped *geo.SwappedError
	fmt.Println(errors.As(err, &swapped), swapped.Suggest)
	// Output:
	// 34.03583°N 113.85278°E
	// true 34.03580°N 113.85270°E
}

func ExampleSystem_ToWGS84() {
	// A place as AMap gives it lies more than half a kilometre off.
	amap := geo.At(113.858511430, 34.034212462)
	real := geo.GCJ02.ToWGS84(amap)
	fmt.Printf("%v, %.0f m away\n", real, geo.Distance(amap, real))
	// Output: 34.03577°N 113.85264°E, 568 m away
}

func ExampleRepair() {
	//  D     C
	//  │ ╲ ╱ │
	//  │ ╱ ╲ │      drawn A → C → B → D → A
	//  A     B
	bow := geo.MultiPolygon{{{{113, 34}, {113.1, 34.1}, {113.1, 34}, {113, 34.1}, {113, 34}}}}
	fmt.Println(bow.Check())
	wings, _ := geo.Repair(bow)
	fmt.Printf("%d pieces, %.1f km²\n", len(wings), wings.Area()/1e6)
	// Output:
	// polygon 1, outline: the outline crosses or touches itself at longitude 113.050000, latitude 34.050000
	// 2 pieces, 51.2 km²
}
