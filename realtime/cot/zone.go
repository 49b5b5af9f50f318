package cot

import (
	"strconv"
	"time"

	"liandong/dispatch"
)

// Colours of zones by purpose, as signed 32-bit ARGB: the line, and the same at a
// fifth of its strength inside.
var zoneColours = map[dispatch.FencePurpose]uint32{
	dispatch.FenceHot: 0xffff0000, dispatch.FenceWarm: 0xffff7700, dispatch.FenceCold: 0xffffff00, dispatch.FenceStaging: 0xff3388ff, dispatch.FenceWatch: 0xffffffff,
}

var purposeZH = map[dispatch.FencePurpose]string{
	dispatch.FenceHot: "热区", dispatch.FenceWarm: "温区", dispatch.FenceCold: "冷区", dispatch.FenceStaging: "集结区", dispatch.FenceWatch: "关注区",
}

// drawn tells whether a client is shown the fence: one that stands, as a line of
// its own. The border of a division is on every map.
func drawn(f *dispatch.Fence) bool {
	return f.State == dispatch.FenceActive && f.Center != nil && f.Type != dispatch.FenceDivision
}

// zone is a fence as a shape: a circle or a closed line.
func zone(f *dispatch.Fence, now time.Time) *Event {
	e := &Event{UID: "liandong.fence." + f.ID, How: "h-e", Time: now, Start: now, Stale: now.Add(markerHolds), Point: at(*f.Center)}
	stroke := zoneColours[f.Purpose]
	argb := func(c uint32) string { return strconv.Itoa(int(int32(c))) }
	if f.Type == dispatch.FenceRing {
		radius := strconv.Itoa(f.Radius)
		e.Type = "u-d-c-c"
		e.Detail = append(e.Detail, el("shape").with(el("ellipse", "major", radius, "minor", radius, "angle", "360")))
	} else {
		e.Type = "u-d-f"
		for _, p := range f.Shape[0] { // a shape of TAK has no holes
			e.Detail = append(e.Detail, el("link", "point", decimal(p.Lat())+","+decimal(p.Lon())))
		}
	}
	e.Detail = append(e.Detail,
		el("contact", "callsign", f.Name), el("strokeColor", "value", argb(stroke)), el("strokeWeight", "value", "3.0"), el("strokeStyle", "value", "solid"),
		el("fillColor", "value", argb(stroke&0x00ffffff|0x33000000)), el("labels_on", "value", "true"),
		el("remarks").text(purposeZH[f.Purpose]+" "+f.Name))
	return e
}
